#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What cases measure, through the program: the faults, bytes and loads of each parameter add up.
# slow: many runs
# one CPU: zapbench chooses the same CPU in all tests, which would wait for each other
# measures: its runs have a second, and want a figure
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

# run CASE OPTION...: a short run into $T/o.json, whose table is in $T/out
run() { measured "$ZAPBENCH" run "$@" --out "$T/o.json"; }

# --- owners, layouts, orders: whoever holds the mappings, the faults add up
for owners in threads processes self; do
	ok "zap with three mappings of $owners" run zap --set maps=3 --set owners=$owners --budget 0.1
done
ok "random layout" run refault --layout random --set granularity=page --set timing=batch --budget 0.1
for set in order=reverse order=random touched=0.1 stride=7 size=64K,1M; do
	ok "refault with $set" run refault --set "$set" --set timing=batch --set granularity=page,huge --budget 0.1
	ok "its samples are valid" less "$(record "$T/o.json" wrong-faults)" 1
done
ok "a ring of three buffers" run frame --source memfd --policy eager,lazy --set granularity=around --set ring=1,3 \
	--set size=1M --budget 0.1
ok "takes three times the faults" is "$(record "$T/o.json" ring-faults eager,lazy)" "equal"
ok "more frames one by one than the buffer has pages" run frame --source memfd --policy cached --set timing=event \
	--set frames=40 --set ring=4 --set size=64K --budget 0.1
ok "frame with every granularity" run frame --set granularity=around,buffer,huge --set touched=0.1,1 --budget 0.1

# --- policy bounce works in a copy: one fault per page of fresh memory for a fill, and for the part that is read
ok "a client that copies" run frame --source memfd --policy bounce --set size=64K --set touched=0.5 \
	--set scratch=reused,fresh --set use=loop,camera --budget 0.1
ok "only fresh memory faults" is "$(record "$T/o.json" ratios faults_expected operations)" "0.0 24.0 0.0 8.0"
ok "its samples are valid" less "$(record "$T/o.json" wrong-faults)" 1
ways=$(record "$T/o.json" samples copy_from_isa; record "$T/o.json" samples copy_to_isa)
ok "each round says by which instructions it copied" is "$(echo "$ways" | tr -d '012 \n')" ""
ok "a client that maintains the caches" run frame --source memfd --policy user --set size=64K \
	--set use=loop,camera,encoder --budget 0.1
ok "takes no fault" is "$(record "$T/o.json" field faults_expected)" 0
# --- policy prefault: the frame takes the faults of the whole buffer at once
ok "a client that prefaults" run frame --source memfd --policy eager,prefault --set granularity=around --set size=64K \
	--set touched=0.1 --set use=camera --budget 0.1
ok "as many faults as the first read takes" is "$(record "$T/o.json" ratios faults_expected repetitions)" \
	"1.0 1.0"
ok "its samples are valid" less "$(record "$T/o.json" wrong-faults)" 1
ok "a refault finds nothing left to fault" run refault --source memfd --policy prefault --set granularity=page \
	--set access=write --set size=64K --set timing=batch --budget 0.1
ok "the prefault takes the faults" is "$(record "$T/o.json" ratios faults_expected operations)" 1.0
ok "a thread that prefaults is for policy prefault" errs 1 "prefaults nothing" -- \
	"$ZAPBENCH" run frame --source memfd --policy cached --set prefault=thread
ok "memory for copies is for policy bounce" errs 1 "copies nothing" -- \
	"$ZAPBENCH" run frame --source memfd --policy cached --set scratch=fresh
ok "a case that accesses the buffer itself leaves nothing to the client" errs 1 "use frame" -- \
	"$ZAPBENCH" run bandwidth --source memfd --policy bounce

# --- bytes moved: each sample checks them, and takes no fault
ok "bandwidth on every source" run bandwidth --policy eager --set granularity=page --set state=after --set size=260K \
	--set transfer=read,copy-to --set isa=vector --set workers=1 --budget 0.1
ok "its transfers take no fault" is "$(record "$T/o.json" field faults_expected)" 0
ok "bandwidth by every instruction" run bandwidth --source memfd --policy eager --set granularity=page \
	--set state=after --set workers=1 --set size=260K --set transfer=read,write,fill,copy-from,copy-to \
	--set isa=scalar,vector,stream --budget 0.1
ok "a repetition moves the whole buffer" is "$(record "$T/o.json" ratio bytes repetitions)" 266240.0
ok "no transfer faults" is "$(record "$T/o.json" field faults_expected)" 0
ok "a policy that never zaps has no state after the zap" \
	errs 1 "never zaps" -- "$ZAPBENCH" run bandwidth --policy cached --set state=after

# --- cache maintenance: userspace can do it on any memory, the kernel only for a device
ok "maintenance by userspace" run maintenance --source memfd --policy cached --set size=256K \
	--set maintain=user-flush --set lines=dirty,clean --budget 0.5
ok "it takes no fault" is "$(record "$T/o.json" field faults_expected)" 0
ok "the kernel cleans nothing where no device maps the buffer" errs 1 "use maintain=user-clean or user-flush" -- \
	"$ZAPBENCH" run maintenance --source memfd --policy cached --set maintain=kernel
ok "a policy that zaps leaves nothing to clean" errs 1 "use policy=cached" -- \
	"$ZAPBENCH" run maintenance --source memfd --policy eager --set maintain=user-flush

# --- SYNC: memory that is no dma-buf has no such call
ok "a memfd has no SYNC" errs 1 "is no dma-buf" -- "$ZAPBENCH" run sync-matrix --source memfd
ok "nor one of a part" errs 1 "is no dma-buf" -- "$ZAPBENCH" run sync-range --source memfd

# --- loads: a chain that is not followed fails the run
ok "tlb-reach" run tlb-reach --policy eager --set granularity=page --set access=write --set pages=16,64 \
	--set chain=1024 --set state=before,after --set size=256K --budget 0.1
ok "two points show no knee, and the table says so" says "$T/out" "none: too few points"
ok "its loads take no fault" is "$(record "$T/o.json" field faults_expected)" 0
ok "pages that cannot hold the chain" \
	errs 1 "powers of 2" -- "$ZAPBENCH" run tlb-reach --policy eager --set pages=3

# --- the parts of a first access: one pass faults, the others do not
ok "tlb-refill" run tlb-refill --policy eager --set granularity=page --set access=write --set size=64K \
	--set order=sequential --set pass=fault,first,flushed,second,unzapped --budget 0.1
ok "one pass takes the faults" is "$(record "$T/o.json" ratios faults_expected operations)" "1.0 0.0 0.0 0.0 0.0"

# --- what a granularity brings back for nothing, in bytes: of 256 KiB 32 are touched
# bytes COLUMN GRANULARITY
bytes() { record "$T/o.json" samples "$1_bytes" "/$2/"; }
ok "access-pattern" run access-pattern --policy eager --set granularity=page,buffer --set access=write \
	--set order=random --set stride=1 --set size=256K --set touched=0.125 --budget 0.5
ok "page by page only touched pages are mapped" is "$(bytes mapped page)" 32768.0
ok "and none is unused" is "$(bytes unused page)" 0.0
ok "the whole buffer is mapped at once" is "$(bytes mapped buffer)" 262144.0
ok "and the rest is unused" is "$(bytes unused buffer)" 229376.0
ok "access-pattern reads, then writes" run access-pattern --policy eager --set granularity=around,huge \
	--set access=both --set order=reverse --set size=2M --set touched=0.5 --set stride=1 --budget 0.5
ok "the table says what was mapped for nothing" says "$T/out" "unused 1048576 bytes"
tap_end

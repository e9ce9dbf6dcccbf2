#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Cases that need several CPUs at once, held against what the kernel itself counts.
# alone: a worker of each CPU waits for the others; beside other tests a round takes ten times as long
# measures: a helper that is not on its CPU is not interrupted
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

# --- too few CPUs are no failure
ok "a configuration that needs more CPUs is skipped with its reason" \
	errs 1 "needs 64 CPUs, and $(nproc) are available" -- "$ZAPBENCH" run tlb-shootdown --source memfd \
	--set granularity=page --set access=write --set others=63 --set others_do=idle --set size=64K
if [ "$(nproc)" -lt 2 ]; then
	skip "cases beside other CPUs" "this machine offers 1 CPU"
	tap_end
	exit
fi

# --- core types: everything on one CPU of each, here of a machine that hwloc reads from a file
types() { HWLOC_XMLFILE=$SRC/bench/test/fixtures/two-core-types.xml HWLOC_THISSYSTEM=1 "$@"; }
if grep -q "^Cpus_allowed_list:.0-1$" /proc/self/status; then
	ok "a machine with two core types" measured types "$ZAPBENCH" run frame --source memfd --set size=64K \
		--set granularity=around --set access=read --policy cached,eager --budget 0.1 --out "$T/c.json"
	ok "each row is measured on both" is "$(record "$T/c.json" field name)" \
		"frame/memfd/cached/none/64K/access=read/core=0 frame/memfd/cached/none/64K/access=read/core=1 \
frame/memfd/eager/around/64K/access=read/core=0 frame/memfd/eager/around/64K/access=read/core=1"
	ok "what was watched is said" says "$T/out" "frequency and interrupts were watched on CPU"
	if [ "$(cat /sys/devices/system/cpu/online)" = 0-1 ]; then
		# One test at a time sets the machine's settings: failures.sh has the same lock.
		exec 9>"/tmp/zapbench-failures-$(id -u).lock"
		flock 9
		types "$ZAPBENCH" run null --tune --budget 0.1 --out "$T/d.json" >"$T/out" 2>"$T/err"
		exec 9>&-
		ok "--tune moves no interrupt from one of them to the other" lacks "$T/err" "interrupts moved"
	else
		skip "--tune moves no interrupt to a CPU that measures" "there are other CPUs that it may move to"
	fi
	ok "--cpu measures on that one" measured types "$ZAPBENCH" run null --cpu 0 --budget 0.1 --out "$T/d.json"
	ok "with one row" is "$(record "$T/d.json" field name)" "null/4M"
	if strace -o /dev/null true 2>/dev/null; then
		# strace disturbs every sample.
		ASAN_OPTIONS=detect_leaks=0 types strace -f -qq -e trace=sched_setaffinity -o "$T/pins" \
			"$ZAPBENCH" run null --budget 0.1 --out "$T/e.json" >/dev/null 2>&1
		ok "rounds run on both CPUs" is "$(
			sed -nE 's/.*sched_setaffinity\(0, 128, (\[[01]\])\) += 0$/\1/p' "$T/pins" | sort -u | tr '\n' ' '
		)" "[0] [1] "
	else
		skip "rounds run on both CPUs" "strace does not work here"
	fi
else
	skip "a machine with two core types" "the test needs exactly CPUs 0 and 1"
fi

# --- info: what stands beside the CPU that it names was measured there
if strace -o /dev/null true 2>/dev/null; then
	for cpu in $(taskset -cp $$ | sed 's/.*: //; s/[,-]/ /g'); do
		ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=sched_setaffinity -o "$T/pins" \
			"$ZAPBENCH" info --cpu "$cpu" >"$T/out" 2>&1
		ok "info names CPU $cpu" says "$T/out" "measuring on CPU $cpu:"
		ok "and measures there" is "$(sed -nE '$s/.*sched_setaffinity\(0, [0-9]+, (\[[0-9]+\])\) += 0$/\1/p' "$T/pins")" \
			"[$cpu]"
	done
else
	skip "info measures on its CPU" "strace does not work here"
fi

# --- tlb-shootdown: the kernel's own count of the interrupts
# median_of COLUMN: of the larger buffer with a busy helper; nothing where no sample has it
median_of() { record "$T/s.json" median "$1" 192K/others_do=busy 2>/dev/null; }
counted=$(grep -q "TLB:" /proc/interrupts && ! grep -qw invlpgb /proc/cpuinfo && echo yes)
interrupted()
{
	lost=$(median_of victim_lost_ns)
	[ -n "$lost" ] && no less "$lost" 0 && { [ -z "$counted" ] || less 0.9 "$(median_of flush_interrupts)"; }
}
# shootdown: measures longer until the helper was on its CPU in half of the rounds: other programs may take it.
shootdown()
{
	for budget in 0.1 0.5 2 5; do
		measured "$ZAPBENCH" run tlb-shootdown --source memfd --set granularity=page --set access=write \
			--set size=64K,192K --set others=0,1 --budget $budget --out "$T/s.json" || return 1
		interrupted >"$T/said" && return 0
	done
	return 0
}
ok "tlb-shootdown" shootdown
ok "what was zapped faulted again" is "$(record "$T/s.json" ratio faults_expected operations)" "16.0 48.0"
ok "busy threads lost time" no less "$lost" 0
ok "without busy threads lost time is unknown" is "$(record "$T/s.json" samples victim_lost_ns 192K/others=0)" None
if [ -n "$counted" ]; then
	ok "a zap interrupts a busy CPU once" less 0.9 "$(median_of flush_interrupts)"
else
	skip "a zap interrupts a busy CPU once" "nothing counts these interrupts here"
fi

# --- fault-scaling: every worker's faults are there, whoever took them
for set in 'page --set access=write' 'around --set access=read' 'huge --set access=read'; do
	# shellcheck disable=SC2086
	ok "fault-scaling, granularity=$set" measured "$ZAPBENCH" run fault-scaling --source memfd --set granularity=$set \
		--set workers=1,2 --set size=2M --budget 0.1 --out "$T/f.json"
	ok "it takes the expected faults" less "$(record "$T/f.json" wrong-faults)" 1
	ok "half of them are the other worker's" is "$(record "$T/f.json" helper-share workers=2)" 0.5
done
if [ "$(nproc --all)" -lt 4 ]; then
	ok "too few CPUs for a serial share are said" says "$T/out" \
		"serial share: not estimated ($(nproc --all) CPUs, needs 4)"
else
	ok "too few workers for a serial share are said" says "$T/out" \
		"serial share: not estimated (needs 4 numbers of workers)"
fi
if grep -q vma_lock_retry /proc/vmstat; then
	ok "the locks of VMAs are counted" says "$T/out" "vma lock retried"
else
	ok "locks of VMAs that nobody counts are said" says "$T/out" "no vma_lock_*"
fi
ok "a buffer that comes back whole is no work for two" errs 1 "use buffers=own" -- "$ZAPBENCH" run fault-scaling \
	--source memfd --set granularity=buffer --set access=write --set workers=2 --set buffers=shared

# --- bandwidth: the bytes of all workers are held against what they must be by the case itself
ok "bandwidth of two" measured "$ZAPBENCH" run bandwidth --source memfd --policy eager --set granularity=page \
	--set workers=2 --set transfer=read,write,fill,copy-from,copy-to --set isa=scalar,vector,stream --set state=before \
	--set size=260K --budget 0.1 --out "$T/b.json"
ok "moves every byte once" is "$(record "$T/b.json" ratio bytes repetitions)" 266240.0
ok "and takes no fault" is "$(record "$T/b.json" samples faults_minor)" 0
# Others are skipped for their sizes; the reason is that of most.
ok "more workers than CPUs are an error" errs 1 "CPU" -- \
	taskset -c 0 "$ZAPBENCH" run bandwidth --source memfd --policy eager --set workers=2 --set size=64K

# --- frame with a thread that prefaults: no fault is left to the client
ok "a thread prefaults" measured "$ZAPBENCH" run frame --source memfd --policy prefault --set granularity=around \
	--set size=64K --set use=loop,camera --set prefault=caller,thread --budget 0.1 --out "$T/p.json"
ok "and takes all faults of the frame" is "$(record "$T/p.json" ratios faults_expected repetitions)" "1.0 0.0 1.0 0.0"
ok "its samples are valid" less "$(record "$T/p.json" wrong-faults)" 1
ok "without another CPU that is an error" errs 1 "needs a CPU besides the measuring one" -- \
	taskset -c 0 "$ZAPBENCH" run frame --source memfd --policy prefault --set granularity=around --set prefault=thread

# --- concurrent-access: helpers access the buffer all the time, get no signal and lose no byte
ok "concurrent-access" measured "$ZAPBENCH" run concurrent-access --source memfd --policy eager,lazy,cached \
	--set granularity=page --set access=write --set owners=threads,processes --set others=0,1 --set frames=4 \
	--set size=256K --budget 0.1 --out "$T/t.json"
ok "its faults are within their bounds" less "$(record "$T/t.json" wrong-faults)" 1
# Configurations with helpers: eager, lazy and cached, each with threads and processes.
ok "all six configurations with helpers ran" is "$(record "$T/t.json" policies '!others=0')" \
	"cached cached eager eager lazy lazy"
ok "every page is accessed after the last frame, and more" \
	less 65 "$(record "$T/t.json" least helper_accesses '!others=0')"
ok "nobody sees a bus error" is "$(record "$T/t.json" samples sigbus_signals '!others=0')" 0.0
ok "every access is checked" less $((64 * 32)) "$(record "$T/t.json" least checked_bytes '!others=0')"
for policy in eager lazy; do
	ok "what was zapped has to fault again, $policy" \
		less 48 "$(record "$T/t.json" least-with-helpers helpers_faults $policy)"
done
ok "where nothing is zapped nothing faults" is "$(record "$T/t.json" field faults_expected /cached/)" 0
for column in helper_accesses sigbus_signals checked_bytes; do
	ok "without helpers $column are unknown, not 0" is "$(record "$T/t.json" samples $column others=0)" None
done
tap_end

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is promised of emulated runs, by running them: that the whole matrix is measured, agrees with itself to the instruction, is marked
# as emulated and proven byte by byte; that a guest that fails leaves no result; that the archive for boards runs with nothing else there.
# Called by make check-qemu, which has built all of it. Arguments: the arm64 program, its sysroot, the archive.
# The conditions are strings on purpose: ok() evaluates them.
# shellcheck disable=SC2016,SC2034,SC2317
set -u
SRC=$(cd "$(dirname "$0")/.." && pwd)
: "${O:=$SRC/build}"
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
program=$1
sysroot=$2
archive=$3
scripts=$SRC/scripts

# field FILE PYTHON-EXPRESSION over the record r: prints it
field() { python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); c=r["configurations"]; print(eval(sys.argv[2]))' "$1" "$2"; }
is() { [ "$1" = "$2" ] || { echo "# is '$1', expected '$2'"; return 1; }; }

# --- the matrix, twice
one=$T/1/qemu-6.12-4k.json
two=$T/2/qemu-6.12-4k.json
ok "make bench-qemu" exits 0 env KERNEL=6.12 PAGE_SIZE=4k "$scripts/bench-qemu.sh" "$program" "$sysroot" "$T/1"
cp "$T/out" "$T/table"
ok "the table is marked, and shows no base64" eval 'says "$T/table" "EMULATED: figures are instructions retired" && ! grep -qE "^[A-Za-z0-9+/]{70}" "$T/table"'
ok "and once more" exits 0 env KERNEL=6.12 PAGE_SIZE=4k "$scripts/bench-qemu.sh" "$program" "$sysroot" "$T/2"
ok "the record follows the schema" exits 0 python3 -c \
	'import json,sys,jsonschema; jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' "$one" "$SRC/results/schema/zapbench.schema.json"
ok "every policy is in it" is "$(field "$one" 'sorted({p for x in c for p in x["policy"].split("+") if p})')" "['cached', 'eager', 'lazy', 'refuse', 'uncached']"
ok "and every granularity" is "$(field "$one" 'sorted({x["granularity"] for x in c})')" "['around', 'buffer', 'huge', 'none', 'page']"
ok "all of it is emulated, in instructions" is "$(field "$one" 'r["run"]["emulated"] and {(x["emulated"], x["value_unit"]) for x in c}')" "{(True, 'instructions')}"
ok "no figure of it is invalid" is "$(field "$one" 'sum(x["summary"]["samples_invalid"] for x in c)')" 0
ok "two runs agree to the instruction in every configuration" is "$(field "$one" '[(x["name"], x["samples"]["instructions"]) for x in c]')" \
	"$(field "$two" '[(x["name"], x["samples"]["instructions"]) for x in c]')"
ok "every byte was read back" is "$(field "$one" '[x["name"] for x in c if x["source"] and not x["checks"]["bytes_right"] >= 3 * x["params"]["size_bytes"]]')" "[]"
ok "every PTE had the attributes promised" is "$(field "$one" '[x["name"] for x in c if x["source"] and not x["checks"]["attributes_right_ptes"] * 4096 >= x["params"]["size_bytes"]]')" "[]"
ok "and huge ones were huge" is "$(field "$one" '{x["granularity"] for x in c if x["source"] and x["checks"]["huge_ptes"]}')" "{'huge'}"
ok "coherence is said not to be testable" is "$(field "$one" '[x["name"] for x in c if x["source"] and not x["checks_missing"]["stale_bytes_without_clean"].startswith("coherence not testable here")]')" "[]"
ok "the kernel counted the refaults that rusage saw" is \
	"$(field "$one" '[x["name"] for x in c if x["case"] == "refault" for k in x["counters"] if k["event"] == "refaults" and round(k["per_operation"] * x["operations"]) != x["faults_expected"]]')" "[]"
ok "and its times are instructions, no more than the region's" is \
	"$(field "$one" '[x["name"] for x in c if x["source"] for k in [{k["event"]: k["per_operation"] for k in x["counters"] if k["pmu"] == "zap-heap"}] if not sum(k[p + "_instructions"] for p in ("state", "zap", "clean", "map", "refault")) <= k["region_instructions"]]')" "[]"

# --- the cost model of it
ok "the model answers" exits 0 "$O/zapbench" model "$one" --bytes 4M --touched 0.1 --maps 2 --frames 4
ok "every policy is in the answer" eval 'says "$T/out" "lazy     around" && says "$T/out" "uncached" && says "$T/out" "eager    huge"'
ok "it says what emulation cannot decide" says "$T/out" "cached against write-combined cannot be decided"
ok "configurations that were held out are predicted to 3 % in the median" \
	awk '$1 == "error" { found = 1; exit !($2 <= 3) } END { if (!found) exit 1 }' "$T/out"
ok "a question beyond what was measured is marked" eval 'exits 0 "$O/zapbench" model "$one" --bytes 1G && says "$T/out" "OUTSIDE of what was measured: 1024 MiB"'

# --- the case refault against a loop written by hand
image=$("$scripts/kernel-build.sh" all-on 2>"$T/err")
ok "a loop by hand builds" exits 0 aarch64-linux-gnu-gcc -O2 -static-pie -fPIE -D_GNU_SOURCE -I "$SRC/kpatch/src/include/uapi" \
	-o "$T/refault-loop" "$SRC/bench/test/refault-loop.c"
ok "and runs" exits 0 "$scripts/guest.sh" --icount --kernel "$image" --add "$T/refault-loop" -- refault-loop
by_hand=$(sed -n 's/ instructions a page$//p' "$T/out")
by_case=$(field "$one" '[x["summary"]["value"]["value"] for x in c if x["name"] == "refault/zap-heap/eager/page/2M/access=read"][0]')
echo "# $by_hand instructions a page by hand, $by_case by the case"
ok "the case agrees with it within 2 %" awk -v a="$by_hand" -v b="$by_case" 'BEGIN { exit !(a > 0 && b / a > 0.98 && b / a < 1.02) }'

# --- what takes several CPUs at once, without counting: no figure of it means anything, but faults, bytes and signals do
"$scripts/target-root.sh" "$program" "$sysroot" "$T/several"
ok "the cases of several CPUs run on the patched kernel" exits 0 env SMP=2 "$scripts/guest.sh" --kernel "$image" --root "$T/several" \
	--append "rodata=full zapbench.emulated=0" --out "$T/several.json" -- \
	zapbench run toucher fault-scaling tlb-shootdown --source zap-heap --set size=256K --budget 5 --out /out
ok "all three" is "$(field "$T/several.json" 'sorted({x["case"] for x in c})')" "['fault-scaling', 'tlb-shootdown', 'toucher']"
ok "toucher under every policy" is "$(field "$T/several.json" 'sorted({x["policy"] for x in c if x["case"] == "toucher"})')" "['cached', 'eager', 'lazy', 'refuse', 'uncached']"
ok "every sample took the faults that it must" is "$(field "$T/several.json" 'sum(x["summary"]["samples_invalid"] for x in c)')" 0
ok "touchers touched, saw no signal, and no byte was lost" is "$(field "$T/several.json" \
	'[x["name"] for x in c if x["case"] == "toucher" for s in [x["samples"]] if "others=0" not in x["name"] and (not all(s["touched_times"]) or any(s["sigbus_signals"] + s["sigsegv_signals"]) or not all(s["checked_bytes"]))]')" "[]"

# --- what fails leaves nothing behind
ok "a kernel that panics is an error" exits 125 "$scripts/guest.sh" --kernel "$image" --append rdinit=/nowhere --out "$T/none" -- zapbench
ok "with the console's end" says "$T/err" "Kernel panic"
ok "a guest that hangs is an error" exits 124 "$scripts/guest.sh" --kernel "$image" --add "$sysroot/bin/busybox" --timeout 8 --out "$T/none" -- busybox sleep 1000
ok "a command that fails is its status" exits 1 "$scripts/guest.sh" --kernel "$image" --add "$sysroot/bin/busybox" --out "$T/none" -- busybox false
ok "and no results file of any of them" [ ! -e "$T/none" ]
mkdir "$T/3" && echo older >"$T/3/qemu-6.12-4k.json"
ok "a program that fails builds" exits 0 sh -c 'echo "int main(void) { return 70; }" | aarch64-linux-gnu-gcc -xc - -o "$1"' sh "$T/fails"
ok "a bench-qemu that fails is an error" exits 70 env KERNEL=6.12 PAGE_SIZE=4k "$scripts/bench-qemu.sh" "$T/fails" "$sysroot" "$T/3"
ok "that shows the console's end" says "$T/err" "the command failed, with status 70"
ok "and leaves no result, nor an older one" [ ! -e "$T/3/qemu-6.12-4k.json" ]
for wrong in KERNEL=5.10 PAGE_SIZE=8k SMP=none "PAGE_SIZE=16k QEMU_CPU=cortex-a53"; do
	# shellcheck disable=SC2086 # two words
	ok "$wrong is refused" exits 2 env $wrong "$scripts/bench-qemu.sh" "$program" "$sysroot" "$T/3"
done

# --- the archive, on a system that has busybox and no library at all
mkdir -p "$T/root/bin"
cp "$sysroot/bin/busybox" "$T/root/bin/"
for name in sh tar gzip gunzip dirname readlink; do
	ln -s busybox "$T/root/bin/$name"
done
cp "$archive" "$T/root/archive.tar.gz"
ok "the archive runs on a board without a library" exits 0 "$scripts/guest.sh" --icount --kernel "$image" --root "$T/root" --out "$T/record.json" -- \
	sh -c 'cd /tmp && tar xzf /archive.tar.gz && ./zapbench-*/zapbench run null refault --source memfd --set size=256K --set timing=batch --policy eager --set granularity=page --out /out'
ok "and measures" is "$(field "$T/record.json" '[x["case"] for x in c]')" "['null', 'refault']"
tap_end
status=$?
echo "$((tap_count - tap_failed)) passed, $tap_failed failed, 0 skipped"
exit $status

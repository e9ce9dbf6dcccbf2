#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is promised of emulated runs, by running them: the whole matrix is measured, is the same to the instruction in a
# second run, is marked as emulated and proven byte by byte; a guest that fails leaves no result; the archive for boards
# runs on a system without a library.
# Called by make check-qemu, which has built all of it. Arguments: the arm64 program, its sysroot, the archive.
# shellcheck disable=SC2016,SC2317 # the words of awk; functions are called through ok()
set -u
SRC=$(cd "$(dirname "$0")/.." && pwd)
: "${O:=$SRC/build}"
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
program=$1
sysroot=$2
archive=$3
scripts=$SRC/scripts

# holds CHECK RECORD...: what a record must hold; the checks are in the Python file
holds() { "$python" "$scripts/test/fixtures/emulated.py" "$@"; }
guest() { "$scripts/guest.sh" --kernel "$image" "$@"; }
bench_qemu() { env KERNEL=6.12 PAGE_SIZE=4k "$scripts/bench-qemu.sh" "$@"; }

# --- the matrix, twice
one=$T/1/qemu-6.12-4k.json
two=$T/2/qemu-6.12-4k.json
ok "make bench-qemu" exits 0 bench_qemu "$program" "$sysroot" "$T/1"
cp "$T/out" "$T/table"
ok "the table is marked as emulated" says "$T/table" "EMULATED: figures are instructions retired"
ok "it shows no base64" no grep -qE "^[A-Za-z0-9+/]{70}" "$T/table"
ok "make bench-qemu once more" exits 0 bench_qemu "$program" "$sysroot" "$T/2"
ok "the record follows the schema" exits 0 jsonschema -i "$one" "$SRC/results/schema/zapbench.schema.json"
ok "every policy is in it" holds policies "$one"
ok "every granularity is in it" holds granularities "$one"
ok "all of it is emulated, in instructions" holds emulated "$one"
ok "no sample of it is invalid" holds valid "$one"
ok "both runs agree to the instruction in every configuration" holds same "$one" "$two"
ok "every byte was read back" holds bytes_right "$one"
ok "every PTE had the attributes that were promised" holds attributes "$one"
ok "PTEs are huge with granularity huge only" holds huge "$one"
ok "coherence is said not to be testable" holds coherence "$one"
ok "the kernel counted the refaults that rusage saw" holds refaults "$one"
ok "its times are instructions, no more than the region's" holds kernel_times "$one"

# --- the cost model of it
ok "the model answers" exits 0 "$O/zapbench" model "$one" --bytes 4M --touched 0.1 --maps 2 --frames 4
for policy in "lazy     around" uncached "eager    huge"; do
	ok "$policy is in the answer" says "$T/out" "$policy"
done
ok "it says what emulation cannot decide" says "$T/out" "cannot compare cached with write-combined memory"
ok "configurations that were held out are predicted to 3 % in the median" \
	awk '$1 == "error" { found = 1; exit !($2 <= 3) } END { if (!found) exit 1 }' "$T/out"
ok "a question beyond what was measured is answered" exits 0 "$O/zapbench" model "$one" --bytes 1G
ok "and marked" says "$T/out" "OUTSIDE of the measured range: 1024 MiB"

# --- the case refault against a loop written by hand
image=$("$scripts/kernel-build.sh" all-on 2>"$T/err")
ok "a loop by hand builds" exits 0 aarch64-linux-gnu-gcc -O2 -static-pie -fPIE -D_GNU_SOURCE \
	-I "$SRC/kpatch/src/include/uapi" -o "$T/refault-loop" "$SRC/bench/test/refault-loop.c"
ok "the loop runs" exits 0 guest --icount --add "$T/refault-loop" -- refault-loop
by_hand=$(sed -n 's/ instructions a page$//p' "$T/out")
by_case=$(holds value "$one")
echo "# $by_hand instructions per page by hand, $by_case by the case"
ok "the case agrees with it within 2 %" \
	awk -v a="$by_hand" -v b="$by_case" 'BEGIN { exit !(a > 0 && b / a > 0.98 && b / a < 1.02) }'

# --- cases that take several CPUs at once cannot be counted: faults, bytes and signals are checked, and no figure
"$scripts/target-root.sh" "$program" "$sysroot" "$T/several"
several()
{
	SMP=2 guest --root "$T/several" --append "rodata=full zapbench.emulated=0" --out "$T/several.json" -- "$@"
}
ok "the cases of several CPUs run on the patched kernel" exits 0 several zapbench run concurrent-access fault-scaling \
	tlb-shootdown --source zap-heap --set size=256K --budget 5 --out /out
ok "all three are in the record" holds several_cases "$T/several.json"
ok "concurrent-access ran under every policy" holds concurrent_policies "$T/several.json"
ok "every sample took the faults that it must" holds valid "$T/several.json"
ok "others touched the buffer, got no signal, and no byte was lost" holds touched "$T/several.json"

# --- what fails leaves no result
busybox=$sysroot/bin/busybox
ok "a kernel that panics is an error" exits 125 guest --append rdinit=/nowhere --out "$T/none" -- zapbench
ok "the end of the console is shown" says "$T/err" "Kernel panic"
ok "a guest that hangs is an error" exits 124 guest --add "$busybox" --timeout 8 --out "$T/none" -- busybox sleep 1000
ok "a command that fails is its status" exits 1 guest --add "$busybox" --out "$T/none" -- busybox false
ok "none of them leaves a results file" [ ! -e "$T/none" ]
mkdir "$T/3" && echo older >"$T/3/qemu-6.12-4k.json"
echo "int main(void) { return 70; }" >"$T/fails.c"
ok "a program that fails builds" exits 0 aarch64-linux-gnu-gcc -o "$T/fails" "$T/fails.c"
ok "a bench-qemu that fails is an error" exits 70 bench_qemu "$T/fails" "$sysroot" "$T/3"
ok "the end of the console is shown" says "$T/err" "the command failed, with status 70"
ok "it leaves no result, nor an older one" [ ! -e "$T/3/qemu-6.12-4k.json" ]
for wrong in KERNEL=5.10 PAGE_SIZE=8k SMP=none "PAGE_SIZE=16k QEMU_CPU=cortex-a53" HEAPS=none \
	"HEAPS=module PAGE_SIZE=64k" "HEAPS=module MODEL=cortex-a72"; do
	# shellcheck disable=SC2086 # two words
	ok "$wrong is refused" exits 2 env $wrong "$scripts/bench-qemu.sh" "$program" "$sysroot" "$T/3"
done

# --- the archive, on a system that has busybox and no library at all
mkdir -p "$T/root/bin"
cp "$busybox" "$T/root/bin/"
for name in sh tar gzip gunzip dirname readlink; do
	ln -s busybox "$T/root/bin/$name"
done
cp "$archive" "$T/root/archive.tar.gz"
cat >"$T/root/bin/measure" <<'END'
#!/bin/sh
cd /tmp && tar xzf /archive.tar.gz &&
	exec ./zapbench-*/zapbench run null refault --source memfd --set size=256K --set timing=batch \
		--policy eager --set granularity=page --out /out
END
chmod 755 "$T/root/bin/measure"
ok "the archive runs on a board without a library" exits 0 \
	guest --icount --root "$T/root" --out "$T/record.json" -- measure
ok "it measures" holds archive_cases "$T/record.json"
tap_end
status=$?
echo "$((tap_count - tap_failed)) passed, $tap_failed failed, 0 skipped"
exit $status

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is promised of modelled runs, by running them: counts that are known by hand, the same counts in every boot, the
# knees of tlb-reach at the sizes of the model's TLBs, the matrix with marked counts, and no more than five times the
# time. Called by make check-model, which has built all of it. Arguments: the arm64 program, its sysroot, the plugin.
# shellcheck disable=SC2317 # functions are called through ok()
set -u
SRC=$(cd "$(dirname "$0")/.." && pwd)
: "${O:=$SRC/build}"
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
[ $# -eq 3 ] || {
	echo "usage: scripts/check-model.sh PROGRAM SYSROOT PLUGIN (make check-model)" >&2
	exit 2
}
program=$1
sysroot=$2
plugin=$3
scripts=$SRC/scripts

holds() { "$python" "$scripts/test/fixtures/modelled.py" "$@"; }
# user_seconds FILE: of all children, as the builtin times of this shell wrote it; a substitution is another shell
user_seconds() { awk 'NR == 2 { split($1, t, /[ms]/); print 60 * t[1] + t[2] }' "$1"; }

image=$("$scripts/kernel-build.sh" all-on 2>"$T/err")
cache=$(dirname "${KBUILD_DIR:-$HOME/.cache/zapbench/kernel}")
QEMU=$("$scripts/qemu-backports.sh" "$cache/qemu")
export QEMU
# guest CORE COUNTS OPTION...: the guest with the plugin
guest()
{
	core=$1
	counts=$2
	shift 2
	QEMU_CPU=$core "$scripts/guest.sh" --icount --kernel "$image" --plugin "$plugin,model=$core,out=$counts" "$@"
}
# x86 COUNTS OPTION...: the same with zen4
x86()
{
	counts=$1
	shift
	QEMU=$x86_qemu QEMU_CPU=EPYC-Genoa QEMU_MACHINE=microvm "$scripts/guest.sh" --arch amd64 --icount \
		--kernel "$cache/stock-6.12-amd64/vmlinuz" --plugin "$plugin,model=zen4,out=$counts" "$@"
}

# --- what can be computed by hand
ok "a program with marks builds" exits 0 aarch64-linux-gnu-gcc -O2 -static -D_GNU_SOURCE -I "$SRC" \
	-o "$T/marked" "$scripts/test/fixtures/marked.c"
ok "it runs" exits 0 guest cortex-a72 "$T/counts" --add "$T/marked" -- marked
ok "lines, pages and maintenance are counted exactly" holds marked "$T/counts"
ok "it runs once more" exits 0 guest cortex-a72 "$T/again" --add "$T/marked" -- marked
ok "two boots agree in all counts" cmp "$T/counts" "$T/again"
ok "an unknown core is refused" no guest cortex-a99 "$T/none" --add "$T/marked" -- marked
ok "two CPUs are refused" no env SMP=2 "$scripts/guest.sh" --kernel "$image" --timeout 20 \
	--plugin "$plugin,model=cortex-a72,out=$T/none" --add "$T/marked" -- marked

# --- the same on x86-64
if [ "$(dpkg --print-architecture)" = amd64 ]; then
	x86_qemu=$("$scripts/qemu-backports.sh" "$cache/qemu-amd64" amd64)
	ok "zen4: Debian's kernel is unpacked" exits 0 "$scripts/stock-kernel.sh" 6.12 "$cache/stock-6.12-amd64" amd64
	ok "zen4: a program with marks builds" exits 0 gcc -O2 -static -D_GNU_SOURCE -I "$SRC" -o "$T/marked-x86" \
		"$scripts/test/fixtures/marked.c"
	ok "zen4: it runs" exits 0 x86 "$T/counts-x86" --add "$T/marked-x86" -- marked-x86
	ok "zen4: lines, pages, maintenance and REP are counted exactly" holds marked "$T/counts-x86"
	ok "zen4: it runs once more" exits 0 x86 "$T/again" --add "$T/marked-x86" -- marked-x86
	ok "zen4: two boots agree in all counts" cmp "$T/counts-x86" "$T/again"
	ok "zen4 on arm64 is refused" no env QEMU_CPU=cortex-a72 "$scripts/guest.sh" --kernel "$image" --timeout 20 \
		--plugin "$plugin,model=zen4,out=$T/none" --add "$T/marked" -- marked
else
	skip "zen4" "its program and guest are those of an amd64 machine"
fi

# --- the first cache against valgrind, which sees the same accesses of a program of this machine
if command -v valgrind >/dev/null; then
	ok "a program that reads valgrind's accesses builds" exits 0 gcc -O2 -D_GNU_SOURCE -I "$SRC" -o "$T/traced" \
		"$scripts/test/fixtures/traced.c" "$SRC/bench/qemu/memory-model.c" -lm
	# shellcheck disable=SC2016 # of awk
	accesses='BEGIN { for (i = 0; i < 2000; i++) a[i] = i; for (i = 0; i < 2000; i++) s += a[i * 791 % 2000]; print s }'
	valgrind --tool=lackey --trace-mem=yes --log-fd=9 awk "$accesses" 9>&1 >/dev/null 2>"$T/err" |
		"$T/traced" >"$T/modelled"
	valgrind --tool=cachegrind --cache-sim=yes --D1=32768,8,64 --cachegrind-out-file=/dev/null awk "$accesses" \
		2>&1 >/dev/null | sed -n 's/,//g; s/.*D1 *misses: *\([0-9]*\).*/\1/p' >"$T/cachegrind"
	echo "# $(cut -d' ' -f2 "$T/modelled") misses, cachegrind $(cat "$T/cachegrind")"
	# shellcheck disable=SC2016 # of awk
	ok "its misses are those of cachegrind, to 1 %" awk -v expected="$(cat "$T/cachegrind")" \
		'{ exit !($2 > 1000 && $2 > 0.99 * expected && $2 < 1.01 * expected) }' "$T/modelled"
else
	skip "the first cache against valgrind" "no valgrind; apt-get install valgrind"
fi

# --- tlb-reach
"$scripts/target-root.sh" "$program" "$sysroot" "$T/root"
# reach CORE CHAIN: its record is $T/CORE-CHAIN.json
reach()
{
	guest "$1" "$T/reach" --root "$T/root" --out "$T/$1-$2.json" -- zapbench run tlb-reach --source memfd \
		--set policy=eager --set granularity=page --set state=before --set size=8M --set "chain=$2" \
		--set pages=16,32,64,128,256,512,1024,2048 --seed 1 --budget 1 --model --out /out &&
		"$ZAPBENCH" __model-counts "$T/reach" "$T/$1-$2.json"
}
ok "tlb-reach on a cortex-a72" exits 0 reach cortex-a72 1024
ok "its knee is at the 32 entries of the first TLB" holds knee "$T/cortex-a72-1024.json" dtlb-refill 32
ok "tlb-reach on a cortex-a72, with more pages" exits 0 reach cortex-a72 2048
ok "its knee is at the 1024 entries of the second TLB" holds knee "$T/cortex-a72-2048.json" dtlb-walk 1024
ok "tlb-reach on a cortex-a53" exits 0 reach cortex-a53 1024
ok "its knee is at the 512 entries of the second TLB" holds knee "$T/cortex-a53-1024.json" dtlb-walk 512

# --- the matrix
# bench_qemu FOLDER ASSIGNMENT...
bench_qemu()
{
	folder=$1
	shift
	env -u QEMU KERNEL=6.12 PAGE_SIZE=4k "$@" "$scripts/bench-qemu.sh" "$program" "$sysroot" "$folder" "$plugin" \
		"$ZAPBENCH"
}
times >"$T/before"
ok "make bench-qemu without a model" exits 0 env -u QEMU KERNEL=6.12 PAGE_SIZE=4k "$scripts/bench-qemu.sh" \
	"$program" "$sysroot" "$T/1"
times >"$T/plain"
ok "make bench-qemu MODEL=cortex-a72" exits 0 bench_qemu "$T/1" MODEL=cortex-a72
times >"$T/modelled"
cp "$T/out" "$T/table"
ok "the table shows the counts of each policy as modelled" says "$T/table" "MODELLED per frame" \
	"L1D" "walks" "DSB" "MODELLED: counts of a model (cortex-a72" \
	"MODELLED (in the result file):"
plain=$(echo "$(user_seconds "$T/plain") $(user_seconds "$T/before")" | awk '{ print $1 - $2 }')
modelled=$(echo "$(user_seconds "$T/modelled") $(user_seconds "$T/plain")" | awk '{ print $1 - $2 }')
echo "# $plain s, modelled $modelled s"
ok "it takes at most five times as long" awk "BEGIN { exit !($plain > 1 && $modelled <= 5 * $plain) }"
record=$T/1/qemu-6.12-4k-model.json
ok "every modelled count is marked" holds marks "$record"
ok "the policies cause what they must" holds policies "$record"
ok "the record follows the schema" exits 0 jsonschema -i "$record" "$SRC/results/schema/zapbench.schema.json"
ok "explain says MODELLED" prints 0 "MODELLED by cortex-a72 version" -- "$ZAPBENCH" explain \
	refault/zap-heap/eager/page/2M "$record"
ok "a report is made of it" exits 0 "$ZAPBENCH" report "$record" --out "$T/report" --no-pdf
ok "it shows them apart, as modelled" says "$T/report/report.txt" "MODELLED: caches and TLBs" \
	"MODELLED counts per frame"
for wrong in "MODEL=cortex-a72 SMP=2" "MODEL=cortex-a72 QEMU_CPU=cortex-a53" "MODEL=cortex-a72 PREFETCH=far" \
	"MODEL=zen4 SMP=2" "MODEL=zen4 QEMU_CPU=cortex-a72" "MODEL=zen4 PAGE_SIZE=16k"; do
	# shellcheck disable=SC2086 # words
	ok "$wrong is refused" exits 2 bench_qemu "$T/2" $wrong
done
tap_end
status=$?
echo "$((tap_count - tap_failed)) passed, $tap_failed failed, 0 skipped"
exit $status

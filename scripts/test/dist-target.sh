#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The archive for boards is complete in itself. The arm64 files are empty here: make check-qemu runs the real ones.
# shellcheck disable=SC2016 # the words of another script
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

mkdir -p "$T/tools"
printf '#!/bin/sh\ncp "$3" "$2"\n' >"$T/tools/aarch64-linux-gnu-strip"
cp "$T/tools/aarch64-linux-gnu-strip" "$T/tools/arm-linux-gnueabihf-strip"
# The file says what it is and what it needs.
printf '#!/bin/sh\ngrep -h . "$2"\n' >"$T/tools/readelf"
chmod 755 "$T"/tools/*
# empty NAME MACHINE TRIPLET LOADER: a sysroot of an architecture, and its program
empty()
{
	mkdir -p "$T/sysroot-$1/usr/lib/$3"
	: >"$T/sysroot-$1/usr/lib/$3/$4"
	printf '  Machine:   %s\n(NEEDED) [%s]\n' "$2" "$4" >"$T/program-$1"
}
empty arm64 AArch64 aarch64-linux-gnu ld-linux-aarch64.so.1
empty armhf ARM arm-linux-gnueabihf ld-linux-armhf.so.3
"$SRC/scripts/man.sh" "$ZAPBENCH" <"$SRC/bench/zapbench.1" >"$T/zapbench.1"
pack()
{
	PATH=$T/tools:$PATH "$SRC/scripts/dist-target.sh" "$T/program-$1" "$T/sysroot-$1" "$T/zapbench.1" "$T" 1.2.3 "$1"
}

ok "the archive for armhf is made" exits 0 pack armhf
tar -C "$T" -xzf "$T/zapbench-1.2.3-armhf.tar.gz"
ok "with its loader" [ -e "$T/zapbench-1.2.3-armhf/lib/ld-linux-armhf.so.3" ]
ok "which its launcher starts" says "$T/zapbench-1.2.3-armhf/zapbench" \
	'"$here/lib/ld-linux-armhf.so.3" --library-path' '"$here/lib/arm-linux-gnueabihf" "$here/bin/zapbench" "$@"'
ok "another architecture is a wrong use" \
	errs 2 "expected arm64 or armhf" -- "$SRC/scripts/dist-target.sh" a b c d e amd64
ok "the archive is made" exits 0 pack arm64
ok "it says what to do with it" says "$T/out" "zapbench-1.2.3-aarch64.tar.gz" "./zapbench-1.2.3-aarch64/zapbench"
tar -C "$T" -xzf "$T/zapbench-1.2.3-aarch64.tar.gz"
cd "$T/zapbench-1.2.3-aarch64" || exit 1
for file in zapbench bin/zapbench lib/ld-linux-aarch64.so.1 README LICENSE LICENSES zapbench.1 \
	scripts/module.sh kpatch/module/Kbuild kpatch/src/drivers/dma-buf/heaps/zap_heap_main.c; do
	ok "it has $file" [ -e "$file" ]
done
ok "make module finds its sources there" errs 1 "no kernel headers" -- env KDIR="$T/none" scripts/module.sh "$T/module"
ok "no document links to a file that is not there" no grep -rnE '\]\(' --include='*.md' --include=README .
ok "the man page has the lists of the program" says zapbench.1 ".It Cm refault" ".It Cm otava-config"
sed -n 's,^    \./zapbench \([a-z]*\) .*,\1,p' README | sort -u >"$T/commands"
while read -r command; do
	ok "README: zapbench $command is a command" exits 0 "$ZAPBENCH" "$command" --help
done <"$T/commands"
cp "$T/zapbench-1.2.3-aarch64.tar.gz" "$T/first"
pack arm64 >"$T/out"
ok "the same files give the same bytes" cmp "$T/first" "$T/zapbench-1.2.3-aarch64.tar.gz"
tap_end

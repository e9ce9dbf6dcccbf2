#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The archive for boards is complete in itself. The arm64 files are empty here: make check-qemu runs the real ones.
# shellcheck disable=SC2016 # the words of another script
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

mkdir -p "$T/tools" "$T/sysroot/usr/lib"
printf '#!/bin/sh\ncp "$3" "$2"\n' >"$T/tools/aarch64-linux-gnu-strip"
printf '#!/bin/sh\necho "(NEEDED) [ld-linux-aarch64.so.1]"\n' >"$T/tools/aarch64-linux-gnu-readelf"
chmod 755 "$T"/tools/*
: >"$T/sysroot/usr/lib/ld-linux-aarch64.so.1"
: >"$T/program"
"$SRC/scripts/man.sh" "$ZAPBENCH" <"$SRC/bench/zapbench.1" >"$T/zapbench.1"
pack() { PATH=$T/tools:$PATH "$SRC/scripts/dist-target.sh" "$T/program" "$T/sysroot" "$T/zapbench.1" "$T" 1.2.3; }

ok "the archive is made" exits 0 pack
ok "it says what to do with it" says "$T/out" "zapbench-1.2.3-aarch64.tar.gz" "./zapbench-1.2.3-aarch64/zapbench"
tar -C "$T" -xzf "$T/zapbench-1.2.3-aarch64.tar.gz"
cd "$T/zapbench-1.2.3-aarch64" || exit 1
for file in zapbench bin/zapbench lib/ld-linux-aarch64.so.1 README LICENSE LICENSES zapbench.1; do
	ok "it has $file" [ -e "$file" ]
done
ok "no document links to a file that is not there" no grep -rnE '\]\(' --include='*.md' --include=README .
ok "the man page has the lists of the program" says zapbench.1 ".It Cm refault" ".It Cm otava-config"
sed -n 's,^    \./zapbench \([a-z]*\) .*,\1,p' README | sort -u >"$T/commands"
while read -r command; do
	ok "README: zapbench $command is a command" exits 0 "$ZAPBENCH" "$command" --help
done <"$T/commands"
cp "$T/zapbench-1.2.3-aarch64.tar.gz" "$T/first"
pack >"$T/out"
ok "the same files give the same bytes" cmp "$T/first" "$T/zapbench-1.2.3-aarch64.tar.gz"
tap_end

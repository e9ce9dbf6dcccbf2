#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Pack an arm64 zapbench for boards without a compiler: the program, a launcher, and the loader and libraries that it
# was built with, so that the board needs none. Called by make dist-target. Arguments: the program, its sysroot, the man
# page with its lists, the folder for the archive, the version.
set -eu

if [ $# -ne 5 ]; then
	echo "usage: scripts/dist-target.sh PROGRAM SYSROOT PAGE DIR VERSION" >&2
	exit 2
fi
top=$(cd "$(dirname "$0")/.." && pwd)
program=$1
sysroot=$2
page=$3
name=zapbench-$5-aarch64
archive=$4/$name.tar.gz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

root=$work/$name
"$top/scripts/target-root.sh" "$program" "$sysroot" "$root"
cat >"$root/zapbench" <<'EOF'
#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs zapbench with the loader and the libraries of this folder, and not those of the board. zapbench starts the
# processes of the rounds through this script too, as its /proc/self/exe is the loader.
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd) || exit 1
export ZAPBENCH_LAUNCHER="$here/zapbench"
exec "$here/lib/ld-linux-aarch64.so.1" --library-path "$here/lib/aarch64-linux-gnu" "$here/bin/zapbench" "$@"
EOF
chmod 755 "$root/zapbench"
# The README of the sources links to files that are not here.
cat >"$root/README" <<EOF
zapbench $5 for arm64 boards: the program, and the loader and libraries that it needs.

    ./zapbench run          measure this board; print a table; write a results file
    ./zapbench list         the cases and sources, and which of them work here
    ./zapbench run --help   all options
    man ./zapbench.1        the manual

A report needs gnuplot. Copy the results file to a machine that has it, and run "zapbench report FILE" there.
The guides are in docs/ of the sources. Licences: LICENSE, LICENSES/.
EOF
cp "$page" "$root/zapbench.1"
cp "$top/LICENSE" "$root/"
cp -r "$top/LICENSES" "$root/"
# The licences of the libraries.
for copyright in "$sysroot"/usr/share/doc/*/copyright; do
	package=$(basename "$(dirname "$copyright")")
	case $package in
	libc6 | libgcc-s1 | libpfm4 | libhwloc15 | libudev1 | libjansson4 | libgsl27 | libgslcblas0 | libsqlite3-0 | \
		zlib1g)
		mkdir -p "$root/LICENSES/$package"
		cp -L "$copyright" "$root/LICENSES/$package/"
		;;
	esac
done
mkdir -p "$(dirname "$archive")"
# The same files give the same bytes.
tar -C "$work" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$work/tar" "$name"
gzip -9n <"$work/tar" >"$archive.new"
mv "$archive.new" "$archive"
echo "$archive: unpack it on the board and run ./$name/zapbench"

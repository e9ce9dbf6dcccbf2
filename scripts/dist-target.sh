#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Pack a cross-built zapbench for boards without a compiler: the program, a launcher, the loader and libraries that it
# was built with, so that the board needs none, and the sources of the modules. Called by make dist-target. Arguments:
# the program, its sysroot, the man page with its lists, the folder for the archive, the version, arm64 or armhf.
set -eu

if [ $# -ne 6 ]; then
	echo "usage: scripts/dist-target.sh PROGRAM SYSROOT PAGE DIR VERSION arm64|armhf" >&2
	exit 2
fi
case $6 in
arm64) machine=aarch64 triplet=aarch64-linux-gnu loader=ld-linux-aarch64.so.1 ;;
armhf) machine=armhf triplet=arm-linux-gnueabihf loader=ld-linux-armhf.so.3 ;;
*) echo "dist-target: $6: expected arm64 or armhf" >&2 && exit 2 ;;
esac
top=$(cd "$(dirname "$0")/.." && pwd)
program=$1
sysroot=$2
page=$3
name=zapbench-$5-$machine
archive=$4/$name.tar.gz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

root=$work/$name
"$top/scripts/target-root.sh" "$program" "$sysroot" "$root"
cat >"$root/zapbench" <<EOF
#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs zapbench with the loader and the libraries of this folder, and not those of the board. zapbench starts the
# processes of the rounds through this script too, as its /proc/self/exe is the loader.
here=\$(cd "\$(dirname "\$(readlink -f "\$0")")" && pwd) || exit 1
export ZAPBENCH_LAUNCHER="\$here/zapbench"
exec "\$here/lib/$loader" --library-path "\$here/lib/$triplet" "\$here/bin/zapbench" "\$@"
EOF
chmod 755 "$root/zapbench"
# The README of the sources links to files that are not here.
cat >"$root/README" <<EOF
zapbench $5 for $6 boards: the program, and the loader and libraries that it needs.

    ./zapbench run          measure this board; print a table; write a results file
    ./zapbench list         the cases and sources, and which of them work here
    ./zapbench run --help   all options
    man ./zapbench.1        the manual

    scripts/module.sh DIR   build the policies' heaps as modules of a stock kernel (needs make, gcc, patch and the
                            kernel's headers); then insmod DIR/module/zap_heap.ko and zap_bench.ko

The plots of a report need gnuplot: run "zapbench report FILE" where it is installed.
The guides are in docs/ of the sources. Licences: LICENSE, LICENSES/.
EOF
cp "$page" "$root/zapbench.1"
cp "$top/LICENSE" "$root/"
# What the modules are built of, as zapbench-dkms has it.
mkdir -p "$root/kpatch/src" "$root/kpatch/hooks/6.1" "$root/scripts"
cp -R "$top/kpatch/module" "$root/kpatch/"
cp -R "$top/kpatch/src/drivers" "$top/kpatch/src/include" "$root/kpatch/src/"
cp "$top"/kpatch/hooks/6.1/*-backport-*.patch "$root/kpatch/hooks/6.1/"
cp "$top/scripts/module.sh" "$root/scripts/"
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

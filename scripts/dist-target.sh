#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Pack an arm64 zapbench for boards without a compiler: the program, a launcher, and the loader and libraries that it
# was built with, so that the board needs none. Called by make dist-target. Arguments: the program, its sysroot, the
# folder for the archive, the version.
set -eu

if [ $# -ne 4 ]; then
	echo "usage: scripts/dist-target.sh PROGRAM SYSROOT DIR VERSION" >&2
	exit 2
fi
top=$(cd "$(dirname "$0")/.." && pwd)
program=$1
sysroot=$2
name=zapbench-$4-aarch64
archive=$3/$name.tar.gz
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
cp "$top/README.md" "$top/LICENSE" "$top/bench/zapbench.1" "$root/"
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

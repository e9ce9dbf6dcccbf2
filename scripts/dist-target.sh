#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Pack an arm64 zapbench for boards that have no compiler, and need no library of it: the program, the loader and the shared libraries it was
# built with, and a launcher. Called by make dist-target. Arguments: the program, its sysroot, the folder for the archive, the version.
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
# Runs zapbench with the loader and the libraries beside it, wherever this folder was unpacked and whatever the board has of its own.
# The processes of the rounds are started through here too: /proc/self/exe would be the loader.
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd) || exit 1
export ZAPBENCH_LAUNCHER="$here/zapbench"
exec "$here/lib/ld-linux-aarch64.so.1" --library-path "$here/lib/aarch64-linux-gnu" "$here/bin/zapbench" "$@"
EOF
chmod 755 "$root/zapbench"
cp "$top/README.md" "$top/LICENSE" "$top/bench/zapbench.1" "$root/"
cp -r "$top/LICENSES" "$root/"
# The libraries' own terms.
for copyright in "$sysroot"/usr/share/doc/*/copyright; do
	package=$(basename "$(dirname "$copyright")")
	case $package in
	libc6 | libgcc-s1 | libpfm4 | libhwloc15 | libudev1 | libjansson4 | libgsl27 | libgslcblas0 | libsqlite3-0 | zlib1g)
		mkdir -p "$root/LICENSES/$package"
		cp -L "$copyright" "$root/LICENSES/$package/"
		;;
	esac
done
mkdir -p "$(dirname "$archive")"
# The same bytes from the same files.
tar -C "$work" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$work/tar" "$name"
gzip -9n <"$work/tar" >"$archive.new"
mv "$archive.new" "$archive"
echo "$archive: unpack it on the board and run ./$name/zapbench"

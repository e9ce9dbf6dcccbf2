#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Builds an arm64 kernel with the patch from Debian's source package.
#
# usage: kernel-build.sh [CONFIG...]
#
# CONFIG names fragments of kpatch/config/, without .config, after base; the
# default is all-on. Prints the path of the Image. What was built before from
# the same source, series, fragments and compiler is not built again.
# environment:
#   KERNEL     6.12 or 6.1 (6.12)
#   KBUILD_DIR where to build (~/.cache/zapbench/kernel)
#   PAGE_SIZE  4k, 16k or 64k (4k)
#   MUTANT     name of a patch in kpatch/mutants, to spoil the kernel with
#   JOBS       (all processors)
set -eu

KERNEL=${KERNEL:-6.12}
PAGE_SIZE=${PAGE_SIZE:-4k}
MUTANT=${MUTANT:-}
JOBS=${JOBS:-$(nproc)}
KBUILD_DIR=${KBUILD_DIR:-$HOME/.cache/zapbench/kernel}
top=$(cd "$(dirname "$0")/.." && pwd)
tar=/usr/src/linux-source-$KERNEL.tar.xz

die() {
	echo "kernel-build.sh: $*" >&2
	exit 1
}

say() {
	echo "kernel-build.sh: $*" >&2
}

[ -f "$tar" ] || die "apt-get install linux-source-$KERNEL"
for tool in aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu ccache:ccache flex:flex \
	bison:bison bc:bc git:git rsync:rsync; do
	command -v "${tool%%:*}" >/dev/null ||
		die "apt-get install ${tool#*:}"
done

[ $# -gt 0 ] || set -- all-on
[ "$PAGE_SIZE" = 4k ] || set -- "$@" "page-$PAGE_SIZE"
names=$*
fragments=$top/kpatch/config/base.config
for name; do
	[ -f "$top/kpatch/config/$name.config" ] || die "no fragment $name"
	fragments="$fragments $top/kpatch/config/$name.config"
done

mkdir -p "$KBUILD_DIR"
KBUILD_DIR=$(cd "$KBUILD_DIR" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# git apply must not look for a repository around the tree, and skip its files.
export GIT_CEILING_DIRECTORIES="$KBUILD_DIR"
KERNEL=$KERNEL "$top/scripts/kpatch-series.sh" "$work/series"

# The tree: of the source package and the series.
src_key=$({
	dpkg-query -W -f '${Version}\n' "linux-source-$KERNEL"
	cat "$work"/series/*.patch
} | sha256sum | cut -c1-16)
# The build: of that and the rest. A path is no part of it.
key=$({
	echo "$src_key $MUTANT"
	[ -z "$MUTANT" ] || cat "$top/kpatch/mutants/$MUTANT.patch"
	# shellcheck disable=SC2086 # a list
	cat $fragments
	aarch64-linux-gnu-gcc --version | head -n 1
	cat "$0"
} | sha256sum | cut -c1-16)

image=$KBUILD_DIR/Image-$KERNEL-$key
if [ -f "$image" ]; then
	echo "$image"
	exit 0
fi

# One tree for a version, always at one path, so that make and ccache find what
# they know; only what the series changed is touched.
exec 9>"$KBUILD_DIR/lock"
flock 9
tree=$KBUILD_DIR/linux-$KERNEL
if [ "$(cat "$tree.key" 2>/dev/null)" != "$src_key$MUTANT" ]; then
	say "Linux $KERNEL with the series${MUTANT:+ and mutant $MUTANT}"
	fresh=$KBUILD_DIR/fresh-$KERNEL
	rm -rf "$fresh" "$tree.key"
	mkdir -p "$fresh"
	tar -C "$fresh" --strip-components=1 -xf "$tar"
	for patch in "$work"/series/*.patch; do
		git -C "$fresh" apply "$patch" ||
			die "$(basename "$patch") does not apply"
	done
	if [ -n "$MUTANT" ]; then
		git -C "$fresh" apply "$top/kpatch/mutants/$MUTANT.patch" ||
			die "mutant $MUTANT does not apply"
	fi
	# No times: what did not change keeps its own, what did gets the present.
	rsync -rlp --checksum --delete "$fresh/" "$tree/"
	rm -rf "$fresh"
	echo "$src_key$MUTANT" >"$tree.key"
fi

out=$KBUILD_DIR/build-$KERNEL-$(echo "$names" | tr ' ' '-')
mkdir -p "$out"
export ARCH=arm64 CROSS_COMPILE='ccache aarch64-linux-gnu-' \
	KBUILD_BUILD_TIMESTAMP='1970-01-01' KBUILD_BUILD_USER=zapbench \
	KBUILD_BUILD_HOST=zapbench CCACHE_DIR="${CCACHE_DIR:-$KBUILD_DIR/ccache}"
log=$out/build.log
{
	make -C "$tree" O="$out" tinyconfig
	# shellcheck disable=SC2086 # a list
	(cd "$tree" && KCONFIG_CONFIG=$out/.config scripts/kconfig/merge_config.sh \
		-m -O "$out" "$out/.config" $fragments)
	make -C "$tree" O="$out" olddefconfig
} >"$log" 2>&1 || { tail -n 20 "$log" >&2 && die "it cannot be configured"; }
say "building $names ($log)"
make -C "$tree" O="$out" -j"$JOBS" ${W:+W="$W"} Image >>"$log" 2>&1 || {
	grep -n -i -m 10 -e 'error' "$log" >&2
	tail -n 20 "$log" >&2
	die "it does not build"
}
cp "$out/arch/arm64/boot/Image" "$image.part"
cp "$out/.config" "$image.config"
mv "$image.part" "$image"
echo "$image"

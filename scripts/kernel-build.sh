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
#   MUTANT     name of one in kpatch/mutants, to spoil the kernel with
#   FIX        name of a patch in kpatch/fixes, to apply after the series
#   KCSAN_ONLY objects that KCSAN instruments, without .o (all, with CONFIG_KCSAN)
#   PATCHES    apply that many patches of the series (all); with 0 the source is
#              as Debian has it
#   TARGETS    what to make instead of an Image; prints the build folder
#   JOBS       (all processors)
#   W, C       as for the kernel's own make, with TARGETS
set -eu
unset MAKEFLAGS # of the make that called: its jobs are not those of the kernel

KERNEL=${KERNEL:-6.12}
PAGE_SIZE=${PAGE_SIZE:-4k}
MUTANT=${MUTANT:-}
FIX=${FIX:-}
KCSAN_ONLY=${KCSAN_ONLY:-}
PATCHES=${PATCHES:-}
TARGETS=${TARGETS:-}
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

# A disk that is full is said, whatever failed for it.
ended() {
	status=$?
	rm -rf "$work"
	[ $status -eq 0 ] ||
		[ "$(df -Pk "$KBUILD_DIR" | awk 'NR == 2 { print $4 }')" -ge 10240 ] ||
		say "$KBUILD_DIR is full: free space there, or set KBUILD_DIR"
}

[ -f "$tar" ] || die "apt-get install linux-source-$KERNEL"
for tool in aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu ccache:ccache flex:flex \
	bison:bison bc:bc git:git; do
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

mkdir -p "$KBUILD_DIR/$KERNEL"
KBUILD_DIR=$(cd "$KBUILD_DIR" && pwd)
base=$KBUILD_DIR/$KERNEL
tree=$base/source
work=$(mktemp -d)
trap 'ended' EXIT
trap 'exit 130' INT TERM
KERNEL=$KERNEL "$top/scripts/kpatch-series.sh" "$work/series"

version=$(dpkg-query -W -f '${Version}' "linux-source-$KERNEL")
# What the kernel is made of. A path is no part of it; neither are documentation,
# selftests and the patches' messages.
key=$({
	echo "$version $PATCHES $MUTANT $KCSAN_ONLY"
	awk 'FNR == 1 { built = 0 }
		/^diff --git / { built = $3 !~ "^a/(Documentation|tools/testing)/" }
		built' "$work"/series/*.patch
	[ -z "$MUTANT" ] || cat "$top/kpatch/mutants"
	[ -z "$FIX" ] || cat "$top/kpatch/fixes/$FIX.patch"
	# shellcheck disable=SC2086 # a list
	cat $fragments
	aarch64-linux-gnu-gcc --version | head -n 1
	cat "$0"
} | sha256sum | cut -c1-16)

image=$KBUILD_DIR/Image-$KERNEL-$key
if [ -z "$TARGETS" ] && [ -f "$image" ]; then
	echo "$image"
	exit 0
fi

exec 9>"$base/lock"
flock 9

# Whoever is killed at any point leaves what the next call mends: see
# scripts/test/kernel-build.sh.

# One tree for a version, always at one path, so that make and ccache find what
# they know. Every file is as old as its content is in this tree (tar's -m, and
# cp): an object that was made of other content is always older.
unpack() {
	say "unpacking Linux $KERNEL ($version)"
	# First what says that the rest is there.
	rm -f "$base/version"
	rm -rf "$tree" "$base/original" "$base/changed"
	mkdir -p "$tree"
	# Without half of it: drivers that no fragment asks for.
	tar -C "$tree" --strip-components=1 -m -I 'xz -T0' -xf "$tar" \
		--exclude='drivers/gpu/drm/amd/include/*' \
		--exclude='drivers/gpu/drm/amd/display/*.[ch]' \
		--exclude='tools/perf/*' --exclude='arch/*/boot/dts/*.dts*' \
		--exclude='sound/*.[ch]' --exclude='drivers/net/*.[ch]' \
		--exclude='drivers/media/*.[ch]' --exclude='drivers/staging/*.[ch]'
	: >"$base/changed"
	mkdir "$base/original"
	echo "$version" >"$base/version.part"
	mv "$base/version.part" "$base/version"
}

# Gives the tree the files of the series and the mutant, and back those that
# earlier ones changed. Files that stay the same are not touched.
patch_tree() {
	n=0
	for patch in "$work"/series/*.patch; do
		[ "$n" != "$PATCHES" ] || break
		n=$((n + 1))
		echo "$patch"
	done >"$work/patches"
	[ -z "$FIX" ] || echo "$top/kpatch/fixes/$FIX.patch" >>"$work/patches"

	# shellcheck disable=SC2046 # a list
	git apply --numstat --allow-empty $(cat "$work/patches") </dev/null |
		cut -f 3 | LC_ALL=C sort -u >"$work/changed"
	mkdir "$work/new"
	while read -r path; do
		mkdir -p "$work/new/$(dirname "$path")"
		if ! grep -q -x -F "$path" "$base/changed" &&
			[ -f "$tree/$path" ]; then
			mkdir -p "$base/original/$(dirname "$path")"
			cp "$tree/$path" "$base/original/$path"
		fi
		[ ! -f "$base/original/$path" ] ||
			cp "$base/original/$path" "$work/new/$path"
	done <"$work/changed"
	while read -r patch; do
		# git apply would skip files where a repository is around them.
		(cd "$work/new" && GIT_CEILING_DIRECTORIES=$work git apply "$patch") ||
			die "$(basename "$patch") does not apply"
	done <"$work/patches"
	[ -z "$MUTANT" ] ||
		"$top/scripts/check-kernel-mutants.sh" apply "$MUTANT" "$work/new" ||
		die "mutant $MUTANT does not apply"

	cp "$base/changed" "$work/before"
	# Complete or not at all: a file that is not named there is taken for Debian's.
	LC_ALL=C sort -u "$work/before" "$work/changed" >"$base/changed.part"
	mv "$base/changed.part" "$base/changed"
	while read -r path; do
		from=$work/new/$path
		[ -f "$from" ] || from=$base/original/$path
		if [ ! -f "$from" ]; then
			rm -f "$tree/$path"
		elif ! cmp -s "$from" "$tree/$path"; then
			mkdir -p "$(dirname "$tree/$path")"
			cp "$from" "$tree/$path"
		fi
	done <"$base/changed"
}

[ "$(cat "$base/version" 2>/dev/null)" = "$version" ] || unpack
patch_tree

out=$base/build-$(echo "$names" | tr ' ' '-')
mkdir -p "$out"
export ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
	KBUILD_BUILD_TIMESTAMP='1970-01-01' KBUILD_BUILD_USER=zapbench \
	KBUILD_BUILD_HOST=zapbench KBUILD_BUILD_VERSION=1 CCACHE_DIR="${CCACHE_DIR:-$KBUILD_DIR/ccache}"
log=$out/build.log
: >"$log"

# The order in which the kernel's makefiles look: the object, then all of them.
if [ -n "$KCSAN_ONLY" ]; then
	# shellcheck disable=SC2086 # a list
	instrument="KCSAN_SANITIZE=n $(printf 'KCSAN_SANITIZE_%s.o=y ' $KCSAN_ONLY)"
else
	instrument=
fi

# shellcheck disable=SC2086 # a list
kmake() {
	make -C "$tree" O="$out" CC='ccache aarch64-linux-gnu-gcc' \
		HOSTCC='ccache gcc' $instrument "$@" >>"$log" 2>&1
}

configure() {
	kmake tinyconfig || return 1
	# shellcheck disable=SC2086 # a list
	(cd "$tree" && KCONFIG_CONFIG=$out/.config scripts/kconfig/merge_config.sh \
		-m -O "$out" "$out/.config" $fragments) >>"$log" 2>&1 || return 1
	kmake olddefconfig
}

# What the configuration is made of: the fragments, and the Kconfig files.
# shellcheck disable=SC2086 # a list
config_key=$({
	echo "$version"
	cat $fragments
	grep Kconfig "$base/changed" | sed "s,^,$tree/," | xargs -r cat 2>/dev/null
} | sha256sum)
if [ "$(cat "$out/config.key" 2>/dev/null)" != "$config_key" ]; then
	rm -f "$out/config.key"
	configure || {
		tail -n 20 "$log" >&2
		die "it cannot be configured"
	}
	echo "$config_key" >"$out/config.key"
fi
say "building $names${MUTANT:+ with mutant $MUTANT} ($log)"
# A compiler that is killed leaves part of an object, which make takes for whole:
# what a build that did not end has made is made again, out of ccache.
[ ! -f "$out/building" ] ||
	find "$out" -type f -newer "$out/building" ! -name .config \
		! -name config.key ! -name build.log -delete
touch -d '2 seconds ago' "$out/building" # clocks of files are coarse
# shellcheck disable=SC2086 # a list
kmake -j"$JOBS" ${W:+W="$W"} ${C:+C="$C"} ${TARGETS:-Image} || {
	rm -f "$out/building"
	grep -n -i -m 10 -e 'error' "$log" >&2
	tail -n 20 "$log" >&2
	die "it does not build"
}
rm -f "$out/building"
if [ -n "$TARGETS" ]; then
	echo "$out"
	exit 0
fi
cp "$out/arch/arm64/boot/Image" "$image.part"
cp "$out/.config" "$image.config.part"
mv "$image.config.part" "$image.config"
mv "$image.part" "$image"
echo "$image"

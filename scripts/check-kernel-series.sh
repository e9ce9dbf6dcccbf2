#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Checks the series of patches that are for sending (docs/sending.md).
#
# usage: check-kernel-series.sh wc-heap|zap
#
#   1. git am takes it, on Debian's source, and it comes out the same twice.
#   2. checkpatch --strict finds no error, and nothing else than kpatch/checkpatch
#      has a reason for.
#   3. dma-buf and what it changes in mm build after each patch, with sparse and
#      W=1 and no warning in the files of dma-buf.
#   4. kernel-doc finds nothing in its files.
#   5. SENDER and BASE_COMMIT are asked for where it is to be sent.
# What was checked once with the same patches, fragments and tools is not built
# again. Prints one line for each patch.
# environment: KERNEL (6.12), KBUILD_DIR, JOBS, as for kernel-build.sh
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
scripts=$top/scripts
KERNEL=${KERNEL:-6.12}
KBUILD_DIR=${KBUILD_DIR:-$HOME/.cache/zapbench/kernel}
SERIES=${1:-}
export KERNEL KBUILD_DIR SERIES
case $SERIES in
wc-heap) fragments=wc-heap ;;
zap) fragments='zap kunit' ;;
*)
	echo "usage: check-kernel-series.sh wc-heap|zap" >&2
	exit 2
	;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
out=$work/out
failed=0

fail() {
	echo "FAIL $SERIES: $*"
	failed=1
}

"$scripts/kpatch-series.sh" "$out" || exit 1
"$scripts/kpatch-series.sh" "$work/again" || exit 1
diff -r "$out" "$work/again" || fail "it comes out in two ways"

applies() {
	repo=$work/am
	mkdir "$repo"
	cat "$out"/*.patch | git apply --numstat | cut -f 3 | sort -u |
		sed "s,^,linux-source-$KERNEL/," >"$work/paths"
	# tar fails for those that the series makes.
	tar -C "$repo" --strip-components=1 -I 'xz -T0' -xf \
		"/usr/src/linux-source-$KERNEL.tar.xz" -T "$work/paths" 2>/dev/null
	git -C "$repo" init -q -b series &&
		git -C "$repo" config user.name check &&
		git -C "$repo" config user.email check@zapbench.invalid &&
		git -C "$repo" add -A && git -C "$repo" commit -q -m base &&
		git -C "$repo" am -q "$out"/*.patch
}
applies || fail "git am does not take it"

# The types that the table has a reason for, for one patch.
reasons() {
	awk -F ' *[|] *' -v series="$SERIES" -v patch="$(basename "$1")" '
		/^#/ || NF != 4 || $4 == "" { next }
		$1 == series && index(patch, $2) { print $3 }' "$top/kpatch/checkpatch"
}

# What kernel-build.sh has unpacked; it comes with checkpatch and kernel-doc.
tree=$KBUILD_DIR/$KERNEL/source
[ -f "$tree/scripts/checkpatch.pl" ] ||
	PATCHES=0 TARGETS=scripts "$scripts/kernel-build.sh" "$fragments" >/dev/null ||
	exit 1

for patch in "$out"/*.patch; do
	"$tree/scripts/checkpatch.pl" --strict --no-tree --terse --show-types \
		"$patch" >"$work/found"
	sed -n 's/^.*\(ERROR\|WARNING\|CHECK\):\([A-Z0-9_]*\): .*/\2/p' "$work/found" |
		sort -u >"$work/types"
	reasons "$patch" | sort -u >"$work/allowed"
	grep -q ': ERROR:' "$work/found" && fail "$(basename "$patch"): $(grep ': ERROR:' "$work/found")"
	comm -23 "$work/types" "$work/allowed" | while read -r type; do
		grep ":$type:" "$work/found"
	done >"$work/unexplained"
	[ ! -s "$work/unexplained" ] ||
		fail "checkpatch, and no reason in kpatch/checkpatch: $(cat "$work/unexplained")"
	unneeded=$(comm -13 "$work/types" "$work/allowed")
	[ -z "$unneeded" ] || fail "$(basename "$patch"): kpatch/checkpatch has a reason for $unneeded, which is not found"
done

docs_clean() {
	for file in $(cat "$out"/*.patch | git apply --numstat | cut -f 3 | sort -u | grep '\.[ch]$'); do
		perl "$tree/scripts/kernel-doc" -none "$repo/$file"
	done >"$work/docs" 2>&1
	# mm has warnings of its own.
	! grep -e 'warning' -e 'error' "$work/docs" | grep -v "^$repo/mm/\|^$repo/include/linux/.*mm.h"
}
docs_clean || fail "kernel-doc"

# A series for nobody, and one for no commit.
for left in "SENDER=" "BASE_COMMIT="; do
	if env SEND=yes "SENDER=Ann Example <ann@kernel.example>" \
		"BASE_COMMIT=$(printf '%040d' 0)" "$left" \
		"$scripts/kpatch-series.sh" "$work/again" 2>"$work/log" ||
		! grep -q "fix: ${left}" "$work/log"; then
		fail "SEND=yes with $left is not refused"
	fi
done
env SEND=yes "SENDER=Ann Example <ann@kernel.example>" "BASE_COMMIT=$(printf '%040d' 0)" \
	"$scripts/kpatch-series.sh" "$work/again" || fail "SEND=yes"
grep -r -l 'zapbench.invalid' "$work/again" && fail "SEND=yes leaves a placeholder in"

# A stamp says that these inputs were built.
key=$({
	cat "$out"/*.patch "$0" "$scripts/kernel-build.sh"
	for name in base $fragments; do cat "$top/kpatch/config/$name.config"; done
	aarch64-linux-gnu-gcc --version
	sparse --version
	dpkg-query -W "linux-source-$KERNEL"
} | sha256sum | cut -c1-16)
stamp=$KBUILD_DIR/series-$SERIES-$KERNEL-$key
if [ -f "$stamp" ]; then
	cat "$stamp"
	echo "ok $SERIES: built before with the same inputs"
	exit $failed
fi

# What a build says of the files that the series touches.
touched() {
	cat "$out"/*.patch | git apply --numstat | cut -f 3 | grep '^\(drivers\|include\)/.*\.[ch]$' |
		sed 's,^include/linux/.*mm\.h$,,' | sort -u | grep .
}
# The files of mm that it changes, those of arm64 too, and all of dma-buf.
targets="$(cat "$out"/*.patch | git apply --numstat | cut -f 3 | sort -u |
	sed -n -E 's,^((arch/[a-z0-9]*/)?mm/.*)\.c$,\1.o,p' | tr '\n' ' ')drivers/dma-buf/"
build() {
	# shellcheck disable=SC2086 # a list
	PATCHES=$1 W=1 C=1 TARGETS=$targets "$scripts/kernel-build.sh" $fragments 2>"$work/log"
}
n=0
for patch in "$out"/*.patch; do
	n=$((n + 1))
	name=$(basename "$patch" .patch)
	if ! built=$(build $n); then
		tail -n 20 "$work/log"
		fail "$name does not build"
		continue
	fi
	if touched | grep -F -f - "$built/build.log" | grep -e 'warning' -e 'error'; then
		fail "$name: warnings"
		continue
	fi
	echo "ok $SERIES: builds after $name" | tee -a "$work/stamp"
done
[ $failed -ne 0 ] || cp "$work/stamp" "$stamp"
exit $failed

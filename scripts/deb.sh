#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Make the Debian packages of this tree with the usual tools. scripts/debian/ has their files. make deb calls it.
# Arguments: the folder for the packages, the version, the man page with its lists.
# environment: DEB_HOST_ARCH   amd64, arm64, armhf (this machine's): another one is cross-built, in a Debian of its own
#              that mmdebstrap makes. zapbench-dkms is for all architectures and comes with this machine's.
set -eu

if [ $# -ne 3 ]; then
	echo "usage: scripts/deb.sh DIR VERSION PAGE" >&2
	exit 2
fi
top=$(cd "$(dirname "$0")/.." && pwd)
version=$2
page=$(realpath "$3")
die()
{
	echo "deb: $*" >&2
	exit 1
}
command -v dpkg-buildpackage >/dev/null || die "there is no dpkg-buildpackage; fix: make deps deb"
machine=$(dpkg --print-architecture)
arch=${DEB_HOST_ARCH:-$machine}
unset DEB_HOST_ARCH
case $arch in
amd64 | arm64 | armhf) ;;
*) echo "deb: DEB_HOST_ARCH=$arch: expected amd64, arm64 or armhf" >&2 && exit 2 ;;
esac
git -C "$top" rev-parse --verify -q HEAD >/dev/null || die "$top is not a git repository; fix: git clone, then make deb"

# The files of the tree as they are, without those that a build made and the committed report.
mkdir -p "$1"
dir=$(cd "$1" && pwd)
tree=$dir/zapbench-$version
rm -rf "$tree"
mkdir "$tree"
(cd "$top" && git ls-files -z -- ':!report/example' | tar -c --null -T - -f "$tree.tar") ||
	die "a file of the repository is not there"
tar -x -C "$tree" -f "$tree.tar"
rm "$tree.tar"
cp -R "$tree/scripts/debian" "$tree/debian"
cp "$page" "$tree/debian/zapbench.1"
git -C "$top" describe --always --dirty --abbrev=12 --exclude='*' >"$tree/debian/commit"
# The same commit gives the same bytes.
SOURCE_DATE_EPOCH=$(git -C "$top" log -1 --format=%ct)
export SOURCE_DATE_EPOCH
maintainer=$(sed -n '0,/^Maintainer: /s/^Maintainer: //p' "$tree/debian/control")
cat >"$tree/debian/changelog" <<END
zapbench ($version) unstable; urgency=medium

  * This version of zapbench. CHANGELOG.md says what is new.

 -- $maintainer  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")
END

# What a package is built with is not what make was called with.
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES O CC CFLAGS CROSS_COMPILE SYSROOT ARCH KDIR
if [ "$arch" = "$machine" ]; then
	(cd "$tree" && dpkg-buildpackage -us -uc >"$dir/log.$arch" 2>&1) || {
		grep -E -m 5 'rror|unmet|nmet' "$dir/log.$arch" >&2
		die "dpkg-buildpackage failed; $dir/log.$arch has all messages; fix: make deps deb, if packages are missing"
	}
else
	command -v mmdebstrap >/dev/null || die "there is no mmdebstrap; fix: apt-get install mmdebstrap"
	mode=root
	[ "$(id -u)" -eq 0 ] || mode=unshare
	# Of Build-Depends the libraries and pkg-config for the other architecture, the tools for this one.
	needed=$(sed -n '/^Build-Depends:/,/^Standards/p' "$tree/debian/control" | tr -s ', \n' '\n' |
		sed -nE "s/^(.*-dev|pkg-config)\$/&:$arch/p; s/^dh-sequence-dkms\$/dh-dkms/p" | tr '\n' ,)
	# The suite's main part alone: both architectures have the same versions there.
	# shellcheck disable=SC2016 # the words of mmdebstrap's hooks
	mmdebstrap --mode=$mode --variant=minbase --architectures="$machine,$arch" --format=null \
		--include="${needed}build-essential,crossbuild-essential-$arch,debhelper,libc6-dev:$arch" \
		--dpkgopt=force-unsafe-io \
		--customize-hook='mkdir "$1/build"' --customize-hook="copy-in '$tree' /build" \
		--customize-hook='chroot "$1" sh -ec "cd /build/zapbench-'"$version && export \
			SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH && dpkg-buildpackage -us -uc -B -a $arch"' && \
			rm -r /build/zapbench-'"$version"'"' \
		--customize-hook="sync-out /build '$dir'" \
		bookworm - "deb http://deb.debian.org/debian bookworm main" >"$dir/log.$arch" 2>&1 || {
		grep -E -m 5 '^E:|rror' "$dir/log.$arch" >&2
		die "cannot cross-build for $arch; $dir/log.$arch has all messages"
	}
fi
rm -rf "$tree"
# A folder of cross-built packages alone has none for all architectures.
find "$dir" -maxdepth 1 \( -name "*_${version}_$arch.deb" -o -name "*_${version}_all.deb" \) | sort

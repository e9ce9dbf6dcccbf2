#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian packages of amd64, arm64 and armhf: lintian is content; installed in a clean Debian they measure, and the
# modules build with DKMS for Debian's own kernels of each architecture; QEMU loads them in one kernel of each, where
# the program of the package measures with them; removed, they leave nothing. All but amd64 is cross-built.
# Called by make check-deb, which has built the rest.
# Arguments: the version, the man page with its lists, the folder for stock kernels.
# environment: TMPDIR has room for 3 GB
# shellcheck disable=SC2317 # functions are called through ok()
set -u
SRC=$(cd "$(dirname "$0")/.." && pwd)
: "${O:=$SRC/build}"
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
version=$1
page=$2
cache=$3
scripts=$SRC/scripts
root=$T/root
debs=$T/deb

[ "$(id -u)" -eq 0 ] || cannot "the packages" "only root can mount; fix: sudo make check-deb"
[ "$(dpkg --print-architecture)" = amd64 ] || cannot "the packages" "the test is for an amd64 machine"

build() { DEB_HOST_ARCH=$1 "$scripts/deb.sh" "$debs" "$version" "$page"; }
# contains PACKAGE PATH...
contains()
{
	dpkg-deb --fsys-tarfile "$1" | tar -t >"$T/contents"
	shift
	says "$T/contents" "$@"
}
# clean ARCH: lintian finds no error, no warning, no hint
clean()
{
	lintian -i -I -E --allow-root --fail-on error,warning,info "$debs"/*_"$1".changes >"$T/out" 2>&1 && return 0
	sed 's/^/# /' "$T/out"
	return 1
}
# No path of this machine must come in there.
inside() { chroot "$root" env -u TMPDIR LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
# As a user has it: a repository, which apt reads.
repository() { (cd "$debs" && dpkg-scanpackages -m . >Packages 2>/dev/null); }
# A Debian with the packages, the compilers for kernels of other architectures, and the library of kbuild's objtool.
clean_debian()
{
	mmdebstrap --quiet --variant=minbase --dpkgopt=force-unsafe-io \
		--include="zapbench,zapbench-dkms,gnuplot-nox,systemd-standalone-sysusers,gcc-aarch64-linux-gnu" \
		--include=gcc-arm-linux-gnueabihf,libelf1 \
		--setup-hook="mkdir -p \"\$1$debs\" && cp '$debs'/* \"\$1$debs\"" \
		bookworm "$root" "deb http://deb.debian.org/debian bookworm main" \
		"deb http://deb.debian.org/debian-security bookworm-security main" "deb [trusted=yes] copy:$debs ./"
}
# What the packages leave behind when they are purged.
left()
{
	find "$root/etc" "$root/lib" "$root/usr" "$root/var/lib" -xdev -name '*zap[b_-]*' ! -path '*/apt/*' 2>/dev/null |
		sed "s,^$root,# left: ," | grep .
}
# for_kernel KERNEL: what differs; sets $arch, $machine, $karch, $tools, $sysroot and $busybox
for_kernel()
{
	case $1 in *-*) arch=${1#*-} ;; *) arch=arm64 ;; esac
	sysroot=$cache/sysroot-$arch busybox=$cache/sysroot-$arch/bin/busybox
	case $arch in
	arm64) machine=aarch64 karch=arm64 tools=aarch64-linux-gnu- ;;
	armhf) machine=armv7l karch=arm tools=arm-linux-gnueabihf- ;;
	amd64) machine=x86_64 karch=x86_64 tools='' sysroot=/ busybox=$cache/stock-6.12-amd64/bin/busybox ;;
	esac
}
# dkms MACHINE RELEASE: build and install the modules for that kernel
dkms()
{
	inside env ARCH="$karch" ${tools:+CROSS_COMPILE="$tools"} dkms install -m zapbench -v "$version" -k "$2" -a "$1"
}
# loads KERNEL: the program of the package, and the modules of DKMS, in the kernel that they are for
loads()
{
	stock=$cache/stock-$1
	guest=$T/guest-$arch
	[ "$arch" = amd64 ] || "$scripts/sysroot.sh" "$sysroot" "$arch" || return 1
	dpkg-deb -x "$debs/zapbench_${version}_$arch.deb" "$T/$arch" &&
		"$scripts/target-root.sh" "$T/$arch/usr/bin/zapbench" "$sysroot" "$guest" &&
		cp "$busybox" "$guest/bin/busybox" && mkdir -p "$guest/lib/zap" || return 1
	for name in sh insmod rmmod grep cat sed id uname mount; do
		ln -s busybox "$guest/bin/$name"
	done
	cp "$scripts/test/fixtures/stock-guest.sh" "$guest/bin/stock"
	cp "$scripts/bench-module.sh" "$guest/bin/bench-module"
	cp "$root/lib/modules/$(cat "$stock/release")"/updates/dkms/*.ko "$guest/lib/zap/" &&
		"$scripts/guest.sh" --arch "$arch" --kernel "$stock/vmlinuz" --root "$guest" --append zapbench.emulated=0 \
			--timeout 300 --out "$T/$arch.json" -- stock measure refault --set size=256K --budget 0.2
}

ok "make deb makes the packages of this machine" exits 0 build amd64
ok "lintian has nothing to say" clean amd64
for arch in arm64 armhf; do
	ok "DEB_HOST_ARCH=$arch cross-builds" exits 0 build $arch
	ok "lintian has nothing to say of that" clean $arch
done
for arch in amd64 arm64 armhf; do
	ok "$arch: program, man pages, completion, timer" contains "$debs/zapbench_${version}_$arch.deb" \
		./usr/bin/zapbench ./usr/bin/zapbench-nightly ./usr/share/man/man1/zapbench.1.gz \
		./usr/share/man/man1/zapbench-nightly.1.gz ./usr/share/bash-completion/completions/zapbench \
		./lib/systemd/system/zapbench-nightly.timer
	dpkg-deb --fsys-tarfile "$debs/zapbench_${version}_$arch.deb" |
		tar -xO ./usr/share/man/man1/zapbench.1.gz | gzip -dc >"$T/page"
	ok "$arch: the man page has the lists of the program" says "$T/page" ".It Cm refault"
done
ok "an unknown architecture is a wrong use" errs 2 "expected amd64, arm64 or armhf" -- build riscv64

repository
ok "apt installs both in a clean Debian" exits 0 clean_debian
mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev"
trap 'umount -R "$root/proc" "$root/dev" "$root$cache"/stock-* 2>/dev/null
	rm -rf --one-file-system "$T"' EXIT
ok "the user of the timer is there" says "$root/etc/passwd" "zapbench:"
ok "the timer is not enabled" no ls "$root"/etc/systemd/system/*/zapbench-nightly.timer
ok "autopkgtest" exits 0 env -u TMPDIR autopkgtest -B "$debs/zapbench_${version}.dsc" -- chroot "$root"
grep -E 'PASS|FAIL|SKIP' "$T/out" "$T/err" | sed 's/^/# /'
ok "the program has this version" prints 0 "$version" -- inside zapbench --version

ok "DKMS knows the modules" prints 0 "zapbench/$version" -- inside dkms status
for kernel in 6.12 6.1 6.12-amd64 6.1-amd64 6.1-armhf; do
	for_kernel "$kernel"
	stock=$cache/stock-$kernel
	ok "$kernel: Debian's packages are unpacked" exits 0 "$scripts/stock-kernel.sh" "${kernel%-*}" "$stock" "$arch"
	release=$(cat "$stock/release")
	# The Makefile of the headers names the common ones by their path here.
	mkdir -p "$root$stock" "$root/lib/modules/$release"
	mount --bind "$stock" "$root$stock"
	ln -sfn "$stock/headers" "$root/lib/modules/$release/build"
	ok "$kernel: DKMS builds and installs the modules" exits 0 dkms "$machine" "$release"
	ok "$kernel: and says so" prints 0 "$release, $machine: installed" -- inside dkms status
done
mkdir -p "$root/lib/modules/6.1.0-0-riscv64/build/include"
ok "DKMS leaves out a kernel of another architecture" errs 77 "BUILD_EXCLUSIVE" -- dkms riscv64 6.1.0-0-riscv64
ln -s "$(cat "$cache/stock-6.12/release")" "$root/lib/modules/6.12.0-0-armmp"
ok "and one that 32-bit Arm does not have" errs 77 "BUILD_EXCLUSIVE" -- dkms armv7l 6.12.0-0-armmp

for kernel in 6.12 6.12-amd64 6.1-armhf; do
	for_kernel "$kernel"
	ok "$kernel loads the modules, and the program of $arch measures with them" exits 0 loads "$kernel"
	ok "the record says that modules were measured" is "$(record "$T/$arch.json" get run.zap_heaps)" "module, shim 1"
done

ok "both are removed" exits 0 inside apt-get purge -y zapbench zapbench-dkms
ok "and leave nothing" no left
tap_end
status=$?
echo "$((tap_count - tap_failed)) passed, $tap_failed failed, 0 skipped"
exit $status

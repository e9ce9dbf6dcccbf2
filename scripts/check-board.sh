#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# From a stock board to an answer, as docs/module.md has it: an arm64 Debian with its own kernel 6.12 boots in QEMU,
# installs both packages, builds the modules there, measures without and with them, reports, and removes all of it.
# Called by make check-board, which has built the rest. Arguments: the version, the man page with its lists, the folder
# for kernels and for that Debian. The transcript is kept in $O/board.txt.
# environment: TMPDIR has room for 4 GB
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
stock=$cache/stock-6.12
debian=$cache/board-arm64
transcript=$O/board.txt

what="a board with the packages"
[ "$(id -u)" -eq 0 ] || cannot "$what" "only root can unpack a Debian; fix: sudo make check-board"
[ "$(dpkg --print-architecture)" = amd64 ] || cannot "$what" "the test is for an amd64 machine"
[ -e "$debian/release" ] || grep -qs '^enabled' /proc/sys/fs/binfmt_misc/qemu-aarch64 ||
	cannot "$what" "no arm64 program runs here; fix: make deps check-board; where systemd does not run: $(
		)apt-get install binfmt-support, then update-binfmts --enable qemu-aarch64"

packages()
{
	DEB_HOST_ARCH=arm64 "$scripts/deb.sh" "$T/deb" "$version" "$page" && "$scripts/deb.sh" "$T/deb" "$version" "$page"
}
# A Debian with what the packages need, for the kernel that boots; it gets its name when it is complete.
debian()
{
	release=$(cat "$stock/release") || return 1
	[ "$(cat "$debian/release" 2>/dev/null)" != "$release" ] || return 0
	rm -rf "$debian" "$debian.new"
	# The headers bring a kernel. Its initramfs, which nobody boots, would take most of the time.
	INITRD=No mmdebstrap --quiet --arch=arm64 --variant=minbase --dpkgopt=force-unsafe-io \
		--aptopt='Acquire::Languages "none"' \
		--include="dkms,gcc,make,libc6-dev,patch,kmod,linux-headers-$release,gnuplot-nox" \
		--include=libpfm4,libhwloc15,libjansson4,libgsl27,zlib1g,libsqlite3-0,systemd-standalone-sysusers \
		bookworm "$debian.new" "deb http://deb.debian.org/debian bookworm main" \
		"deb http://deb.debian.org/debian-security bookworm-security main" || return 1
	rm -rf "$debian.new"/var/cache/apt/* "$debian.new"/usr/share/doc/* "$debian.new"/usr/share/locale/*
	echo "$release" >"$debian.new/release"
	mv "$debian.new" "$debian"
}
# boot: all of that Debian is the guest's memory
boot()
{
	cp -a "$debian" "$T/root" && mkdir "$T/root/debs" &&
		cp "$T/deb/zapbench_${version}_arm64.deb" "$T/deb/zapbench-dkms_${version}_all.deb" "$T/root/debs/" &&
		SMP=2 MEM=4096 "$scripts/guest.sh" --kernel "$stock/vmlinuz" --root "$T/root" --append zapbench.emulated=0 \
			--add "$scripts/test/fixtures/board-guest.sh:/bin/board" --timeout 3600 -- board \
			>"$transcript" && return 0
	tail -n 40 "$transcript" | sed 's/^/# /'
	return 1
}

end()
{
	tap_end
	status=$?
	echo "$((tap_count - tap_failed)) passed, $tap_failed failed, 0 skipped"
	exit $status
}

ok "make deb makes the packages" exits 0 packages
ok "Debian's own kernel is unpacked" exits 0 "$scripts/stock-kernel.sh" 6.12 "$stock"
ok "an arm64 Debian" exits 0 debian
# The rest is about what that Debian does.
[ "$tap_failed" -eq 0 ] || end
ok "it boots, and every command of the guide ends with the status that it should" boot
ok "DKMS built the modules for its kernel" says "$transcript" \
	"zapbench/$version, $(cat "$stock/release"), aarch64: installed"
ok "without the modules the answer is no recommendation" says "$transcript" "No recommendation: a run on udmabuf"
# The times of a guest may be too noisy for one.
ok "but a break-even, or that the run tells none" grep -qE "(Break-even|Inconclusive) for" "$transcript"
ok "with them the policies are compared" is "$(grep '^finding: ' "$transcript" | grep -vc "No recommendation")" 1
ok "identify tells what a device changes" says "$transcript" "page table           write-combined"
ok "the report is written" says "$transcript" "report/report.html"
ok "nothing is left" says "$transcript" "left behind: 0 files; modules loaded: 0"
end

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The nightly service and its timer under a live systemd: a Debian 12 with its stock kernel and what make install
# installs boots in QEMU. scripts/test/fixtures/systemd-guest.sh starts, kills and stops the service there, cuts the
# power, and looks again after the next boot. Called by make check-systemd, which has built the program.
# Argument: a folder for the packages of Debian, unpacked; it is filled once.
# environment: TMPDIR has room for 2 GB
# shellcheck disable=SC2317 # functions are called through ok()
set -u
SRC=$(cd "$(dirname "$0")/.." && pwd)
: "${O:=$SRC/build}"
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
cache=${1:-}
[ -n "$cache" ] || { echo "usage: scripts/check-systemd.sh DIR" >&2 && exit 2; }
timeout=${SYSTEMD_TIMEOUT:-1800}
packages=systemd-sysv,udev,linux-image-6.12-cloud-amd64,initramfs-tools,util-linux-extra,procps,gnuplot-nox
packages=$packages,libpfm4,libhwloc15,libjansson4,libgsl27,zlib1g,libsqlite3-0

what="the nightly service under systemd"
[ "$(id -u)" -eq 0 ] || cannot "$what" "only root can unpack a Debian; fix: sudo make check-systemd"
[ "$(dpkg --print-architecture)" = amd64 ] || cannot "$what" "the test is for an amd64 machine"
[ "$sanitized" = no ] || cannot "$what" "the guest has no sanitizers"

# debian: fills $cache, which gets its name when it is complete
debian()
{
	[ "$(cat "$cache/packages" 2>/dev/null)" != "$packages" ] || return 0
	rm -rf "$cache.new"
	mkdir -p "$cache.new"
	mmdebstrap --quiet --variant=minbase --dpkgopt=force-unsafe-io --include="$packages" bookworm "$cache.new/root" \
		"deb http://deb.debian.org/debian bookworm main" \
		"deb http://deb.debian.org/debian-security bookworm-security main" || return 1
	echo "$packages" >"$cache.new/packages"
	rm -rf "$cache"
	mv "$cache.new" "$cache"
}

# image: a disk with that Debian, the program, and the guest's part of this test
image()
{
	cp -a "$cache/root" "$T/root" &&
		env -u MAKEFLAGS make -s -C "$SRC" install O="$O" DESTDIR="$T/root" PREFIX=/usr/local || return 1
	echo zapbench >"$T/root/etc/hostname"
	install -D -m 755 "$SRC/scripts/test/fixtures/systemd-guest.sh" "$T/root/opt/check/systemd-guest.sh"
	install -D -m 644 "$SRC/scripts/tap.sh" "$T/root/opt/check/scripts/tap.sh"
	printf '[Service]\nExecStart=/opt/check/systemd-guest.sh\n' >"$T/root/etc/systemd/system/check.service"
	mkdir -p "$T/root/etc/systemd/system/multi-user.target.wants"
	ln -s ../check.service "$T/root/etc/systemd/system/multi-user.target.wants/"
	truncate -s 2G "$T/disk" && mke2fs -q -F -t ext4 -d "$T/root" "$T/disk"
}

# boot: until the guest switches itself off; what it says is in $T/said, its console in $T/console. One machine for both
# boots: its clock goes on. The kernel gives up at boot if a busy host makes its timer late: no_timer_check.
boot()
{
	timeout "$timeout" qemu-system-x86_64 -accel tcg -m 1024 -smp 2 -nic none -display none -vga none \
		-kernel "$T/root/vmlinuz" -initrd "$T/root/initrd.img" \
		-append "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=no zapbench.emulated=0 no_timer_check" \
		-drive "file=$T/disk,format=raw,if=virtio,cache=unsafe" \
		-serial "file:$T/console" -serial "file:$T/said" </dev/null >"$T/qemu" 2>&1 && return 0
	echo "# QEMU ended with status $?; the console ends with:"
	tail -n 20 "$T/qemu" "$T/console" | tr -d '\r' | sed 's/^/# /'
	return 1
}

ok "a Debian with systemd" exits 0 debian
ok "a disk with it and with what make install installs" exits 0 image
ok "it boots, and switches itself off" boot
tr -d '\r' <"$T/said" >"$T/lines"
while IFS= read -r line; do
	case $line in
	"ok "*" # SKIP "*) skip "$(echo "$line" | sed 's/^ok [0-9]* - //; s/ # SKIP .*//')" "${line##*# SKIP }" ;;
	"ok "*) ok "${line#*- }" true ;;
	"not ok "*) ok "${line#*- }" false ;;
	*) echo "$line" ;;
	esac
done <"$T/lines"
ok "both boots were looked at" is "$(grep -c '^1\.\.' "$T/lines")" 2
tap_end
status=$?
skipped=$(grep -c '# SKIP' "$T/lines")
echo "$((tap_count - tap_failed - skipped)) passed, $tap_failed failed, $skipped skipped"
exit $status

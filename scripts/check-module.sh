#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is promised of the modules, on Debian's own kernels in QEMU: they build against the headers of the package, pass
# the kselftests, measure every case, and leave nothing behind when they are unloaded.
# Called by make check-module, which has built the rest. Arguments: the arm64 program, its sysroot, the folder for the
# kernels, the kernels: 6.12 and 6.1 are for arm64, 6.12-amd64 is for that machine, with fewer boots,
# and 6.1-armhf and 6.12-16k (arm64 with 16K pages) for those.
# shellcheck disable=SC2317 # functions are called through ok()
set -u
SRC=$(cd "$(dirname "$0")/.." && pwd)
: "${O:=$SRC/build}"
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
arm64_program=$1
arm64_sysroot=$2
cache=$3
shift 3
scripts=$SRC/scripts
fixtures=$scripts/test/fixtures

# The selftests with the harness of the kernel's source package; a stock kernel's headers lack the flags of the heaps.
tests=$cache/kselftest
kselftest_sources()
{
	[ ! -e "$tests/dmabuf-heaps/dmabuf-heap.c" ] || return 0
	rm -rf "$tests.new"
	mkdir -p "$tests.new" || return 1
	tar -C "$tests.new" --strip-components=4 -I 'xz -T0' -xf /usr/src/linux-source-6.12.tar.xz \
		linux-source-6.12/tools/testing/selftests/kselftest.h \
		linux-source-6.12/tools/testing/selftests/kselftest_harness.h \
		linux-source-6.12/tools/testing/selftests/dmabuf-heaps/dmabuf-heap.c &&
		rm -rf "$tests" && mv "$tests.new" "$tests"
}
# The harness casts pointers to 64 bits.
build_tests()
{
	mkdir -p "$T/selftests/zap-heap" "$T/$arch/bin" &&
		cp "$tests"/*.h "$T/selftests" &&
		cp "$SRC"/kpatch/src/tools/testing/selftests/zap-heap/*.[ch] "$T/selftests/zap-heap" &&
		"${tools}gcc" -Wall -Werror -Wno-pointer-to-int-cast -O2 -static -pthread \
			-isystem "$SRC/kpatch/src/include/uapi" \
			-DDMA_HEAP_FLAG_ZAP_EAGER=1ULL -DDMA_HEAP_FLAG_ZAP_LAZY=2ULL \
			-o "$T/$arch/bin/zap_heap_test" "$T/selftests/zap-heap/zap_heap_test.c"
}
build_module() { KDIR=$stock/headers ARCH=$karch CROSS_COMPILE=$tools "$scripts/module.sh" "$T/module"; }
# A client of known doings. Programs that use dma-bufs: of Debian, whose libraries are in a sysroot of their own, and
# the kernel's own test of heaps. Their guest is another one, so that the others stay small.
build_player()
{
	"${tools}gcc" -Wall -Werror -O2 -static -pthread -D_GNU_SOURCE -o "$T/$arch/bin/player" "$SRC/bench/test/player.c"
}
programs=$cache/programs-arm64
add_programs()
{
	"$scripts/sysroot.sh" "$programs" arm64 \
		"v4l-utils,strace,linux-perf$(printf ',gstreamer1.0-%s' tools plugins-base plugins-good plugins-bad)" ||
		return 1
	rm -rf "$T/observed"
	cp -a "$T/$arch" "$T/observed" && mkdir -p "$T/observed/lib/gst" || return 1
	"${tools}gcc" -O2 -static -o "$T/observed/bin/dmabuf-heap" "$tests/dmabuf-heaps/dmabuf-heap.c" || return 1
	for name in v4l2-ctl strace perf gst-launch-1.0; do
		cp "$programs/usr/bin/$name" "$T/observed/bin/" || return 1
	done
	for name in coreelements video4linux2 videoconvertscale kms; do
		cp "$programs/usr/lib/aarch64-linux-gnu/gstreamer-1.0/libgst$name.so" "$T/observed/lib/gst/" || return 1
	done
	rm -f "$T/observed/lib/ld-linux-aarch64.so.1"
	"$scripts/target-root.sh" "$program" "$programs" "$T/observed" "$T/observed/bin/v4l2-ctl" \
		"$T/observed/bin/strace" "$T/observed/bin/perf" "$T/observed/bin/gst-launch-1.0" "$T"/observed/lib/gst/*.so
}
# guest [OPTION...] -- DUTY: a boot of the stock kernel
guest()
{
	"$scripts/guest.sh" --arch "$arch" --kernel "$stock/vmlinuz" --root "$T/$arch" --timeout 300 "$@"
}
smp_guest() { SMP=2 guest "$@"; }
# The same with two cards in /dev/dri, and with times.
drm_guest() { smp_guest --timeout 400 --device virtio-gpu-pci --append zapbench.emulated=0 "$@"; }
# Times of an emulator mean nothing: faults, bytes and PTEs are what is looked at, with one sample of each.
measure()
{
	# shellcheck disable=SC2086 # words
	smp_guest --append zapbench.emulated=0 --timeout 400 --out "$record" -- stock measure $measured $values \
		--events "$event" --budget 0.2
}
holds() { "$python" "$fixtures/emulated.py" "$@"; }

# What identify said of the page tables of four heaps, in $T/out.
identified()
{
	awk '/^[a-z].*, 256K$/ { heap = $1; sub(",", "", heap) }
		/^    page table/ { sub(",", "", $3); types[heap] = types[heap] " " $3 }
		END {
			split("zap-eager-page zap-lazy-page zap-cached zap-uncached", names, " ")
			for (i = 1; i <= 4; i++)
				print names[i] types[names[i]]
		}' "$T/out"
}

# By name: no profile has all cases.
cases=$("$ZAPBENCH" list | sed -n '/^cases/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')
# Some take too long in QEMU's 32-bit Arm.
armhf_cases="barrier frame refault zap"
armhf_few="--set size=256K --set maps=1 --set touched=1 --set timing=batch"
few="--set size=256K --set transfer=read --set isa=scalar --set order=sequential --set stride=1 --set maps=1"
few="$few --set touched=1 --set offset=0 --set timing=batch"

# for_arch ARCH: what differs; sets $program, $sysroot, $busybox, $event, $tools and $karch
for_arch()
{
	arch=$1
	unset QEMU_CPU
	case $arch in
	arm64 | 16k) arch=arm64 program=$arm64_program sysroot=$arm64_sysroot tools=aarch64-linux-gnu- karch=arm64
		busybox=$sysroot/bin/busybox event=cycles
		# The CPU of most boots has no such pages.
		[ "$1" != 16k ] || export QEMU_CPU=cortex-a76 ;;
	armhf) program=$O/armhf/zapbench sysroot=$cache/sysroot-armhf tools=arm-linux-gnueabihf- karch=arm
		busybox=$sysroot/bin/busybox event=page-faults ;;
	# QEMU emulates no PMU there.
	amd64) program=$ZAPBENCH sysroot=/ tools=x86_64-linux-gnu- karch=x86_64 busybox=$stock/bin/busybox
		event=page-faults ;;
	esac
}

# The guest's files, once for an architecture.
make_root()
{
	[ ! -e "$T/$arch" ] || return 0
	ok "$arch: the kselftests build" exits 0 build_tests
	[ "$arch" != arm64 ] || ok "so does the client that observe watches" exits 0 build_player
	"$scripts/target-root.sh" "$program" "$sysroot" "$T/$arch"
	cp "$busybox" "$T/$arch/bin/"
	for name in sh insmod rmmod grep awk wc cat sed id uname mount umount dmesg basename cut tr sleep kill chown chmod \
		cp mkdir start-stop-daemon; do
		ln -s busybox "$T/$arch/bin/$name"
	done
	cp "$fixtures/stock-guest.sh" "$T/$arch/bin/stock"
	cp "$scripts/bench-module.sh" "$T/$arch/bin/bench-module"
	mkdir -p "$T/$arch/lib/zap" "$T/$arch/lib/wrong" "$T/$arch/lib/stock" "$T/$arch/etc"
	echo video:x:44: >"$T/$arch/etc/group"
	echo user:x:1000:1000::/:/bin/sh >"$T/$arch/etc/passwd"
}

# The boots that only arm64 has: each way in which a kernel can refuse, what identify says, and DRM.
more_boots()
{
	ok "$kernel: what is open is not unloaded" exits 0 guest -- stock all open
	ok "$kernel: enforced signatures are told" exits 0 guest --append module.sig_enforce=1 -- \
		stock refuses module.sig_enforce
	ok "$kernel: lockdown is told" exits 0 guest --append lockdown=integrity -- stock refuses "locked down"
	ok "$kernel: identify tells what each heap gives" prints 0 "a byte lost          untested: the emulator" -- \
		guest -- stock identify
	# As allocated, and after a device has mapped the buffer.
	ok "$kernel: as its page tables have it" is "$(identified)" "zap-eager-page cached write-combined
zap-lazy-page cached write-combined
zap-cached cached cached
zap-uncached write-combined write-combined"
	ok "$kernel: and no time of an emulator" lacks "$T/out" " us," " ns " "MB/s"
	ok "$kernel: dumb buffers, and a DRM driver that maps buffers of every source" exits 0 \
		drm_guest --out "$record" -- stock drm
	ok "$kernel: both drivers are in the record" is "$(record "$record" field source /drm:)" "drm:vgem drm:virtio_gpu"
	udmabuf="udmabuf "
	[ "$kernel" != 6.1 ] || udmabuf=
	ok "$kernel: a DRM driver mapped these" is "$(record "$record" field source device=drm)" \
		"drm:virtio_gpu ${udmabuf}zap-heap"
	for what in valid bytes_right; do
		ok "$kernel: and no configuration is wrong: $what" holds $what "$record"
	done
	ok "$kernel: identify tells what dumb buffers and capture buffers give" prints 0 "drm:vgem, 256K" \
		"page table           write-combined, entries of 4K" "v4l2:video0, 4M" -- \
		guest --device virtio-gpu-pci -- stock devices
	ok "$kernel: and no time of an emulator" lacks "$T/out" " us," " ns " "MB/s"
	ok "$kernel: a card that is unplugged in the middle of a run" \
		prints 0 "samples are missing; the last one, of" -- drm_guest -- stock unplugged
	ok "$kernel: observe sees what a client of known doings does, and no time of an emulator" prints 0 \
		"all is as the client does it" -- smp_guest -- stock observe
	ok "$kernel: programs that use dma-bufs" exits 0 add_programs
	# A screen as small as the smallest picture of the camera.
	ok "$kernel: observe sees what they do, faults and SYNC, too, as strace and perf do" prints 0 \
		"strace: 10 DQBUF, 0 SYNC, 4 mmap; observed: 4 mmap" \
		"dmabuf-heap: 16960 faults, 260 SYNC, 129 mmap; perf: 16960 faults, 260 SYNC" \
		"strace: 260 SYNC, 129 mmap" "gst-launch-1.0: 114 faults, 4 SYNC, 2 mmap; perf: 114 faults, 4 SYNC" -- \
		smp_guest --device virtio-gpu-pci,edid=off,xres=320,yres=180 --root "$T/observed" --timeout 900 -- \
		stock all observe_programs observe_faults
}

ok "the sources of the kselftests are there" exits 0 kselftest_sources
for kernel; do
	stock=$cache/stock-$kernel
	record=$T/$kernel.json
	case $kernel in *-*) for=${kernel#*-} ;; *) for=arm64 ;; esac
	for_arch "$for"
	if [ "$arch" = amd64 ] && [ "$(dpkg --print-architecture)" != amd64 ]; then
		skip "$kernel" "its program and guest are those of an amd64 machine"
		continue
	fi
	ok "$kernel: Debian's packages are unpacked" exits 0 "$scripts/stock-kernel.sh" "${kernel%%-*}" "$stock" "$for"
	echo "# $(cat "$stock/release")"
	make_root
	ok "$kernel: make module builds both" exits 0 build_module
	ok "$kernel: for this kernel alone" says "$T/module/module/zap_heap.ko" "vermagic=$(cat "$stock/release") "
	cp "$T"/module/module/*.ko "$T/$arch/lib/zap/"
	# Those of a kernel that is built in another way.
	for name in zap_heap zap_bench; do
		LC_ALL=C sed '/vermagic=/s/ SMP / UMP /' "$T/module/module/$name.ko" >"$T/$arch/lib/wrong/$name.ko"
	done
	rm -f "$T/$arch/lib/stock/"*
	find "$stock/modules" -name '*.ko' -exec cp {} "$T/$arch/lib/stock/" \; 2>/dev/null
	ok "$kernel: 20 times loaded and unloaded; refused: the importer alone, both twice, those of another kernel" \
		prints 0 "20 cycles" "fix: make module for this kernel" -- guest -- stock all cycles alone twice loaded wrong
	[ "$for" != arm64 ] || more_boots
	if [ "$arch" = amd64 ]; then
		ok "$kernel: the linear mapping becomes write-combined, too, and cached again" \
			prints 0 "linear mapping: " -- guest -- stock linear
		grep '^linear' "$T/out" | sed 's/^/# /'
		ok "$kernel: a DRM driver whose device snoops: cached is measured, and nothing that zaps" exits 0 \
			smp_guest --append zapbench.emulated=0 --timeout 400 -- stock snooping
		ok "$kernel: a machine without PAT is told" exits 0 guest --append nopat -- stock nopat
	fi
	[ "$arch" != armhf ] || ok "$kernel: a kernel without transparent huge pages is told" exits 0 \
		guest --append zapbench.emulated=0 -- stock nothp
	ok "$kernel: kselftests" prints 0 "fail:0" -- guest -- stock kselftests
	grep '^# Totals' "$T/out" || tail -n 20 "$T/out"
	measured=$cases values=$few
	[ "$arch" != armhf ] || measured=$armhf_cases values=$armhf_few
	ok "$kernel: $(echo "$measured" | wc -w) cases run" exits 0 measure
	ok "$kernel: all of them are in the record" is "$(record "$record" field case)" \
		"$(echo "$measured" | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/ $//')"
	policies="bounce cached eager lazy prefault uncached user"
	[ "$arch" != armhf ] || policies="cached eager lazy" # of its cases
	ok "$kernel: and all policies but refuse that they have" is "$(record "$record" field policy /zap-heap/)" "$policies"
	ok "$kernel: and all granularities but huge" is "$(record "$record" field granularity)" \
		"around buffer none page"
	ok "$kernel: it says that modules were measured" is "$(record "$record" get run.zap_heaps)" "module, shim 1"
	for what in valid bytes_right attributes huge; do
		ok "$kernel: no configuration is wrong: $what" holds $what "$record"
	done
done
tap_end
status=$?
echo "$((tap_count - tap_failed)) passed, $tap_failed failed, 0 skipped"
exit $status

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench identify on the memory that every machine has. test_identity.c has the rules; make check-module has the
# heaps.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
small="--size 256K"

# shellcheck disable=SC2086 # words
identify() { "$ZAPBENCH" identify $small "$@"; }
ok "memfd is identified" prints 0 "memfd, 256K" "memory type" "page table" "page faults          one page per fault" \
	"SYNC                 none: not a dma-buf" "a byte lost          untested" -- identify memfd
[ -e /dev/zap-bench ] || ok "what would tell more is named once, with its fix" \
	is "$(grep -c "^/dev/zap-bench is missing; fix: " "$T/out")" 1
ok "the table says which machine it is of" says "$T/out" "$(uname -r)" "$(uname -m)"
ok "no bracket of an unfinished figure" lacks "$T/out" nan inf
ok "without a name all that is here is identified" prints 0 "memfd, 256K" -- identify
machine="l3:1(size=2097152) l1d:1(size=32768) core:1 pu:$(nproc --all)"
ok "it says whether its rates are of a cache, as hwloc tells the caches" prints 0 \
	"these rates are      of a cache where the buffer is cached: one of 2M may hold it; --size 4M is beyond" -- \
	env HWLOC_SYNTHETIC="$machine" "$ZAPBENCH" identify --size 2M memfd
for name in no-such-heap memfd:x ../memfd /dev/null "$(printf '%0100d' 0)"; do
	ok "$name is a wrong use" errs 2 "neither a source nor a heap" "zapbench list" -- identify "$name"
done
for name in dma-heap:no-such-heap /dev/dma_heap/no-such-heap; do
	if [ -e /dev/dma_heap ]; then
		ok "$name is a wrong use" errs 2 "neither a source nor a heap" "zapbench list" -- identify "$name"
	else
		ok "$name where there is no heap" errs 1 "no heap under /dev/dma_heap" "CONFIG_DMABUF_HEAPS" -- \
			identify "$name"
	fi
done
[ -e /dev/dri ] || ok "a card where there is none" errs 1 "no DRM node" "modprobe vgem" -- identify drm:vgem
for name in /dev/video99 /dev/dri/card99; do
	ok "$name is not there" exits 1 identify "$name"
done
# A machine with less memory, in a mount namespace of its own.
sed 's/^MemAvailable:.*/MemAvailable: 500000 kB/' /proc/meminfo >"$T/meminfo"
# shellcheck disable=SC2016 # of the inner shell
with_meminfo='mount --bind "$0" /proc/meminfo && exec "$@"'
if unshare -m sh -c "$with_meminfo" "$T/meminfo" true 2>/dev/null; then
	ok "a size that does not fit into memory is refused before it is taken" exits 1 \
		unshare -m sh -c "$with_meminfo" "$T/meminfo" "$ZAPBENCH" identify --size 1G memfd
	ok "with the reason and the fix" says "$T/out" "need 2048 MiB; 488 MiB are available" "use a smaller --size"
else
	skip "a size that does not fit into memory is refused" "only root can mount another /proc/meminfo"
fi
# Devices that are there, and that only root may open: in a mount namespace of its own, where the scratch folder may be
# out of sight.
# shellcheck disable=SC2016 # of the inner shell
guarded='mount -t tmpfs none /mnt && cp "$0" /mnt/zapbench && mount -t tmpfs none /dev &&
	mknod -m 666 /dev/null c 1 3 && mkdir /dev/dma_heap && cd /dev && touch udmabuf zap-bench dma_heap/system &&
	chmod 660 udmabuf zap-bench dma_heap/system && exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"'
if unshare -m sh -c "$guarded" "$ZAPBENCH" true 2>/dev/null; then
	# shellcheck disable=SC2086 # words
	ok "what permission hides is named, each with its fix" prints 0 "memfd, 256K" \
		"not identified       /dev/zap-bench: Permission denied" \
		"not identified       /dev/dma_heap/system: Permission denied" -- \
		unshare -m sh -c "$guarded" "$ZAPBENCH" /mnt/zapbench identify $small
	ok "with its name" is "$(grep -A 2 "^udmabuf" "$T/out" | tr -s ' \n' ' ')" \
		"udmabuf not identified /dev/udmabuf: Permission denied fix run as root "
	ok "each once, and nothing else" is "$(grep -c "not identified" "$T/out")" 3
else
	skip "what permission hides is named" "only root can mount another /dev"
fi
ok "two names are a wrong use" errs 2 "one device or heap" -- identify memfd udmabuf
ok "a size that is not whole pages is a wrong use" errs 2 "--size" "not a whole number of pages" -- \
	"$ZAPBENCH" identify --size 300001 memfd
ok "a size below 256K is a wrong use" errs 2 "--size" -- "$ZAPBENCH" identify --size 4K
[ -e /dev/zap-bench ] || ok "a zap heap that is not here names its fix" \
	errs 1 "/dev/zap-bench: " "fix: " -- identify zap-cached
[ -e /dev/udmabuf ] || ok "so does udmabuf" errs 1 "/dev/udmabuf: " "modprobe udmabuf" -- identify udmabuf
tap_end

# SPDX-License-Identifier: GPL-2.0-only
menuconfig DMABUF_HEAPS_ZAP
	bool "DMA-BUF heaps that zap and refault CPU mappings"
	depends on DMABUF_HEAPS && MMU
	select VMF_INSERT_PFNS
	help
	  Heaps whose buffers change the memory attributes of their CPU mappings
	  when a device gets to use them: the mappings are taken away (zapped),
	  the caches cleaned, and the pages faulted back in with the other
	  attributes.  Each combination of a policy below, which says when, with
	  a granularity, which says how much one fault brings back, is a heap of
	  its own, /dev/dma_heap/zap-POLICY-GRANULARITY.

	  A product needs one of each.  All of them together are for finding
	  out which, see Documentation/driver-api/zap-heap.rst.

	  If unsure, say N.

if DMABUF_HEAPS_ZAP

comment "Granularities"

config DMABUF_HEAPS_ZAP_PAGE
	bool "page: a fault brings back one page"
	default y
	help
	  The least to do in one fault, and the most faults.  It pays where
	  little of a buffer is touched after it was zapped, as with a frame
	  that is only sampled.

	  If unsure, say Y.

config DMABUF_HEAPS_ZAP_AROUND
	bool "around: a fault brings back the pages around it"
	help
	  An aligned block of pages, as far as the mapping has it.  Most of a
	  fault is not the page table entry, so that a block of 16 costs little
	  more than one page where all of it is touched, and not much where it
	  is not.

	  If unsure, say N.

config DMABUF_HEAPS_ZAP_AROUND_ORDER
	int "How many, as a power of two"
	depends on DMABUF_HEAPS_ZAP_AROUND
	range 1 9
	default 4

config DMABUF_HEAPS_ZAP_BUFFER
	bool "buffer: a fault brings back all of the mapping"
	help
	  One fault, as long as the mapping is large.  It pays where the whole
	  buffer is touched after it was zapped.  With the policy lazy, START of
	  a read fills the caller's mapping too, and nothing faults.

	  If unsure, say N.

config DMABUF_HEAPS_ZAP_HUGE
	bool "huge: a fault brings back a PMD"
	depends on TRANSPARENT_HUGEPAGE && ARCH_SUPPORTS_PMD_PFNMAP
	help
	  Where the buffer has a chunk of a PMD's size at the fault, the VMA has
	  all of it, and both are aligned alike, it is mapped by one PMD.
	  Elsewhere a page table is filled by PTEs.

config DMABUF_HEAPS_ZAP_GRANULARITY
	def_bool DMABUF_HEAPS_ZAP_PAGE || DMABUF_HEAPS_ZAP_AROUND || \
		 DMABUF_HEAPS_ZAP_BUFFER || DMABUF_HEAPS_ZAP_HUGE

comment "Policies"

config DMABUF_HEAPS_ZAP_EAGER
	bool "eager: write-combined from the first mapping by a device on"
	depends on ARM64 && DMABUF_HEAPS_ZAP_GRANULARITY
	help
	  The first mapping by a device that does not snoop zaps the buffer, and
	  from then on nothing has to be done for it: for buffers that the CPU
	  fills once, or writes in order and does not read.

	  If unsure, say N.

config DMABUF_HEAPS_ZAP_LAZY
	bool "lazy: write-combined from the end of a CPU write to the next start"
	depends on ARM64 && DMABUF_HEAPS_ZAP_GRANULARITY
	help
	  The CPU always works on cacheable memory, and pays for a zap and the
	  faults after it at each turn: for clients that bracket every access
	  with DMA_BUF_IOCTL_SYNC, and read or write a lot at a time.

	  If unsure, say N.

config DMABUF_HEAPS_ZAP_CACHED
	bool "cached: never zapped, caches maintained at start and end"
	depends on DMABUF_HEAPS_ZAP_GRANULARITY
	help
	  What the system heap does, from the same memory and with the same
	  fault handlers as the others, to compare them with.  A cacheable user
	  mapping stays in place while devices access the buffer.

	  If unsure, say N.

config DMABUF_HEAPS_ZAP_UNCACHED
	bool "uncached: write-combined from the beginning"
	depends on ARM64 && DMABUF_HEAPS_ZAP_GRANULARITY
	help
	  Cleaned once, when it is allocated, and never zapped: for buffers that
	  the CPU hardly reads.  It costs nothing but slow accesses, and is what
	  the others have to be better than.

	  If unsure, say N.

config DMABUF_HEAPS_ZAP_REFUSE
	bool "refuse: write-combined, and with no cacheable kernel alias"
	depends on ARM64 && ARCH_HAS_SET_DIRECT_MAP
	depends on DMABUF_HEAPS_ZAP_GRANULARITY
	help
	  The pages are taken out of the kernel's linear mapping while they are
	  in a buffer.  That needs a linear mapping made of pages, as it is with
	  rodata=full on the command line.  Where it is not, buffers of this
	  heap cannot be mapped by userspace.

choice
	prompt "A kernel mapping (vmap) when a buffer would change its state"
	default DMABUF_HEAPS_ZAP_VMAP_FAIL

config DMABUF_HEAPS_ZAP_VMAP_FAIL
	bool "makes that fail with EBUSY"
	help
	  Mapping the buffer for a device, DMA_BUF_IOCTL_SYNC, or whatever else
	  would have changed the state, fails until the kernel mapping is gone.
	  Nobody ever sees two kinds of attributes at a time.

	  If unsure, say Y.

config DMABUF_HEAPS_ZAP_VMAP_WARN
	bool "is warned about"
	help
	  The kernel mapping then keeps its old attributes next to others, and
	  what is written through it may come out wrong.

endchoice

config DMABUF_HEAPS_ZAP_BENCH
	bool

config ZAP_BENCH
	tristate "Benchmark importer for DMA-BUFs"
	depends on ARM64
	select DMABUF_HEAPS_ZAP_BENCH
	help
	  /dev/zap-bench, through which root can attach dma-bufs to a device
	  that does not snoop the CPU's caches, or one that does, map and unmap
	  them, and look at counters and page table entries.  For benchmarks
	  and tests; a product has no use for it.

	  To compile it as a module, choose M; it is called zap_bench.

config DMABUF_HEAPS_ZAP_KUNIT_TEST
	bool "KUnit tests for the zap heaps" if !KUNIT_ALL_TESTS
	depends on KUNIT=y
	default KUNIT_ALL_TESTS
	help
	  They run at boot: what each policy does at each event, the arithmetic
	  of offsets, and that a change of the state zaps, cleans and publishes
	  in this order.

	  If unsure, say N.

endif

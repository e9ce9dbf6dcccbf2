# SPDX-License-Identifier: GPL-2.0-only
menuconfig DMABUF_HEAPS_ZAP
	bool "DMA-BUF heaps that zap and refault CPU mappings"
	depends on DMABUF_HEAPS && MMU && (ARM64 || X86)
	help
	  Heaps whose buffers change the memory attributes of their CPU mappings
	  when a device uses them.  The heap removes the PTEs (zap), cleans the
	  caches, and faults the pages back in with the new attributes.  The
	  policy says when the heap zaps.  The granularity says how much one
	  fault brings back.  Each combination of the two is a heap of its own,
	  /dev/dma_heap/zap-POLICY-GRANULARITY.

	  A product needs one policy and one granularity.  To find out which,
	  select all of them and compare: see
	  Documentation/driver-api/zap-heap.rst.

	  If unsure, say N.

if DMABUF_HEAPS_ZAP

comment "Granularities"

config DMABUF_HEAPS_ZAP_PAGE
	bool "page: a fault brings back one page"
	default y
	help
	  Each fault does little work, but there are many faults.  Choose it if
	  the CPU touches only a few pages of a buffer after a zap, for example
	  a few pixels of a frame.

	  If unsure, say Y.

config DMABUF_HEAPS_ZAP_AROUND
	bool "around: a fault brings back the pages around it"
	help
	  A fault brings back an aligned block of pages, cut at the edges of the
	  mapping.  The page table entries are a small part of the cost of a
	  fault, so a fault for 16 pages costs little more than a fault for one.

	  If unsure, say N.

config DMABUF_HEAPS_ZAP_AROUND_ORDER
	int "Pages per fault, as a power of two"
	depends on DMABUF_HEAPS_ZAP_AROUND
	range 1 9
	default 4

config DMABUF_HEAPS_ZAP_BUFFER
	bool "buffer: a fault brings back all of the mapping"
	help
	  There is one fault, and its time grows with the size of the mapping.
	  Choose it if the CPU touches the whole buffer after a zap.  With the
	  policy lazy, START of a read also fills the caller's mapping, and
	  nothing faults.

	  If unsure, say N.

config DMABUF_HEAPS_ZAP_HUGE
	bool "huge: a fault brings back a PMD"
	depends on TRANSPARENT_HUGEPAGE && ARCH_SUPPORTS_PMD_PFNMAP
	help
	  A fault maps one PMD if three things hold: the buffer has a chunk of
	  the size of a PMD there, the VMA maps the whole chunk, and both have
	  the same alignment.  Otherwise the fault fills one page table with
	  PTEs.

config DMABUF_HEAPS_ZAP_CONTPTE
	bool "contpte: a fault brings back a block of contiguous PTEs"
	depends on ARM64_CONTPTE
	help
	  A fault brings back the pages that one entry of the TLB can hold: 64
	  KiB with 4 KiB pages, 2 MiB with 16 KiB or 64 KiB pages.  The PTEs get
	  the contiguous bit if the VMA maps the whole block and its memory is
	  one aligned piece.  Otherwise they are plain PTEs.

config DMABUF_HEAPS_ZAP_GRANULARITY
	def_bool DMABUF_HEAPS_ZAP_PAGE || DMABUF_HEAPS_ZAP_AROUND || \
		 DMABUF_HEAPS_ZAP_BUFFER || DMABUF_HEAPS_ZAP_HUGE || \
		 DMABUF_HEAPS_ZAP_CONTPTE

comment "Policies"

config DMABUF_HEAPS_ZAP_EAGER
	bool "eager: write-combined after the first mapping by a device"
	depends on ARM64 && DMABUF_HEAPS_ZAP_GRANULARITY
	help
	  The first mapping by a device that does not snoop zaps the buffer.
	  After that the buffer needs no cache maintenance.  Choose it for
	  buffers that the CPU fills once, or that it writes in order and does
	  not read.

	  If unsure, say N.

config DMABUF_HEAPS_ZAP_LAZY
	bool "lazy: write-combined from the end of a CPU write to the next start"
	depends on ARM64 && DMABUF_HEAPS_ZAP_GRANULARITY
	help
	  The CPU always works on cacheable memory.  Each turn costs a zap and
	  the faults after it.  Choose it for clients that call
	  DMA_BUF_IOCTL_SYNC around every access, and that read or write much
	  data between START and END.

	  If unsure, say N.

config DMABUF_HEAPS_ZAP_CACHED
	bool "cached: never zapped, caches maintained at start and end"
	depends on DMABUF_HEAPS_ZAP_GRANULARITY
	help
	  Maintains the caches as the system heap does, but with the same memory
	  and the same fault handlers as the other policies, so that they can be
	  compared.  START waits for the device before it invalidates, and END
	  of a read does nothing.  A cacheable user mapping stays in place while
	  devices access the buffer.

	  If unsure, say N.

config DMABUF_HEAPS_ZAP_UNCACHED
	bool "uncached: write-combined from the beginning"
	depends on ARM64 && DMABUF_HEAPS_ZAP_GRANULARITY
	help
	  The heap cleans a buffer once, at allocation, and never zaps it.  Its
	  only cost is slow CPU access.  Choose it for buffers that the CPU
	  seldom reads.  It is the baseline that the other policies must beat.

	  If unsure, say N.

config DMABUF_HEAPS_ZAP_REFUSE
	bool "refuse: write-combined, and with no cacheable kernel alias"
	depends on ARM64 && ARCH_HAS_SET_DIRECT_MAP
	depends on DMABUF_HEAPS_ZAP_GRANULARITY
	help
	  The heap removes the pages of a buffer from the kernel's linear
	  mapping until the buffer is freed.  This needs a linear mapping that
	  consists of pages, as with rodata=full on the command line.

	  If unsure, say N.

config DMABUF_HEAPS_ZAP_FLAGS
	bool "cached: a buffer can opt in to eager or lazy"
	depends on ARM64 && DMABUF_HEAPS_ZAP_CACHED
	help
	  The heap zap-cached takes two flags, DMA_HEAP_FLAG_ZAP_EAGER and
	  DMA_HEAP_FLAG_ZAP_LAZY.  With one of them the new buffer has that
	  policy.  Without a flag it is never zapped.  So one heap serves
	  clients that expect it and clients that know of nothing.  All other
	  heaps refuse the flags.

	  If unsure, say N.

choice
	prompt "lazy: START of a read fills the caller's mappings"
	depends on DMABUF_HEAPS_ZAP_LAZY || DMABUF_HEAPS_ZAP_FLAGS
	default DMABUF_HEAPS_ZAP_LAZY_FILL_BUFFER
	help
	  END of a write removes the PTEs of a buffer.  This choice says when
	  START of a read puts those of the caller back, so that nothing faults
	  after it.  It costs time for each page of the mapping, also for those
	  that the client does not read.

config DMABUF_HEAPS_ZAP_LAZY_FILL_BUFFER
	bool "under granularity buffer"
	help
	  Under granularity buffer, one fault would fill a mapping as well, so
	  START does it.  Under the others, pages come back by faults: only
	  those that the client touches.  This is cheaper for a client that
	  reads a small part of a buffer, and the granularities stay
	  comparable.

	  If unsure, say Y.

config DMABUF_HEAPS_ZAP_LAZY_FILL_ALL
	bool "under every granularity"
	help
	  START of a read fills the mappings with PTEs, or with PMDs under
	  granularity huge.  Faults serve START of a write, mappings of other
	  processes, and what START could not fill.  A review of 2018 proposed
	  it in this way.  It is cheaper for a client that reads more than a
	  small part of a buffer.

	  If unsure, say N.

endchoice

choice
	prompt "refuse: a buffer whose alias cannot be removed"
	depends on DMABUF_HEAPS_ZAP_REFUSE
	default DMABUF_HEAPS_ZAP_REFUSE_FAIL
	help
	  On a machine whose linear mapping does not consist of pages, the
	  cacheable alias of a buffer stays.  This choice says what userspace
	  gets there.  Devices and the kernel can use the buffer in any case,
	  with cache maintenance as under cached.

config DMABUF_HEAPS_ZAP_REFUSE_FAIL
	bool "cannot be mapped by userspace (EOPNOTSUPP)"
	help
	  mmap of a buffer fails.  A program learns at once that it does not
	  get what the heap promises, and can take another heap.  Devices and
	  the kernel still use the buffer.

	  If unsure, say Y.

config DMABUF_HEAPS_ZAP_REFUSE_CACHED
	bool "is mapped cacheable"
	help
	  All mappings of a buffer are then cacheable, those of the kernel too.
	  A program must call DMA_BUF_IOCTL_SYNC around every access, as under
	  cached.

	  If unsure, say N.

endchoice

choice
	prompt "A kernel mapping (vmap) when a buffer would change its state"
	default DMABUF_HEAPS_ZAP_VMAP_FAIL
	help
	  A buffer can be mapped in the kernel (vmap) while its state is about
	  to change from cacheable to write-combined, or back.  The kernel
	  mapping cannot change its attributes, so the buffer keeps its state
	  until that mapping is gone.  This choice says what happens when a
	  device maps the buffer before.

	  START and END never fail because of a kernel mapping.  START leaves a
	  write-combined buffer write-combined.  END cleans a cacheable buffer
	  and leaves it cacheable.

config DMABUF_HEAPS_ZAP_VMAP_FAIL
	bool "makes the device's mapping fail with EBUSY"
	help
	  Mapping the buffer for a device fails while the kernel mapping exists
	  and the buffer would have to change.  The driver that maps it can try
	  again later, or report the error.

	  If unsure, say Y.

config DMABUF_HEAPS_ZAP_VMAP_WARN
	bool "prints a warning, and postpones the change"
	help
	  The device gets its mapping.  The buffer is cleaned and stays
	  cacheable until the kernel mapping is gone.  Until then clients must
	  call DMA_BUF_IOCTL_SYNC around each access, under eager too.  Choose
	  it if a driver keeps a kernel mapping for long, or to find such
	  drivers.

	  If unsure, say N.

endchoice

config DMABUF_HEAPS_ZAP_BENCH
	bool

config ZAP_BENCH
	tristate "Benchmark importer for DMA-BUFs"
	depends on ARM64
	select DMABUF_HEAPS_ZAP_BENCH
	help
	  /dev/zap-bench lets root attach dma-bufs to a device that does not
	  snoop the CPU's caches, or to one that does.  Root can map and unmap
	  them, and read counters and page table entries.  It is for benchmarks
	  and tests.  Do not enable it in a product.

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

# SPDX-License-Identifier: GPL-2.0-only
# What strip.cocci cannot reach: declarations, comments, tables, documentation.

# zap_heap.h: counters and times. kpatch-series.sh puts the
# enums there that they shared with the benchmark's interface.
/^#include <uapi\/linux\/zap_bench\.h>/d
# The clock, up to the kernel-doc of the arithmetic.
/^DECLARE_STATIC_KEY_FALSE(zap_heap_timing)/,/^\/\*\*$/{
	/^\/\*\*$/!d
}
/^	struct zap_heap_counters count;/d
/^	struct zap_heap_fault_counters count;/d
/^void zap_heap_sum_faults(/,/);$/d
/^	bool skip_clean;/d
/^	bool uncounted;/d
/^	unsigned int stop_at;/d
/^	unsigned int stop_ms;/d
/^ \* @skip_clean:/d
/^ \* @uncounted:/d
/^ \* @stop_at:/d
/^ \* @stop_ms:/d
/^ \* @count:	counters/d
/^void zap_heap_stop(/d
/^bool zap_heap_alias_gone(const struct zap_heap_buffer \*buf);/d
/^extern const struct dma_buf_ops zap_heap_dma_buf_ops;/d
/^struct dma_buf_ops;/d
/^#include <linux\/jump_label.h>/d
/^#include <linux\/ktime.h>/d
/^#include <linux\/atomic.h>/d
/ZAP_HEAP_EV_REARM,/d
# START and END of a part.
/^ \*	zap_heap_range\(_test\)\?\.c/d
/^\/\* zap_heap_range\.c \*\//,/^$/d

# Whole functions and structs, with their kernel-doc.
/^\/\*\*$/{
	N
	/ struct zap_heap_\(counters\|fault_counters\|range\) - /{
		:struct
		N
		/\n};$/!b struct
		d
	}
	/ zap_heap_stop - \| zap_heap_alias_gone - \| zap_heap_sum_faults - /{
		:function
		N
		/\n}$/!b function
		N
		d
	}
}
/^bool zap_heap_alias_gone(/,/^$/d
/^DEFINE_STATIC_KEY_FALSE(zap_heap_timing);/,/^$/d
/^\/\* Counts a zap: /,/^}$/d
/^	zap_heap_count_zap(buf);/d

# zap_heap_vm.c
/^	\.open = zap_heap_vm_change,/d
/^	\.close = zap_heap_vm_change,/d
/^\/\* Fork, split or unmap: the next zap cannot know/,/^$/d

# zap_heap_main.c
s/^const struct dma_buf_ops zap_heap_dma_buf_ops/static &/

# zap_heap_policy.c
/^	case ZAP_HEAP_EV_REARM:/,/^	}$/{
	/^	}$/!d
}

# zap_heap_test.c
/^	\/\* Another round\. \*\//d
/^	D(REARM,/{
	:row
	/),$/!{
		N
		b row
	}
	d
}
/^	KUNIT_CASE(zap_heap_test_counts),/d
/^\/\* What faults count on a CPU/,/^\/\* The /{
	/^\/\* The /!d
}
s/^	run_event(test, buf, ZAP_HEAP_EV_REARM, 0, "mzi0");/	buf->state = CPU_CACHED;/

# Kconfig
/^config DMABUF_HEAPS_ZAP_BENCH/,/^config DMABUF_HEAPS_ZAP_KUNIT_TEST/{
	/^config DMABUF_HEAPS_ZAP_KUNIT_TEST/!d
}

# zap-heap.rst
/^SYNC of a part$/,$d
s/^  EBUSY, and so does rearm\.  /  EBUSY.  /
s/^  device that snoops, and rearm\.  /  device that snoops.  /

s/ZAP_BENCH_\(POLICY\|GRAN\|STATE\)_/ZAP_HEAP_\1_/g
s/enum zap_bench_\(policy\|granularity\|state\)/enum zap_heap_\1/g
s/ huge, and struct zap_bench_stats says which\./ huge./
s/^ \* The states are those of the uapi header\.  MOVING is the time between two of$/ * Beyond enum zap_heap_state: MOVING is the time between two of/

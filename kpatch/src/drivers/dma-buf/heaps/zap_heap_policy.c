// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA-BUF zap heaps: what a policy does at an event
 *
 * Nothing here has side effects, so KUnit can test every case.
 */

#include <linux/align.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "zap_heap.h"

static bool zap_heap_is_wc(unsigned int state)
{
	return state == ZAP_BENCH_STATE_DEVICE ||
	       state == ZAP_BENCH_STATE_CPU_WC;
}

/*
 * Devices that do not snoop have a buffer mapped that stays cacheable.  Under
 * eager a kernel mapping is the only reason, and its end makes up for it.
 */
static bool zap_heap_postponed(const struct zap_heap_view *view)
{
	return !zap_heap_is_wc(view->state) &&
	       view->device_maps > view->coherent_maps;
}

/* What is cached may be older than what a device has written. */
static int zap_heap_to_fresh(const struct zap_heap_view *view)
{
	return view->stale && !zap_heap_is_wc(view->state) ? ZAP_HEAP_REFRESH :
							     ZAP_HEAP_NOTHING;
}

/* To cacheable, unless a kernel mapping is write-combined. */
static int zap_heap_to_cached(const struct zap_heap_view *view)
{
	return view->vmapped ? -EBUSY : ZAP_HEAP_TO_CACHED;
}

static int zap_heap_to_wc(const struct zap_heap_view *view)
{
	if (zap_heap_is_wc(view->state))
		return ZAP_HEAP_DRAIN;
	/*
	 * A device that snoops uses the caches, and its writes may allocate
	 * lines in them at any time: the buffer cannot be write-combined
	 * while such a device has it mapped.  Under lazy, START and END keep
	 * a cacheable buffer right.  Under eager nobody has to call them.
	 */
	if (view->coherent_maps)
		return view->policy == ZAP_BENCH_POLICY_LAZY ?
		       ZAP_HEAP_WRITE_BACK : -EBUSY;
	/* A kernel mapping keeps its attributes, and so do all others. */
	if (view->vmapped)
		return view->vmap_fails ? -EBUSY : ZAP_HEAP_WRITE_BACK;
	return view->policy == ZAP_BENCH_POLICY_LAZY ? ZAP_HEAP_TO_DEVICE :
						       ZAP_HEAP_TO_WC;
}

static int zap_heap_decide_start(const struct zap_heap_view *view)
{
	switch (view->policy) {
	case ZAP_BENCH_POLICY_LAZY:
		/*
		 * A kernel mapping is write-combined too, then, and its user
		 * is who calls START, as a rule: what stays write-combined is
		 * right, if slow.
		 */
		if (zap_heap_is_wc(view->state))
			return view->vmapped ? ZAP_HEAP_NOTHING :
					       ZAP_HEAP_TO_CACHED;
		fallthrough;
	case ZAP_BENCH_POLICY_EAGER:
		return zap_heap_to_fresh(view);
	case ZAP_BENCH_POLICY_CACHED:
		return ZAP_HEAP_SYNC_FOR_CPU;
	default:
		return ZAP_HEAP_NOTHING;
	}
}

static int zap_heap_decide_end_write(const struct zap_heap_view *view)
{
	switch (view->policy) {
	case ZAP_BENCH_POLICY_LAZY:
		/* No device reads memory without the caches. */
		if (view->only_coherent)
			return ZAP_HEAP_NOTHING;
		/* A cacheable kernel mapping is in use: leave it as it is. */
		if (!zap_heap_is_wc(view->state) && view->vmapped)
			return ZAP_HEAP_WRITE_BACK;
		return zap_heap_to_wc(view);
	case ZAP_BENCH_POLICY_CACHED:
		return ZAP_HEAP_SYNC_FOR_DEVICE;
	case ZAP_BENCH_POLICY_EAGER:
		if (zap_heap_postponed(view))
			return ZAP_HEAP_WRITE_BACK;
		fallthrough;
	default:
		return zap_heap_is_wc(view->state) ? ZAP_HEAP_DRAIN :
						     ZAP_HEAP_NOTHING;
	}
}

static int zap_heap_decide_map(const struct zap_heap_view *view)
{
	switch (view->policy) {
	case ZAP_BENCH_POLICY_EAGER:
	case ZAP_BENCH_POLICY_LAZY:
		return zap_heap_to_wc(view);
	default:
		return zap_heap_is_wc(view->state) ? ZAP_HEAP_DRAIN :
						     ZAP_HEAP_NOTHING;
	}
}

static int zap_heap_decide_map_coherent(const struct zap_heap_view *view)
{
	switch (view->policy) {
	case ZAP_BENCH_POLICY_EAGER:
		if (zap_heap_is_wc(view->state) || zap_heap_postponed(view))
			return -EBUSY;
		return zap_heap_to_fresh(view);
	case ZAP_BENCH_POLICY_LAZY:
		if (zap_heap_is_wc(view->state))
			return zap_heap_to_cached(view);
		/*
		 * Another device that snoops may be at work: a map waits for no
		 * fence.  What it writes between the clean and the invalidation
		 * would be lost.  The buffer stays stale up to the next START.
		 */
		return view->coherent_maps ? ZAP_HEAP_NOTHING :
					     zap_heap_to_fresh(view);
	default:
		return zap_heap_is_wc(view->state) ? -EOPNOTSUPP :
						     ZAP_HEAP_NOTHING;
	}
}

/**
 * zap_heap_decide - what a policy does at an event
 * @view: the buffer
 * @event: what happens to it
 *
 * Return: an enum zap_heap_action; -EBUSY if the event must be refused now, or
 * -EOPNOTSUPP if it always must be.
 */
int zap_heap_decide(const struct zap_heap_view *view,
		    enum zap_heap_event event)
{
	switch (event) {
	case ZAP_HEAP_EV_MAP:
		return zap_heap_decide_map(view);
	case ZAP_HEAP_EV_MAP_COHERENT:
		return zap_heap_decide_map_coherent(view);
	case ZAP_HEAP_EV_START:
		return zap_heap_decide_start(view);
	case ZAP_HEAP_EV_END_WRITE:
		return zap_heap_decide_end_write(view);
	case ZAP_HEAP_EV_END_READ:
		return ZAP_HEAP_NOTHING;
	case ZAP_HEAP_EV_VUNMAP:
		/* Under lazy the next START or END does what is due. */
		if (view->policy != ZAP_BENCH_POLICY_EAGER)
			return ZAP_HEAP_NOTHING;
		/* From here on nobody has to call START. */
		return zap_heap_postponed(view) ? ZAP_HEAP_TO_WC :
						  zap_heap_to_fresh(view);
	case ZAP_HEAP_EV_REARM:
		if (view->device_maps)
			return -EBUSY;
		if (view->policy != ZAP_BENCH_POLICY_EAGER &&
		    view->policy != ZAP_BENCH_POLICY_LAZY)
			return ZAP_HEAP_NOTHING;
		if (zap_heap_is_wc(view->state))
			return zap_heap_to_cached(view);
		return zap_heap_to_fresh(view);
	}

	return -EINVAL;
}

// SPDX-License-Identifier: GPL-2.0-only
// The zap heaps without what only the benchmark needs: its counters, times, stops
// and its skipped clean. kpatch-series.sh applies it, then strip.sed, to make the
// series zap of kpatch/src.

@@ expression E1, E2; @@
- zap_heap_account(E1, E2);

@@ expression E1, E2; @@
- zap_heap_stop(E1, E2);

@@ expression E1, E2; @@
- zap_heap_account_fault(E1, E2);

@@ identifier start; @@
- u64 start = zap_heap_clock();

// Counters, where they are all that an if is for.
@@ expression E, C, V; identifier F; @@
- if (C)
- 	E->count.F += V;

@@ expression E, C1, C2; identifier F, G; @@
- if (C1)
- 	E->count.F++;
- else if (C2)
- 	E->count.G++;

@@ expression E, V; identifier F; @@
- E->count.F += V;

@@ expression E; identifier F; @@
- E->count.F++;

@@ expression E, V; identifier F; @@
- if (zap_heap_fill_vma(E, V) == VM_FAULT_NOPAGE)
- 	zap_heap_count(E, F, 1);
+ zap_heap_fill_vma(E, V);

@@ expression E1, E2; @@
(
- zap_heap_count_ptes(E1, E2);
|
- zap_heap_count_pmd(E1, E2);
)

@@ expression E, V; identifier F; @@
- zap_heap_count(E, F, V);

// The clean that a benchmark can skip.
@@ expression E; statement list SS; @@
- if (!E->skip_clean) {
  SS
- }

@@ expression E, X; @@
- X && !E->skip_clean
+ X

@@ expression E; @@
- !E->skip_clean
+ true


// Mappings whose PTEs the counters cannot know.
@@ @@
- zap_heap_vm_change(vma);

@@ identifier vma; @@
- static void zap_heap_vm_change(struct vm_area_struct *vma) { ... }

// What is unused then.
@@ identifier buf; expression E; @@
zap_heap_vm_mprotect(...)
{
- struct zap_heap_buffer *buf = E;
...
}

@@ identifier buf; expression E; @@
zap_heap_move(struct zap_heap_buffer *buf, ...)
{
...
- unsigned int old = E;
...
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts of the passes after the rounds become counters and metrics of the record. */
#ifndef ZAPBENCH_COUNTS_H
#define ZAPBENCH_COUNTS_H

#include "bench/record/record.h"
#include "bench/run/exchange.h"
#include "bench/run/plan.h"

/* Gathers the counter pass: one value an event and configuration and round. */
struct counts;
struct counts *counts_new(size_t configs, size_t events, size_t rounds); /* NULL without memory */
void counts_free(struct counts *counts);
void counts_add(struct counts *counts, struct exchange *exchange);
/*
 * Write them into the record, with the metrics that follow from them; @counters is an open set of the exchange's events
 * that says which could be opened, and why not. 0 or -ENOMEM.
 */
int counts_finish(const struct counts *counts, struct exchange *exchange, const struct counters *counters,
		  struct record *record);

/*
 * The same for a pass that takes what the kernel itself counts and times, by source->kernel_counts. @instructions: its
 * clock counts instructions, and so do its times; @why_no_times, if not NULL, says why they are nothing at all.
 */
void counts_kernel_add(struct counts *counts, struct exchange *exchange);
int counts_kernel_finish(const struct counts *counts, const struct plan *plan, bool instructions,
			 const char *why_no_times, struct record *record);

#endif

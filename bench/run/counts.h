/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts of the passes after the rounds become counters and metrics of the record. */
#ifndef ZAPBENCH_COUNTS_H
#define ZAPBENCH_COUNTS_H

#include "bench/record/record.h"
#include "bench/run/exchange.h"
#include "bench/run/plan.h"

/* The counter pass: one value per event, configuration and round. */
struct counts;
struct counts *counts_new(size_t configs, size_t events, size_t rounds); /* NULL without memory */
void counts_free(struct counts *counts);
/* Add the round that the exchange holds, without samples that no figure of @record may rest on. */
void counts_add(struct counts *counts, struct exchange *exchange, const struct record *record);
/*
 * Write counters and metrics into the record. @counters: an open set of the events of the exchange; it knows which
 * could be opened, and why others could not. 0 or -ENOMEM.
 */
int counts_finish(const struct counts *counts, struct exchange *exchange, const struct counters *counters,
		  struct record *record);

/*
 * The same for the kernel pass, by source->kernel_counts. @instructions: the kernel's clock counts instructions, so its
 * times are instructions. @why_no_times: the reason why its times are meaningless, or NULL.
 */
void counts_kernel_add(struct counts *counts, struct exchange *exchange, const struct record *record);
int counts_kernel_finish(const struct counts *counts, const struct plan *plan, bool instructions,
			 const char *why_no_times, struct record *record);

#endif

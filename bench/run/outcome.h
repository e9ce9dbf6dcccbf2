/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what the process of a round yields to what the record holds. */
#ifndef ZAPBENCH_OUTCOME_H
#define ZAPBENCH_OUTCOME_H

#include "bench/run/exchange.h"
#include "bench/measure/monitor.h"
#include "bench/run/plan.h"
#include "bench/record/record.h"

/*
 * Declare the columns of rounds and configurations and describe each configuration. Of an emulated machine the figures
 * are instructions retired, since its times mean nothing. 0 or -ENOMEM.
 */
int outcome_describe(struct record *record, const struct plan *plan, bool emulated);

/* Note the warm-up of one configuration: recorded, never counted. 0 or -ENOMEM. */
int outcome_warm_up(struct config_result *result, const struct task *task, const struct clock *clock);

/*
 * Append the round that the exchange holds. @before and @after are the monitor's readings around it, @duration_ns its
 * length. The single events go to the histograms, and into @events and @nr_events for the journal: memory of the
 * exchange, rewritten as doubles in ns, valid until the next round. 0 or -ENOMEM.
 */
int outcome_add_round(struct record *record, struct exchange *exchange, const struct monitor_reading *before,
		      const struct monitor_reading *after, double duration_ns, const double **events,
		      size_t *nr_events);

/* Gathers the counter pass: one value an event and configuration and round. */
struct outcome_counts;
struct outcome_counts *outcome_counts_new(size_t configs, size_t events, size_t rounds); /* NULL without memory */
void outcome_counts_free(struct outcome_counts *counts);
void outcome_counts_add(struct outcome_counts *counts, struct exchange *exchange);
/*
 * Write them into the record, with the metrics that follow from them; @counters is an open set of the exchange's events
 * that says which could be opened, and why not. 0 or -ENOMEM.
 */
int outcome_counts_finish(const struct outcome_counts *counts, struct exchange *exchange,
			  const struct counters *counters, struct record *record);

/*
 * The same for a pass that takes what the kernel itself counts and times, by source->kernel_counts. @instructions: its
 * clock counts instructions, and so do its times; @why_no_times, if not NULL, says why they are nothing at all.
 */
void outcome_kernel_add(struct outcome_counts *counts, struct exchange *exchange);
int outcome_kernel_finish(const struct outcome_counts *counts, const struct plan *plan, bool instructions,
			  const char *why_no_times, struct record *record);

/* Note what was checked of the memory before the first round. 0 or -ENOMEM. */
int outcome_checks(struct config_result *result, const struct config *config, const struct integrity *integrity);

/* Nanoseconds of each event of a task, sorted, over its ticks. Return: how many. */
size_t outcome_events_ns(struct exchange *exchange, const struct task *task, double **events);

#endif

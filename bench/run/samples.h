/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples become rows of the record. */
#ifndef ZAPBENCH_SAMPLES_H
#define ZAPBENCH_SAMPLES_H

#include "bench/measure/monitor.h"
#include "bench/record/record.h"
#include "bench/run/exchange.h"
#include "bench/run/plan.h"

/*
 * Declare the columns of rounds and configurations and describe each configuration. The figures of an
 * emulated machine are instructions retired, since its times are meaningless. 0 or -ENOMEM.
 */
int samples_describe(struct record *record, const struct plan *plan, bool emulated);

/* Record the warm-up of one configuration; it is in no statistics. 0 or -ENOMEM. */
int samples_warm_up(struct config_result *result, const struct task *task, const struct clock *clock);

/*
 * Append the round that the exchange holds. @before and @after are the monitor's readings around it, @duration_ns its
 * length. The single events go to the histograms, and into @events and @nr_events for the journal: memory of the
 * exchange, rewritten as doubles in ns, valid until the next round. 0 or -ENOMEM.
 */
int samples_add_round(struct record *record, struct exchange *exchange, const struct monitor_reading *before,
		      const struct monitor_reading *after, double duration_ns, const double **events,
		      size_t *nr_events);

/* Record the checks of the memory before the first round. 0 or -ENOMEM. */
int samples_checks(struct config_result *result, const struct config *config, const struct integrity *integrity);

/* Replace the ticks of the events of a task by sorted nanoseconds. @events: these. Return: how many. */
size_t samples_events_ns(struct exchange *exchange, const struct task *task, double **events);

#endif

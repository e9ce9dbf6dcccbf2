/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for a configuration, the same in tables and reports. */
#ifndef ZAPBENCH_REPORT_CONFIG_H
#define ZAPBENCH_REPORT_CONFIG_H

#include <stddef.h>

#include <stdbool.h>

#include "bench/record/record.h"

/* Policy, granularity, size, and every other parameter that differs from its default: "eager page 4M read". */
void config_label(const struct config_result *config, char *label, size_t size);
/* The same for a whole curve: without the parameter that changes along it, by its @key in the record ("size_bytes"). */
void config_curve_label(const struct config_result *config, const char *key, char *label, size_t size);
/*
 * What an operation amounts to: "bytes moved", in bytes, or "refaults", in faults. Divided by its time it is a rate of
 * @unit, "bytes/s" or "faults/s". NAN for a case that has no rate.
 */
double config_rate(const struct config_result *config, const char **name, const char **unit);
/* A software event of perf. A record may lack the PMU of a counter. */
bool counter_is_software(const struct counter *counter);
/* What the kernel itself counted; such a counter's PMU is the configuration's source. */
bool counter_is_of_kernel(const struct config_result *config, const struct counter *counter);
/* The part @part ("zap") of an operation by the kernel's own clock, in the record's unit; NAN when it did not tell. */
double config_kernel_part(const struct config_result *config, const char *part);

/**
 * events_counted() - the events that some configuration counted, "a, b", but for the kernel's own
 * @record: of them
 * @modelled: those that a model counted, instead of those that were counted
 * @names: filled, cut off at @size
 * Return: whether there is any
 */
bool events_counted(const struct record *record, bool modelled, char *names, size_t size);
/*
 * The @nth reason why events were not counted, and into @names which, "a, b", and in how many rows if not in all that
 * want them. NULL: there are no more reasons, or 64 were told.
 */
const char *events_not_counted(const struct record *record, size_t nth, char *names, size_t size);

/* Is the @nth configuration the first of which userspace imitates the policy like this, on this source? */
bool is_first_imitated(const struct record *record, size_t nth);

#endif

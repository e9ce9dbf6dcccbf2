/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures as text in sentences. Each function returns its text by value: use it as value_words(x, unit).text. */
#ifndef ZAPBENCH_WORDS_H
#define ZAPBENCH_WORDS_H

#include "report/analysis/choice.h"
#include "bench/record/record.h"

struct words {
	char text[400];
};

/* What would be longer is cut. */
struct words words_of(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void words_add(struct words *words, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "893.5 us", "1.860 million instructions"; "unknown" for NAN. */
struct words value_words(double value, const char *unit);
/* The same with its interval; of an emulated record, whose level is NAN, with the range of its rounds. */
struct words estimate_words(const struct estimate *e, const char *unit);
/* "+8.4 %"; from 2 on "2.41 times". */
struct words times_words(double ratio);
/* "+8.4 % (7.9 to 9.0)"; from 2 on "2.41 times (2.38 to 2.44)". */
struct words ratio_words(const struct estimate *ratio);
/* "+12.3 % (9.8 to 14.9)": what @ratio is above 1. */
struct words margin_words(const struct estimate *ratio);
/* "eager/around"; "cached"; "bounce (fresh)": a variant of what the client does. */
struct words option_words(const struct config_result *config);
/* The same without the granularity. */
struct words policy_words(const struct config_result *config);
/* "6.25 %" */
struct words percent_words(double fraction);
/* ", a DRM driver is the device", or "" for the device that every frame has. */
const char *device_words(const struct workload *workload);
/* "4M buffer, filled, mapped, 25 % of it read, 4 frames per buffer": the parameters of a workload. */
struct words workload_words(const struct workload *workload);
/* "core type 1 (CPUs 4-7, CPUCapacity 1024)"; @workload has a core type. */
struct words core_words(const struct record *record, const struct workload *workload);
/* "4M": a size as users write it. */
struct words size_words(double bytes);
/* A fact of the machine as text; "unknown" when the record does not say. */
struct words fact_words(const struct record *record, const char *group, const char *key);
/*
 * The number of the style that a policy is drawn in: its row in the table of policies, from 1 on; then one for policies
 * that were measured as one ("eager+lazy"), and POLICY_STYLES for a name that is not known.
 */
#define POLICY_STYLES (NR_POLICIES + 2)
int policy_style(const char *policy);

/* "800 rounds; 14 % of 9600 samples discarded (preempted, stolen time, mappings read)" */
struct words rounds_words(const struct record *record);

/*
 * What the step of the clock does to a configuration: "an event lasts 24 steps of the clock: ..."; "" where it does
 * nothing that matters, which is the rule.
 */
struct words clock_words(const struct record *record, const struct config_result *config);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cheapest policy for each workload of a record, or that the data do not decide it.
 *
 * A workload is a frame with all its parameters except policy and granularity. Its options are the measured policies
 * and granularities. A frame whose faults another CPU takes (prefault=thread) lacks their cost: it counts as a policy
 * of its own. The option with the smallest median is compared with every other, paired by round, at 1 - 0.05/m. m is
 * the number of pairs of options of all workloads of the record (Bonferroni). So choosing the smallest is allowed for,
 * and all statements of a report hold together with 95 %. For emulated records, see record_compare().
 */
#ifndef ZAPBENCH_CHOICE_H
#define ZAPBENCH_CHOICE_H

#include "bench/base/policy.h"
#include "bench/record/record.h"

enum choice_verdict {
	CHOICE_NOTHING, /* one policy: nothing to choose from */
	CHOICE_DECIDED, /* the policy of the first option costs less than every other policy */
	CHOICE_UNDECIDED,
};

struct choice_option {
	const struct config_result *config;
	struct estimate cost; /* per frame, in the record's unit */
	struct estimate over; /* how many times the cost of the first option; NANs for that one */
	bool apart;           /* from the first, with and without the disturbed samples */
};

/* A workload. */
struct workload {
	const char *source;
	const char *kind; /* "loop", "camera", "encoder" */
	const char *order;
	const char *device; /* "noncoherent"; "drm": a DRM driver imports the buffer */
	double bytes, touched, frames, ring, maps, stride;
	double core; /* 1 + the number of the core type that measured; 0: the machine has one */
	/* What the CPU's accesses meet. Emulation shows no difference between them: it can compare only within one. */
	enum memory_type memory;
	struct choice_option *option; /* by cost, the cheapest first */
	size_t nr_options;
	enum choice_verdict verdict;
	bool granularity_decided; /* among the options of the first one's policy; true when it is the only one */
	const struct choice_option *next; /* the cheapest of another policy; NULL: there is none */
};

struct choice {
	struct workload *
		workload; /* by source, core, kind, device, order, maps, stride, ring, memory, frames, bytes, touched */
	size_t nr_workloads;
	size_t comparisons;    /* the m above */
	size_t invalid;        /* frames excluded: most samples have unexpected fault counts */
	size_t without_figure; /* frames excluded: every sample was disturbed */
	const struct record *record;
};

/* Fill @choice, freed by choice_free(); it points into @record, which is summarised. 0 or -ENOMEM. */
int choice_make(const struct record *record, struct choice *choice);
void choice_free(struct choice *choice);

/* What the CPU's accesses meet under a policy; MEMORY_ANY for a name that is not one policy. */
enum memory_type policy_memory(const char *policy);
/* The cheapest option of that policy; NULL when it was not measured. */
const struct choice_option *workload_option(const struct workload *workload, const char *policy);
/* Does another CPU pay for the page faults? Then neither they nor its time are in the figure. */
bool option_is_threaded(const struct config_result *config);
/* Is it one policy? A policy whose faults another CPU takes is another one. */
bool option_same_policy(const struct config_result *a, const struct config_result *b);
/* The cheapest option of the policy of @config; NULL when the workload has none. */
const struct choice_option *workload_cheapest(const struct workload *workload, const struct config_result *config);
/* The cheapest option of each other policy, one call for each; NULL: there are no more. */
const struct choice_option *workload_other_policy(const struct workload *workload, size_t nth);
/* Did userspace perform the policies? Then the difference is a break-even and names no winner. */
bool workload_is_imitated(const struct workload *workload);
/* Is another policy apart from the first option? A difference that may be 0 is no break-even. */
bool workload_has_break_even(const struct workload *workload);

/* Where two lines cross. */
struct crossing {
	double at;
	double lower, upper; /* its interval; a bound that lies outside of what was measured is NAN */
	bool decided;        /* on either side of it some point tells the lines apart, each the other way round */
};

#define CROSSINGS_MAX 8

/**
 * crossings_find() - where the cost of one policy overtakes that of another
 * @x: @n growing values, such as touched fractions
 * @base: the cost of the second policy at each
 * @ratio: how many times that is the cost of the first, with its interval
 * @n: points, 2 or more for any crossing
 * @crossing: room for CROSSINGS_MAX
 *
 * Between two points costs are straight lines in @x, as costs per page are. The difference (ratio - 1) * base is
 * therefore one too, and so are its bounds; the interval of a crossing is where 0 lies between the bounds, which is how
 * Fieller's theorem inverts an interval (Fieller, Journal of the Royal Statistical Society B 16 (1954) 175). A bound of
 * NAN says nothing about where the crossing is.
 * Return: how many there are.
 */
size_t crossings_find(const double *x, const double *base, const struct estimate *ratio, size_t n,
		      struct crossing *crossing);

#endif

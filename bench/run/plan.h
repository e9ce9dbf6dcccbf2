/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: the configurations of a request that this machine can measure, and those that it cannot, with the reason.
 */
#ifndef ZAPBENCH_PLAN_H
#define ZAPBENCH_PLAN_H

#include "bench/case/case.h"
#include "bench/source/source.h"

enum profile { PROFILE_QUICK, PROFILE_MATRIX, PROFILE_COSTS, PROFILE_FULL, NR_PROFILES };

extern const char *const profile_names[NR_PROFILES + 1]; /* NULL-terminated */

/* The request of a user. Lists are NULL-terminated; an empty list means all. */
struct request {
	enum profile profile;
	const char **cases;
	const char **sources; /* "memfd", "dma-heap", "dma-heap:system" */
	bool halves;          /* each configuration twice, with config.half 1 and 2, to compare it with itself */
	struct sweep set;     /* replaces the sweeps of the profile */
};

struct config {
	const struct bench *bench;
	const struct source *source; /* NULL: the case uses none */
	char instance[INSTANCE_MAX];
	struct params params;  /* params[PARAM_POLICY] is the first of the policies */
	unsigned int policies; /* bits: those that make the same calls in this case */
	int half;              /* 1 or 2 where the request wants halves, else 0 */
	bool has_core;         /* the machine has several core types, and @core is the number of one */
	int core;
	char policy[64]; /* "eager+lazy" */
	char calls[512];
	char name[256];
};

struct plan_skip {
	char name[256];
	struct why why;
};

struct plan {
	struct config *config;
	size_t count;
	struct plan_skip *skipped;
	size_t nr_skipped;
};

/**
 * plan_make() - expand a request
 * @request: an unknown name is an error; the error suggests the nearest known name
 * @plan: the possible configurations, and the skipped ones with the reason; plan_free() frees it
 * @why: on error
 *
 * quick and matrix use the first source that this machine has, full uses all. A missing source that the user names is
 * an error. Return: 0, -EINVAL (usage), -ENOENT (nothing left to run) or -ENOMEM.
 */
int plan_make(const struct request *request, struct plan *plan, struct why *why);
void plan_free(struct plan *plan);
/* Skip the largest configurations until the buffers of the others fit into memory. 0 or -ENOMEM. */
int plan_fit(struct plan *plan, double available_bytes);
/* Each configuration once per core type; @numbers of the types. 0 or -ENOMEM. */
int plan_spread(struct plan *plan, const int *numbers, size_t count);
/* Move configuration @index to the skipped ones. 0 or -ENOMEM. */
int plan_skip(struct plan *plan, size_t index, const struct why *why);

/*
 * Does the plan measure anything of what was asked? A case without memory, such as null, measures the program itself:
 * it counts only when the request names it, or when nothing was skipped.
 */
bool plan_answers(const struct plan *plan, const struct request *request);
/* There is nothing to run: give the reason for which most were skipped; of several, the first. -ENOENT. */
int plan_nothing_left(const struct plan *plan, struct why *why);

/* The system calls of a policy in a case on a source, step by step, as text. */
void plan_calls(const struct bench *bench, const struct source *source, const struct params *params, char *text,
		size_t size);

#endif

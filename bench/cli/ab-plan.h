/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan of zapbench ab: what A and B are, the order of their runs, and which runs are done. It is a file, written
 * before each step, so that a plan can continue after an interruption or a reboot.
 */
#ifndef ZAPBENCH_AB_PLAN_H
#define ZAPBENCH_AB_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "bench/base/why.h"

enum { AB_PAIRS_MOST = 1000, AB_ATTEMPTS = 2 };

/* Both: one run that measures the memory of A and of B. */
enum ab_side { SIDE_A, SIDE_B, SIDE_BOTH, NR_SIDES };
extern const char *const ab_side_names[NR_SIDES]; /* "A", "B", "both" */

struct ab_run {
	enum ab_side side;
	bool done;
	int attempts;       /* that failed, or that no end is known of, since the plan was last resumed */
	int begun;          /* all attempts: each has a file of its own */
	double duration_s;  /* of the run, when it is done */
	char boot_id[40];   /* where the last attempt began; "": none did */
	char left_boot[40]; /* the boot in which the hook was called for this run; "": it was not */
	char kernel[160];   /* release and version, when it is done */
};

/* The texts belong to whoever made the plan, or to @json of a plan that was read. NULL: not given. */
struct ab_plan {
	uint64_t seed;               /* of the order */
	const char *folder;          /* where the commands are run: the working directory at the start */
	const char *command[2];      /* per side: the shell command that switches to it */
	const char *binary[2];       /* per side: its zapbench */
	const char *heap[2];         /* the sources that one run compares */
	const char *hook;            /* boots the kernel of a side */
	double reboot_wait_s;        /* from the end of the hook to the end of the boot */
	const char *const *argument; /* of zapbench run; NULL-terminated */
	struct ab_run *run;
	size_t nr_runs;
	json_t *json;
	const char **read_argument;
};

/* What comes next. */
enum ab_step { AB_RUN, AB_REBOOT, AB_GIVE_UP, AB_COMPARE };

/**
 * ab_plan_order() - draw the order of the runs
 * @plan: ->seed and ->heap are set; ->run is made here
 * @pairs: runs per side, 1 to AB_PAIRS_MOST; of no meaning with heaps, which are one run
 *
 * Two pairs in turn are ABBA or BAAB, as the seed says: a machine that drifts evenly favours neither side.
 * Return: 0 or -ENOMEM.
 */
int ab_plan_order(struct ab_plan *plan, size_t pairs);
void ab_plan_free(struct ab_plan *plan);

/* Write to a temporary file, fsync, rename. 0 or -errno with @why. */
int ab_plan_write(const struct ab_plan *plan, const char *path, struct why *why);
/* 0; -EINVAL for a file that is no plan, -ENOMEM or what opening gave, with @why. */
int ab_plan_read(const char *path, struct ab_plan *plan, struct why *why);

/* The first run that is not done; NULL: all are. */
struct ab_run *ab_plan_next(const struct ab_plan *plan);
/*
 * What to do now, in boot @boot_id. With a hook each run has a boot of its own, the one that the hook made for it: the
 * boot is what counts as one observation.
 */
enum ab_step ab_plan_step(const struct ab_plan *plan, const char *boot_id);

/* The next run begins, the hook is called, the next run is done. The plan has to be written after each. */
void ab_plan_begin(struct ab_plan *plan, const char *boot_id);
void ab_plan_reboot(struct ab_plan *plan, const char *boot_id);
void ab_plan_done(struct ab_plan *plan, const char *kernel, double duration_s);

/* The kernel of an earlier run of the same side, where it is not @kernel; NULL: there is none. */
const char *ab_plan_other_kernel(const struct ab_plan *plan, const char *kernel);
/* Did all runs that are done share the boot, or the kernel? */
bool ab_plan_one_boot(const struct ab_plan *plan);
bool ab_plan_one_kernel(const struct ab_plan *plan);
/* Seconds of measuring that are left, by the runs that are done; NAN before the first one. */
double ab_plan_left_s(const struct ab_plan *plan);

#endif

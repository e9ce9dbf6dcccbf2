/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Going on with a run that was stopped: its rounds count as long as the program, the machine and the plan are the same.
 */
#ifndef ZAPBENCH_RESUME_H
#define ZAPBENCH_RESUME_H

#include "bench/run/exchange.h"
#include "bench/run/plan.h"
#include "bench/record/record.h"

/* Is this program the one that began @record? 0, or -EPROTO with what differs. */
int resume_check_tool(const struct record *record, struct why *why);

/**
 * resume_check_machine() - may rounds measured here and now stand beside those of @record?
 * @record: of the run that was stopped
 * @now: the environment of this moment
 * @why: on error: the first fact that is another one
 *
 * Compared are the facts that a figure depends on and that do not change by themselves: hardware, kernel, command line,
 * CPUs, governor, limits of the frequency, huge pages, fault-around. The boot may be another one.
 * Return: 0 or -EPROTO.
 */
int resume_check_machine(const struct record *record, const struct facts *now, struct why *why);

/**
 * resume_match_plan() - leave in @plan what @record measures, in the same order
 * @record: of the run that was stopped
 * @plan: made of the same command; what that run skipped is skipped again
 * @why: on error: the first configuration that only one of them has
 *
 * Return: 0, -EPROTO or -ENOMEM.
 */
int resume_match_plan(const struct record *record, struct plan *plan, struct why *why);

/*
 * Is a sample of task @index, after the warm-up, what it was when the run began: as many operations, bytes and faults?
 * @expected: faults of the reference pass. 0 or -EPROTO.
 */
int resume_check_task(const struct config_result *result, const struct task *task, int64_t expected, struct why *why);

/* How long the rounds of @record took, in seconds. */
double resume_elapsed_s(const struct record *record);

#endif

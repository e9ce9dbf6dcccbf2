/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resume an interrupted run. Its rounds are valid if the program, the machine and the plan are still the same.
 */
#ifndef ZAPBENCH_RESUME_H
#define ZAPBENCH_RESUME_H

#include "bench/run/exchange.h"
#include "bench/run/plan.h"
#include "bench/record/record.h"

/* Did this version of zapbench start @record? 0, or -EPROTO with the difference. */
int resume_check_tool(const struct record *record, struct why *why);

/**
 * resume_check_machine() - are new rounds comparable with those of @record?
 * @record: of the interrupted run
 * @now: the present environment
 * @why: on error: the first fact that changed
 *
 * Compares facts that influence figures and do not change by themselves: hardware, kernel, command line, CPUs,
 * governor, frequency limits, huge pages, fault-around. A reboot is allowed.
 * Return: 0 or -EPROTO.
 */
int resume_check_machine(const struct record *record, const struct facts *now, struct why *why);

/**
 * resume_match_plan() - reduce @plan to the configurations of @record, in the same order
 * @record: of the interrupted run
 * @plan: of the same command; what the run skipped is skipped again
 * @why: on error: the first configuration that only one of them has
 *
 * Return: 0, -EPROTO or -ENOMEM.
 */
int resume_match_plan(const struct record *record, struct plan *plan, struct why *why);

/*
 * After the warm-up: does a sample of @task have the operations, bytes and faults that it had when the run started?
 * @expected: faults of the reference pass. 0 or -EPROTO.
 */
int resume_check_task(const struct config_result *result, const struct task *task, int64_t expected, struct why *why);

/* The total duration of the rounds of @record, in seconds. */
double resume_elapsed_s(const struct record *record);

#endif

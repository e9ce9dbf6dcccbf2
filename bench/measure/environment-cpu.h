/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about the measuring CPU, its heat and its power. Private to bench/measure/. */
#ifndef ZAPBENCH_ENVIRONMENT_CPU_H
#define ZAPBENCH_ENVIRONMENT_CPU_H

struct survey;

/* Each adds the facts of the group of its name that take more than one file. 0 or -ENOMEM. */
int environment_cpu(struct survey *survey);
int environment_thermal(struct survey *survey);
int environment_power(struct survey *survey);

#endif

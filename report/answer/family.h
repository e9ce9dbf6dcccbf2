/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Families of workloads: those that differ in one or two parameters only. A map and a crossover show one each. */
#ifndef ZAPBENCH_FAMILY_H
#define ZAPBENCH_FAMILY_H

#include "report/analysis/choice.h"
#include "report/render/words.h"

/* Values of one parameter that a figure has room for. */
#define LEVELS_MAX 32

/* A parameter is named by the offset of its double in struct workload. */
double workload_along(const struct workload *workload, size_t offset);
/* Is it the same frame, whatever the source and the memory type? */
bool workload_same_frame(const struct workload *a, const struct workload *b);
/* Are source, memory type and frame the same but for two parameters? */
bool workload_alike_but(const struct workload *a, const struct workload *b, size_t varies, size_t varies_too);

/**
 * family_members() - all workloads that differ from one only along two parameters
 * @first: index of that one
 * @member: room for as many as @choice has
 *
 * Return: how many there are; 0 when an earlier one has the same family.
 */
size_t family_members(const struct choice *choice, size_t first, size_t varies, size_t varies_too,
		      const struct workload **member);
/* The values of a parameter in @member, ascending, each once, into @value, with room for @n. Return: how many. */
size_t family_levels(const struct workload *const *member, size_t n, size_t offset, double *value);
/* What all members have in common, for a title. @without: the offset of what varies besides the size. */
struct words family_words(const struct workload *workload, size_t without);
/* A value of a parameter as text. */
struct words level_words(double value, size_t offset);

#endif

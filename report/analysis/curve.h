/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Curves of a record: configurations that differ in one parameter only, ordered by its value. */
#ifndef ZAPBENCH_CURVE_H
#define ZAPBENCH_CURVE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/record/record.h"

#define CURVE_POINTS_MAX 32

struct curve_point {
	double x;     /* the parameter */
	double value; /* the summary's median */
	double error; /* standard error of the value; NAN where not known */
	size_t index; /* of the configuration in the record */
};

/* Are two configurations alike in everything but the parameter @key, which both have? */
bool curve_same(const struct config_result *a, const struct config_result *b, const char *key);
/*
 * The curve that configuration @index begins: it and all that differ from it in the parameter @key only. @point has
 * room for CURVE_POINTS_MAX, and gets those with a figure, by growing @key; @count says how many. Return: whether it
 * begins one; not where an earlier configuration did, or it has no such parameter.
 */
bool curve_find(const struct record *record, size_t index, const char *key, struct curve_point *point, size_t *count);

#endif

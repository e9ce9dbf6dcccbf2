/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What frames would cost on a board: the modelled counts of a record, times the unit costs of the board. A class of
 * its own: an estimate is never among measured figures.
 */
#ifndef ZAPBENCH_ESTIMATES_H
#define ZAPBENCH_ESTIMATES_H

#include <stdio.h>

#include "report/analysis/choice.h"
#include "report/analysis/unit-costs.h"

#define ESTIMATE_SCHEMA "zapbench-estimate"

struct estimated_option {
	char *policy, *granularity; /* of the record */
	char *memory;               /* what the CPU sees: "cached", "write-combined" */
	double cost_ns;             /* per frame */
	double lower_ns, upper_ns;  /* with the bounds of the unit costs */
};

/* Which of two or more is cheapest, in words; see struct decision. */
struct estimated_answer {
	char *verdict;          /* "certain", "crossover" or "inconclusive"; "" where there is nothing to compare */
	size_t cheapest, rival; /* options of the frame, from 0; the rival is the one that the unit cost can prefer */
	double difference_ns;   /* that the runner-up costs more */
	char *unit;             /* "dc-cvac"; "" where no unit cost alone decides */
	double crossover_ns;    /* NAN without a unit */
	char *holds;            /* "above" or "below" the crossover; "" without a unit */
};

struct estimated_unit {
	char *event, *what;
	char *origin, *source; /* see struct unit_cost */
	double value_ns, lower_ns, upper_ns;
};

struct estimated_frame {
	struct workload workload; /* without its options */
	char *use, *order;
	struct estimated_option *option; /* the cheapest first */
	size_t nr_options;
	struct estimated_answer all;    /* among all options */
	struct estimated_answer memory; /* the cheapest cached against the cheapest write-combined one */
};

/* Which frames; a number of 0 or less: any. */
struct estimated_filter {
	double bytes, touched, maps, frames;
};

struct estimates {
	char *counts; /* the path of the record */
	char *model;  /* that counted, of the record */
	char *costs;  /* where the unit costs are from: "rk3399-a72", a path; "" for none */
	char *core;   /* whose unit costs they are, by the names of the models; "" where it is not known */
	struct estimated_unit *unit; /* those that some frame counts */
	size_t nr_units;
	struct estimated_frame *frame;
	size_t nr_frames;
};

/*
 * Estimate the frames of @record, which is summarised and kept as long as the estimates. .counts, .costs and .core are
 * the caller's. 0, -ENODATA with @why where there are no modelled counts or no frame passes @filter, or -ENOMEM.
 */
int estimates_make(const struct record *record, const struct unit_costs *costs, const struct estimated_filter *filter,
		   struct estimates *estimates, struct why *why);
void estimates_free(struct estimates *estimates);

/* As JSON, described by zapbench-estimate.schema.json. 0 or -errno. */
int estimates_write(const struct estimates *estimates, FILE *out);

#endif

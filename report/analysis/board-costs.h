/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The unit costs of a board: which events have one, which are published, which a board's own run measures. All others
 * are unknown, with bounds that are thought possible.
 */
#ifndef ZAPBENCH_BOARD_COSTS_H
#define ZAPBENCH_BOARD_COSTS_H

#include "bench/base/why.h"
#include "bench/record/record.h"
#include "report/analysis/unit-costs.h"

/* What has a unit cost: the modelled counts that it adds up, and the bounds of an unknown cost. */
struct unit {
	const char *event;
	const char *counts[6]; /* of a record; NULL-terminated */
	double lower_ns, upper_ns;
	const char *what; /* one event of it */
};

extern const struct unit units[];
extern const size_t nr_units;
const char *unit_what(const char *event); /* "" for no such event */

/* Figures that others published, each with its source. NAN: that bound is not published. */
struct published_cost {
	const char *event;
	double lower_ns, upper_ns;
	const char *source;
};

struct published_board {
	const char *name;                  /* "rk3399-a72" */
	const char *core;                  /* of a model: "cortex-a72" */
	const struct published_cost *cost; /* up to an event of NULL */
};

extern const struct published_board published_boards[];               /* up to a name of NULL */
const struct published_board *published_board_find(const char *name); /* NULL: there is none */

/* Every unit cost unknown. */
void board_costs_unknown(struct unit_costs *costs);
void board_costs_published(const struct published_board *board, struct unit_costs *costs);
/*
 * What a run of profile costs measured. @record is summarised, and kept as long as @costs. -EINVAL for an emulated
 * record, -ENODATA where it holds no configuration of that profile.
 */
int board_costs_measured(const struct record *record, struct unit_costs *costs, struct why *why);
/* "dc-cvac=4.1" or "dc-cvac=4..6", in ns. -EINVAL with the reason. */
int board_costs_give(const char *text, struct unit_costs *costs, struct why *why);

/* The modelled counts of a configuration per operation. False: it has none. */
bool board_counts(const struct config_result *config, struct option_counts *counts);

#endif

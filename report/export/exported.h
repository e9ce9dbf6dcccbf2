/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input of the export formats: the figures of results, each with its unit and its configuration. Only measured
 * figures are there, so no format has to test whether a value is a number. Private to export*.c.
 */
#ifndef ZAPBENCH_REPORT_EXPORTED_H
#define ZAPBENCH_REPORT_EXPORTED_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/record/record.h"
#include "bench/base/why.h"
#include "report/analysis/fits-cache.h"

enum exported_kind {
	EXPORTED_MEDIAN,   /* per operation; less is better */
	EXPORTED_SPREAD,   /* minimum and percentiles over rounds of the same */
	EXPORTED_SINGLE,   /* percentiles of single faults or frames, ns */
	EXPORTED_FAULTS,   /* per operation */
	EXPORTED_RATE,     /* bytes or faults a second; more is better */
	EXPORTED_COUNTED,  /* an event per operation, or what the kernel itself timed */
	EXPORTED_MODELLED, /* an event per operation that a model of caches and TLBs counted; the unit says so */
	EXPORTED_RATIO,    /* one event by another */
	EXPORTED_EXTRA,    /* what the case adds of its own */
};

/* One figure of one configuration. */
struct exported {
	enum exported_kind kind;
	const struct config_result *config; /* in the record */
	const char *name;                   /* "median", "p99", "page-faults"; static, or in the record */
	char *unit;                         /* "ns/page"; owned */
	struct estimate value;              /* finite; bounds, level: NAN where there are none; n: 0 not known */
};

/* One result. */
struct exported_record {
	const struct record *record;
	struct exported *figure; /* by configuration, in the record's order */
	size_t nr_figures;
};

/* What one file is made of: one result, or for a format of histories several, the oldest first. */
struct exports {
	struct exported_record *result;
	size_t nr_results;
};

/*
 * Collect the figures of @record, which must outlive them. Left out: configurations that are not valid, and of an
 * emulated record everything that is a time. 0 or -ENOMEM; exported_free() in any case.
 */
int exported_collect(const struct record *record, struct exported_record *exported);
void exported_free(struct exported_record *exported);
/* The figure of that kind of the configuration of that name; NULL when there is none. */
const struct exported *exported_find(const struct exported_record *exported, enum exported_kind kind, const char *name);
/*
 * Keep only medians of configurations that all results have: what a history can have as a column. @dropped: how many
 * medians were not, over all results. 0 or -ENOMEM.
 */
int exported_keep_common(struct exports *exports, size_t *dropped);
/* "refault/memfd/eager/page/4M ns/page": what a column is called. Owned by the caller; NULL without memory. */
char *exported_column(const struct exported_record *exported, const struct exported *figure);
/* Why a configuration has no figure, for people: "INVALID: ...". Return: @text. */
const char *exported_why_none(const struct config_result *config, char *text, size_t size);
/* Would that event have a figure if it was counted? Of emulated machines, only what the kernel counts. */
bool exported_counter(const struct config_result *config, const struct counter *counter, bool emulated);
/* May a cache hold all that the configuration works on? "true", "false"; "" where that is not known, as in emulation.
 */
const char *exported_fits_cache(const struct record *record, const struct config_result *config);
/* A fact of the machine that is a text, or "". */
const char *exported_fact(const struct record *record, const char *group, const char *key);

#endif

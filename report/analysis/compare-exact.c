// SPDX-License-Identifier: GPL-2.0-or-later
/* Emulated runs: the same rounds of two run sets, to the instruction. */
#include "report/analysis/compared.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct range {
	double least, most; /* NAN: of nothing */
};

static void range_add(struct range *range, double x)
{
	range->least = fmin(range->least, x);
	range->most = fmax(range->most, x);
}

/* Emulated runs: the cost of the rounds of each run set, and the difference of the same rounds. */
struct exact {
	struct range base, new, difference, ratio;
	size_t pairs;
};

static int exact_pair(const struct record *base, const struct record *new, const char *name, struct exact *exact)
{
	const struct config_result *a = find_config(base, name), *b = find_config(new, name);
	size_t rounds = base->nr_rounds < new->nr_rounds ? base->nr_rounds : new->nr_rounds;
	double *x, *y;
	int err = 0;

	if (!a || !b)
		return 0;
	x = calloc(base->nr_rounds + 1, sizeof(*x));
	y = calloc(new->nr_rounds + 1, sizeof(*y));
	if (!x || !y) {
		err = -ENOMEM;
		goto out_free;
	}
	config_values(base, a, x);
	config_values(new, b, y);
	for (size_t i = 0; i < rounds; i++) {
		if (!isfinite(x[i]) || !isfinite(y[i]) || x[i] <= 0)
			continue;
		range_add(&exact->base, x[i]);
		range_add(&exact->new, y[i]);
		/* in whole instructions: a fraction per operation would not come out the same in every round */
		range_add(&exact->difference, round(y[i] * (double)b->operations - x[i] * (double)a->operations));
		range_add(&exact->ratio, y[i] / x[i]);
		exact->pairs++;
	}
out_free:
	free(y);
	free(x);
	return err;
}

/*
 * A run under -icount repeats itself to the instruction, so that what the same rounds differ by is what the kernels
 * differ by: the same in every round, it is certain, however small. But a kernel of another length also moves the
 * timer's interrupts into other regions. Where the differences are not the same, a gap between the run sets must
 * therefore be wider than their rounds spread, as in record_compare().
 */
static enum verdict exact_verdict(const struct exact *exact)
{
	double spread = exact->base.most - exact->base.least + exact->new.most - exact->new.least;

	if (exact->difference.least == exact->difference.most) {
		if (exact->difference.least == 0)
			return VERDICT_SAME;
		return exact->difference.least > 0 ? VERDICT_SLOWER : VERDICT_FASTER;
	}
	if (exact->new.least - exact->base.most > spread)
		return VERDICT_SLOWER;
	return exact->base.least - exact->new.most > spread ? VERDICT_FASTER : VERDICT_UNDECIDED;
}

int compare_exactly(const struct run_set *base, const struct run_set *new, double *x, double *y, struct compared *row)
{
	static const struct range none = { NAN, NAN };
	struct exact exact = { none, none, none, none, 0 };
	double faults = row->new_faults > 0 ? row->new_faults : 1;
	int err;

	row->method = (char *)"exact";
	err = compared_medians(base, new, true, x, y, row);
	if (err)
		return err;
	for (size_t i = 0; i < base->nr_records && !err; i++) {
		for (size_t j = 0; j < new->nr_records && !err; j++)
			err = exact_pair(base->record[i], new->record[j], row->name, &exact);
	}
	row->ratio = (struct estimate){ row->new / row->base, exact.ratio.least, exact.ratio.most, NAN, exact.pairs };
	row->per_fault = (row->new - row->base) / faults;
	row->verdict = exact.pairs ? exact_verdict(&exact) : VERDICT_UNDECIDED;
	if (!exact.pairs)
		why_set(&row->why, 0, NULL, "no round is valid in both run sets");
	else if (row->verdict == VERDICT_UNDECIDED)
		why_set(&row->why, 0, "compare the kernel's own counts in the records",
			"the difference is not larger than what timer interrupts add to a region");
	return err;
}

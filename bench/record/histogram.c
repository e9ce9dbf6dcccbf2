// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/record/histogram.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_histogram.h>

#define OCTAVES 36
#define BINS_PER_OCTAVE HISTOGRAM_BINS_PER_OCTAVE
#define NR_BINS (OCTAVES * BINS_PER_OCTAVE + 2)
#define TAIL_EVENTS_MIN 10

/* Made by hand around GSL's struct: gsl_histogram_alloc() calls abort() without memory. */
struct histogram {
	gsl_histogram gsl;
	double edge[NR_BINS + 1];
	double count[NR_BINS];
};

struct histogram *histogram_new(void)
{
	struct histogram *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->gsl.n = NR_BINS;
	h->gsl.range = h->edge;
	h->gsl.bin = h->count;
	h->edge[0] = 0;
	for (size_t i = 0; i <= OCTAVES * BINS_PER_OCTAVE; i++)
		h->edge[i + 1] = ldexp(1 + (double)(i % BINS_PER_OCTAVE) / BINS_PER_OCTAVE, (int)(i / BINS_PER_OCTAVE));
	h->edge[NR_BINS] = INFINITY;
	return h;
}

void histogram_free(struct histogram *h)
{
	free(h);
}

void histogram_add(struct histogram *h, double ns)
{
	if (isnan(ns))
		return;
	/* A clock that stepped back gives a negative time; GSL would drop it, and infinity, in silence */
	gsl_histogram_increment(&h->gsl, fmin(fmax(ns, 0), DBL_MAX));
}

int histogram_add_bin(struct histogram *h, size_t bin, double count)
{
	if (bin >= NR_BINS)
		return -ERANGE;
	/* Larger counts are not exact, and their sum need not fit into an integer. */
	if (!(count >= 0 && h->count[bin] + count <= 0x1p53))
		return -EINVAL;
	h->count[bin] += count;
	return 0;
}

double histogram_total(const struct histogram *h)
{
	return gsl_histogram_sum(&h->gsl);
}

size_t histogram_bins(const struct histogram *h)
{
	return gsl_histogram_bins(&h->gsl);
}

double histogram_count(const struct histogram *h, size_t bin)
{
	return bin < NR_BINS ? h->count[bin] : NAN;
}

void histogram_edges(const struct histogram *h, size_t bin, double *lower_ns, double *upper_ns)
{
	*lower_ns = bin < NR_BINS ? h->edge[bin] : NAN;
	*upper_ns = bin < NR_BINS ? h->edge[bin + 1] : NAN;
}

/* The middle of the last bin is INFINITY: all that is known of its events is that they are longer than 69 s. */
double histogram_quantile(const struct histogram *h, double p)
{
	double total = histogram_total(h), seen = 0;

	/* 0.9 of 100 events leaves 9.999999999999998 beyond it */
	if (!(total * fmin(p, 1 - p) >= TAIL_EVENTS_MIN * (1 - 1e-9)))
		return NAN;
	for (size_t bin = 0; bin < NR_BINS; bin++) {
		seen += h->count[bin];
		if (seen >= p * total)
			return (h->edge[bin] + h->edge[bin + 1]) / 2;
	}
	return NAN;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log-linear histogram of durations in nanoseconds: 16 equal bins per octave from 1 ns to 2^36 ns (69 s), so no bin
 * is wider than 6.25 % of its lower edge. One more bin below and one above. gsl_histogram keeps the counts.
 */
#ifndef ZAPBENCH_HISTOGRAM_H
#define ZAPBENCH_HISTOGRAM_H

#include <stddef.h>

#define HISTOGRAM_BINS_PER_OCTAVE 16

struct histogram;

struct histogram *histogram_new(void); /* owned by the caller; NULL without memory */
void histogram_free(struct histogram *h);
void histogram_add(struct histogram *h, double ns);
/* Add @count events to bin @bin, as read back from a record. -ERANGE when there is no such bin. */
int histogram_add_bin(struct histogram *h, size_t bin, double count);
double histogram_total(const struct histogram *h);
size_t histogram_bins(const struct histogram *h);
double histogram_count(const struct histogram *h, size_t bin);
/* Edges of a bin in ns: the first bin starts at 0, the last ends at INFINITY. */
void histogram_edges(const struct histogram *h, size_t bin, double *lower_ns, double *upper_ns);
/* Middle of the bin that holds quantile @p of all events; NAN when empty or when fewer than 10 events lie beyond it. */
double histogram_quantile(const struct histogram *h, double p);

#endif

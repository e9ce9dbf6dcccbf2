// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How often does change detection alarm for nothing, and how soon does it find what was planted? Simulated years,
 * looked at every night with what was known then. Argument: how many years. TAP, with the figures; a new alarm is a
 * change that is called (not suspect, no blip) more than 5 runs from where one was called before.
 *
 * A night is a lognormal round its level: a width of noise is its sigma. One in a hundred is an outlier, as something
 * else ran; two in a hundred are missing, which a series does not show.
 */
#include <gsl/gsl_cdf.h>

#include "report/analysis/changes.h"
#include "report/test/simulated.h"

enum { NIGHTS = 365, BEFORE = 100, RUNS = BEFORE + NIGHTS, SAME = 5 };

#define SIGMA 0.03
#define OUTLIERS 0.01

struct year {
	size_t step_at;
	double step, drift; /* widths of noise; of the drift in a year */
	double noise;       /* times as much from step_at on */
	size_t runs, from;  /* the first night that is looked at */
	bool exact;
};

static void plant(gsl_rng *rng, const struct year *year, struct estimate *x)
{
	for (size_t i = 0; i < year->runs; i++) {
		bool late = i >= year->step_at;
		double level = (late ? year->step : 0) + year->drift * (double)i / NIGHTS;
		double ns = 1000 * exp(SIGMA * level) * gsl_ran_lognormal(rng, 0, SIGMA * (late ? year->noise : 1));

		if (gsl_rng_uniform(rng) < OUTLIERS)
			ns *= 1 + gsl_ran_exponential(rng, 0.5);
		/* Instructions: the same in each run, but one more by a step, and interrupts that move the slowest
		 * round. */
		if (year->exact)
			ns = 1000 + (late ? year->step : 0);
		x[i] = (struct estimate){ ns, ns, ns + (double)gsl_rng_uniform_int(rng, 2), NAN, 3 };
		if (year->exact)
			x[i].upper = ns;
	}
}

struct seen {
	size_t alarms, suspects, found_after; /* nights to the first alarm next to the step; 0: none */
};

static struct seen look(const struct year *year, const struct estimate *x)
{
	size_t known[NIGHTS], count;
	struct seen seen = { 0, 0, 0 };
	struct change *change;

	for (size_t n = year->from; n <= year->runs; n++) {
		must(!changes_find(x, n, year->exact, 0, &change, &count));
		for (size_t i = 0; i < count; i++) {
			size_t begin = change[i].begin;
			bool old = false;

			seen.suspects += change[i].kind == CHANGE_SUSPECT;
			if (change[i].kind == CHANGE_SUSPECT || change[i].kind == CHANGE_BLIP)
				continue;
			for (size_t j = 0; j < seen.alarms; j++)
				old |= begin <= known[j] + SAME && known[j] <= begin + SAME;
			if (old || seen.alarms == NIGHTS)
				continue;
			known[seen.alarms++] = begin;
			if (!seen.found_after && year->drift > 0)
				seen.found_after = n;
			if (!seen.found_after && begin + SAME >= year->step_at && begin <= year->step_at + SAME)
				seen.found_after = n - year->step_at;
		}
		free(change);
	}
	return seen;
}

static unsigned int number, bad;

/* Each figure may exceed what it should be by what chance does in 1 of 100 replays: the more years, the less. */
static void tell(bool good, const char *what, size_t count, size_t of, const char *limit)
{
	printf("%s %u - %s: %.3f (%zu of %zu; %s)\n", good ? "ok" : "not ok", ++number, what,
	       (double)count / (double)of, count, of, limit);
	bad += !good;
}

/* Alarms in that many years: at most so many a year. */
static size_t at_most(gsl_rng *rng, size_t years, const struct year *year, double most, const char *what)
{
	struct estimate x[RUNS];
	size_t alarms = 0, suspects = 0;
	char limit[60];

	for (size_t i = 0; i < years; i++) {
		struct seen seen;

		plant(rng, year, x);
		seen = look(year, x);
		alarms += seen.alarms;
		suspects += seen.suspects;
	}
	snprintf(limit, sizeof(limit), "at most %.2f", most);
	tell(!alarms || gsl_cdf_poisson_Q((unsigned int)alarms - 1, most * (double)years) >= 0.01, what, alarms, years,
	     limit);
	return suspects;
}

/* Steps found within so many nights: at least this fraction. */
static void at_least(gsl_rng *rng, size_t trials, struct year year, size_t within, double least, const char *what)
{
	struct estimate x[RUNS];
	size_t found = 0;
	char limit[60];

	for (size_t i = 0; i < trials; i++) {
		year.step_at = BEFORE + gsl_rng_uniform_int(rng, BEFORE);
		year.from = year.step_at + 1;
		year.runs = year.step_at + within;
		if (year.drift > 0) { /* which has no step */
			year.from = BEFORE;
			year.runs = RUNS;
		}
		plant(rng, &year, x);
		found += look(&year, x).found_after != 0;
	}
	snprintf(limit, sizeof(limit), "at least %.2f", least);
	tell(gsl_cdf_binomial_P((unsigned int)found, least, (unsigned int)trials) >= 0.01, what, found, trials, limit);
}

int main(int argc, char **argv)
{
	const struct year quiet = { .step_at = RUNS, .noise = 1, .runs = RUNS, .from = BEFORE };
	struct year young = quiet, noisy = quiet, calm = quiet, exact = quiet;
	size_t years = argc == 2 ? strtoul(argv[1], NULL, 10) : 0, suspects;
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	must(rng);
	if (!years) {
		fprintf(stderr, "usage: replay YEARS\n");
		return 2;
	}
	young.from = CHANGES_RUNS_MIN;
	noisy.step_at = calm.step_at = 200;
	noisy.noise = 3;
	calm.noise = 0.3;
	exact.exact = true;
	suspects = at_most(rng, years, &quiet, 0.2, "alarms a series and year, nothing planted");
	printf("# %.2f nights a year stood out and would be measured again\n", (double)suspects / (double)years);
	at_most(rng, years, &young, 0.2 * (RUNS - CHANGES_RUNS_MIN) / NIGHTS,
		"alarms of a series in its first 15 months");
	at_least(rng, 10 * years, (struct year){ .noise = 1, .step = 3 }, 5, 0.9,
		 "steps of 3 widths found within 5 nights");
	at_least(rng, 10 * years, (struct year){ .noise = 1, .step = -3 }, 5, 0.9,
		 "steps of -3 widths found within 5 nights");
	at_least(rng, 10 * years, (struct year){ .noise = 1, .step = 2 }, 10, 0.8,
		 "steps of 2 widths found within 10 nights");
	at_least(rng, years, (struct year){ .noise = 1, .drift = 4 }, NIGHTS, 0.9,
		 "drifts of 4 widths a year found in a year");
	at_most(rng, years, &noisy, 1, "alarms of noise that triples");
	at_most(rng, years, &calm, 0.2, "alarms of noise that falls to a third");
	at_most(rng, years, &exact, 0, "alarms of exact series");
	at_least(rng, 10 * years, (struct year){ .noise = 1, .step = 1, .exact = true }, 1, 1,
		 "one instruction of 1000 found in the first night");
	printf("1..%u\n", number);
	gsl_rng_free(rng);
	return bad != 0;
}

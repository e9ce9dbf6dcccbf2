// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How often does change detection alarm for nothing, and how soon does it find what was planted? Simulated years,
 * looked at every night with what was known then. Argument: how many years. TAP, with the figures and their intervals;
 * a new alarm is a change that is called (not suspect, no blip) more than 5 runs from where one was called before. A
 * night runs once, and where that leaves a suspect twice more, as scripts/nightly.sh does.
 *
 * A run is a lognormal round its level: a width of noise is its sigma, also where runs depend on each other. Then each
 * run is as far off as rho times the one before, and all runs of a boot, which lasts a week, share 20 % of the
 * variance. One run in a hundred is an outlier, as something else ran.
 */
#include <gsl/gsl_cdf.h>

#include "report/analysis/changes.h"
#include "report/test/simulated.h"

enum { NIGHTS = 365, BEFORE = 100, ALL = BEFORE + NIGHTS, SAME = 5 };
/* As scripts/nightly.sh and finding_is_suspect() have it. */
enum { AGAIN = 2, FRESH = 5, RUNS_MOST = ALL * (1 + AGAIN) };

#define SIGMA 0.03
#define OUTLIERS 0.01
#define BOOT_NIGHTS 7
#define BOOT_PART 0.2 /* of the variance */
#define BOARD 60      /* series of a board */

struct year {
	size_t step_at;
	double step, drift;  /* widths of noise; of the drift in a year */
	double noise;        /* times as much from step_at on */
	size_t nights, from; /* the first night that is looked at */
	bool exact;
	double rho;    /* correlation of a run with the one before */
	double within; /* the same of runs of one night; 0: rho */
	bool reboots;  /* weekly; else nothing is known of boots */
	size_t series; /* of the board */
};

/* A series as it grows. */
struct runs {
	struct estimate x[RUNS_MOST];
	size_t boot[RUNS_MOST];
	size_t n, night;            /* runs; that the newest is of */
	size_t step_at;             /* the first run of the new level */
	double wander, of_boot;     /* how far the newest run is off, in widths of noise */
	size_t first_boot, of_week; /* nights that the first boot has lasted when the series begins; the newest boot */
};

static void begin(gsl_rng *rng, struct runs *runs)
{
	runs->n = runs->night = 0;
	runs->step_at = RUNS_MOST;
	runs->wander = gsl_ran_ugaussian(rng);
	runs->of_boot = gsl_ran_ugaussian(rng);
	runs->first_boot = gsl_rng_uniform_int(rng, BOOT_NIGHTS);
	runs->of_week = 0;
}

/* How far one more run is off its level, in widths of noise. */
static double next_off(gsl_rng *rng, const struct year *year, size_t night, struct runs *runs)
{
	double part = year->reboots ? BOOT_PART : 0;
	double rho = runs->n && night == runs->night && year->within > 0 ? year->within : year->rho;
	size_t week = (night + runs->first_boot) / BOOT_NIGHTS;

	runs->night = night;
	runs->wander = rho * runs->wander + sqrt(1 - rho * rho) * gsl_ran_ugaussian(rng);
	if (week != runs->of_week)
		runs->of_boot = gsl_ran_ugaussian(rng);
	runs->of_week = week;
	return sqrt(1 - part) * runs->wander + sqrt(part) * runs->of_boot;
}

static void measure(gsl_rng *rng, const struct year *year, size_t night, struct runs *runs)
{
	bool late = night >= year->step_at;
	double level = (late ? year->step : 0) + year->drift * (double)night / NIGHTS;
	double off = next_off(rng, year, night, runs), ns;
	size_t i = runs->n++;

	ns = 1000 * exp(SIGMA * (level + off * (late ? year->noise : 1)));
	if (gsl_rng_uniform(rng) < OUTLIERS)
		ns *= 1 + gsl_ran_exponential(rng, 0.5);
	/* Instructions: the same in each run, but one more by a step, and interrupts that move the slowest round. */
	if (year->exact)
		ns = 1000 + (late ? year->step : 0);
	runs->x[i] = (struct estimate){ ns, ns, ns + (double)gsl_rng_uniform_int(rng, 2), NAN, 3 };
	if (year->exact)
		runs->x[i].upper = ns;
	runs->boot[i] = runs->of_week;
	if (late && i < runs->step_at)
		runs->step_at = i;
}

struct seen {
	size_t alarms, again; /* nights that measured again */
	size_t found_after;   /* nights to the first alarm next to the step; 0: none */
	size_t known[NIGHTS]; /* where alarms were */
};

static bool is_near(size_t a, size_t b)
{
	return a <= b + SAME && b <= a + SAME;
}

/* What is known after these runs. Is anything to be measured again? As finding_is_suspect(). */
static bool look(const struct year *year, const struct runs *runs, size_t night, struct seen *seen)
{
	struct changes_input input = {
		.x = runs->x,
		.boot = year->reboots ? runs->boot : NULL,
		.n = runs->n,
		.series = year->series,
		.exact = year->exact,
	};
	bool suspect = false;
	struct change *change;
	size_t count;

	must(!changes_find(&input, &change, &count));
	for (size_t i = 0; i < count; i++) {
		size_t begin = change[i].begin;
		bool old = false;

		suspect |= change[i].kind == CHANGE_SUSPECT ||
			   (change[i].end == runs->n && runs->n - begin <= FRESH && change[i].ratio.value > 1);
		if (change[i].kind == CHANGE_SUSPECT || change[i].kind == CHANGE_BLIP)
			continue;
		for (size_t j = 0; j < seen->alarms; j++)
			old |= is_near(begin, seen->known[j]);
		if (old || seen->alarms == NIGHTS)
			continue;
		seen->known[seen->alarms++] = begin;
		if (!seen->found_after && year->drift > 0)
			seen->found_after = night;
		if (!seen->found_after && is_near(begin, runs->step_at))
			seen->found_after = night + 1 - year->step_at;
	}
	free(change);
	return suspect && !year->exact;
}

static void nights(gsl_rng *rng, const struct year *year, struct seen *seen)
{
	static struct runs runs;

	*seen = (struct seen){ 0 };
	begin(rng, &runs);
	for (size_t night = 0; night < year->nights; night++) {
		measure(rng, year, night, &runs);
		if (night + 1 < year->from || !look(year, &runs, night, seen))
			continue;
		seen->again++;
		for (size_t i = 0; i < AGAIN; i++)
			measure(rng, year, night, &runs);
		look(year, &runs, night, seen);
	}
}

static unsigned int number, bad;

/*
 * Each figure may exceed what it should be by what chance does in 1 of 100 replays: the more years, the less. The
 * interval is exact: Poisson's for alarms, the binomial for what is found (Garwood 1936; Clopper and Pearson 1934).
 */
static void tell(bool good, const char *what, size_t count, size_t of, const double interval[2], const char *limit)
{
	printf("%s %u - %s: %.3f (%zu of %zu, 95 %% interval %.3f to %.3f; %s)\n", good ? "ok" : "not ok", ++number,
	       what, (double)count / (double)of, count, of, interval[0], interval[1], limit);
	bad += !good;
}

static void poisson(size_t count, size_t years, double interval[2])
{
	interval[0] = count ? gsl_cdf_gamma_Pinv(0.025, (double)count, 1) / (double)years : 0;
	interval[1] = gsl_cdf_gamma_Pinv(0.975, (double)count + 1, 1) / (double)years;
}

static void binomial(size_t count, size_t of, double interval[2])
{
	double n = (double)of, k = (double)count;

	interval[0] = count ? gsl_cdf_beta_Pinv(0.025, k, n - k + 1) : 0;
	interval[1] = count < of ? gsl_cdf_beta_Pinv(0.975, k + 1, n - k) : 1;
}

/* Alarms in that many years: at most so many a year. */
static size_t at_most(gsl_rng *rng, size_t years, const struct year *year, double most, const char *what)
{
	size_t alarms = 0, again = 0;
	double interval[2];
	char limit[60];

	for (size_t i = 0; i < years; i++) {
		struct seen seen;

		nights(rng, year, &seen);
		alarms += seen.alarms;
		again += seen.again;
	}
	snprintf(limit, sizeof(limit), "at most %.3f", most);
	poisson(alarms, years, interval);
	tell(!alarms || gsl_cdf_poisson_Q((unsigned int)alarms - 1, most * (double)years) >= 0.01, what, alarms, years,
	     interval, limit);
	return again;
}

/* Steps found within so many nights: at least this fraction. */
static void at_least(gsl_rng *rng, size_t trials, struct year year, size_t within, double least, const char *what)
{
	double interval[2];
	size_t found = 0;
	char limit[60];

	for (size_t i = 0; i < trials; i++) {
		struct seen seen;

		year.step_at = BEFORE + gsl_rng_uniform_int(rng, BEFORE);
		year.from = year.step_at + 1;
		year.nights = year.step_at + within;
		if (year.drift > 0) { /* which has no step */
			year.from = BEFORE;
			year.nights = ALL;
		}
		nights(rng, &year, &seen);
		found += seen.found_after != 0;
	}
	snprintf(limit, sizeof(limit), "at least %.2f", least);
	binomial(found, trials, interval);
	tell(gsl_cdf_binomial_P((unsigned int)found, least, (unsigned int)trials) >= 0.01, what, found, trials,
	     interval, limit);
}

/*
 * Runs that depend on each other. False alarms of one series, and of one of the sixty of a board, which together have
 * 2 per year; steps of either.
 */
static void dependent(gsl_rng *rng, size_t years)
{
	static const struct {
		double rho, within;
		bool reboots;
		double found, found_on_board; /* at least this part of steps of 3 widths within 5 nights */
		const char *name;
	} kind[] = {
		{ 0, 0, false, 0.95, 0.9, "independent runs" },
		{ 0.3, 0, false, 0.8, 0.8, "rho 0.3" },
		{ 0.3, 0.6, false, 0.8, 0.7, "rho 0.3, 0.6 in a night" },
		{ 0.5, 0, false, 0.65, 0.55, "rho 0.5" },
		{ 0, 0, true, 0.8, 0.7, "weekly reboots" },
		{ 0.3, 0, true, 0.65, 0.5, "rho 0.3, weekly reboots" },
		{ 0.5, 0, true, 0.45, 0.3, "rho 0.5, weekly reboots" },
	};

	for (size_t i = 0; i < 2 * sizeof(kind) / sizeof(kind[0]); i++) {
		bool board = i % 2;
		struct year year = { .step_at = ALL,
				     .noise = 1,
				     .nights = ALL,
				     .from = BEFORE,
				     .rho = kind[i / 2].rho,
				     .within = kind[i / 2].within,
				     .reboots = kind[i / 2].reboots,
				     .series = board ? BOARD : 1 };
		const char *of = board ? "one of 60 series" : "one series";
		char what[120];

		snprintf(what, sizeof(what), "%s, %s, alarms per year", kind[i / 2].name, of);
		at_most(rng, years, &year, board ? 2.0 / BOARD : 0.2, what);
		year.step = 3;
		snprintf(what, sizeof(what), "%s, %s, steps of 3 widths found within 5 nights", kind[i / 2].name, of);
		at_least(rng, 5 * years, year, 5, board ? kind[i / 2].found_on_board : kind[i / 2].found, what);
	}
}

int main(int argc, char **argv)
{
	const struct year quiet = { .step_at = ALL, .noise = 1, .nights = ALL, .from = BEFORE };
	struct year young = quiet, noisy = quiet, calm = quiet, exact = quiet;
	size_t years = argc == 2 ? strtoul(argv[1], NULL, 10) : 0, again;
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
	again = at_most(rng, years, &quiet, 0.2, "alarms per series and year, nothing planted");
	printf("# %.2f nights per year were measured again\n", (double)again / (double)years);
	at_most(rng, years, &young, 0.2 * (ALL - CHANGES_RUNS_MIN) / NIGHTS,
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
	dependent(rng, years);
	printf("1..%u\n", number);
	gsl_rng_free(rng);
	return bad != 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Do intervals and comparisons hold what they promise, on runs whose truth is known? statistics TIMES: simulates that
 * many tables and runs per line, and prints a line of TAP for each promise, with its rate and the 95 % interval of it.
 *
 *   coverage      how often the interval of a run's median, and of a ratio within a run, holds the truth, with rounds
 *                 that depend on each other as AR(1): 93 to 97 %
 *   false tables  in how many comparisons of equal kernels any row is called slower or faster: at most 5 %
 *   power         in how many tables a planted change is found
 *
 * The first tables of each line are also written as files, read again and compared: both must say the same.
 */
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report/analysis/compare.h"
#include "bench/base/text.h"
#include "report/test/simulated.h"

enum { ROWS = 6, BOOTS_MOST = 16, RUNS_MOST = 8, ROUNDS = 9, THROUGH_FILES = 5 };

static gsl_rng *rng;
static unsigned int tests, failed;

/* Wilson's (J. Am. Stat. Assoc. 22, 1927), at 95 %. */
static void interval_of(unsigned int hits, unsigned int times, double interval[2])
{
	double z = 1.959964, n = times, p = hits / n, middle = p + z * z / (2 * n);
	double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));

	interval[0] = (middle - half) / (1 + z * z / n);
	interval[1] = (middle + half) / (1 + z * z / n);
}

/*
 * A rate must be able to lie from @least to @most: its interval reaches into that range. From 1,000 times on a rate
 * that must not be above @most has its whole interval below it.
 */
static void promise(unsigned int hits, unsigned int times, double least, double most, const char *what)
{
	double interval[2];
	bool good;

	interval_of(hits, times, interval);
	good = interval[1] >= least && (times >= 1000 && !(least > 0) ? interval[1] : interval[0]) <= most && times;
	failed += !good;
	printf("%sok %u - %-66s %5.1f %% (%.1f to %.1f), promised %.0f to %.0f %%\n", good ? "" : "not ", ++tests, what,
	       100.0 * hits / times, 100 * interval[0], 100 * interval[1], 100 * least, 100 * most);
	fflush(stdout);
}

/* ---- intervals within a run ---- */

static void ar1(double rho, double *x, size_t n)
{
	double state = gsl_ran_ugaussian(rng);

	for (size_t i = 0; i < n; i++) {
		x[i] = exp(0.02 * state);
		state = rho * state + sqrt(1 - rho * rho) * gsl_ran_ugaussian(rng);
	}
}

struct coverage {
	unsigned int held, intervals; /* too few rounds for their dependence have no interval */
};

static void look(struct coverage *coverage, const struct estimate *e)
{
	coverage->held += e->lower <= 1 && 1 <= e->upper;
	coverage->intervals += !isnan(e->lower);
}

static void tell(const struct coverage *coverage, unsigned int times, const char *statistic, size_t n, double rho)
{
	char what[100];

	snprintf(what, sizeof(what), "coverage of a %s, %zu rounds, rho %.1f, %.0f %% have an interval", statistic, n,
		 rho, 100.0 * coverage->intervals / times);
	promise(coverage->held, coverage->intervals, 0.93, 0.97, what);
}

static void coverage_of(unsigned int times, double rho, size_t n)
{
	struct coverage of_median = { 0 }, of_ratio = { 0 };
	double x[400], y[400];

	for (unsigned int i = 0; i < times; i++) {
		struct estimate e;

		ar1(rho, x, n);
		ar1(rho, y, n);
		must(!stats_series_median(x, n, 0.95, &e, &(bool){ false }));
		look(&of_median, &e);
		must(!stats_series_ratio(x, y, n, 0.95, &e));
		look(&of_ratio, &e);
	}
	tell(&of_median, times, "median", n, rho);
	tell(&of_ratio, times, "ratio", n, rho);
}

/* ---- comparisons of run sets ---- */

struct design {
	const char *what;
	size_t boots[2], runs; /* per side; per boot */
	double boot_sd, run_sd;
	double drift;   /* per boot, whatever its side */
	bool in_blocks; /* all of base, then all of new; else in turn */
	bool uneven;    /* every second boot has one run only, of fewer rounds */
	double change;  /* of the first row of new */
	/* What makes it harder. */
	double new_sd;       /* times boot_sd: of the boots of new; 0: 1 */
	double shared;       /* the share of a boot's variance that all rows have in common */
	double rows_differ;  /* each row varies so many times as much as the one before; 0: 1 */
	bool any_difference; /* the threshold is 0 */
	bool whole_table;    /* the change is of all rows, and all must be found */
};

/* What one boot does to each row. */
static void draw_boot(const struct design *d, int side, double *of_boot)
{
	double sd = side && d->new_sd > 0 ? d->new_sd * d->boot_sd : d->boot_sd, common = gsl_ran_ugaussian(rng);

	for (size_t i = 0; i < ROWS; i++) {
		of_boot[i] = sd * (sqrt(d->shared) * common + sqrt(1 - d->shared) * gsl_ran_ugaussian(rng));
		if (d->rows_differ > 0)
			of_boot[i] *= pow(d->rows_differ, (double)i);
	}
}

static struct record *draw_run(const struct design *d, int side, size_t boot, size_t position, size_t run,
			       const double *of_boot, unsigned int number)
{
	struct record *record = simulated_record(number);
	struct fact *fact = (struct fact *)facts_find(&record->environment, "kernel", "boot_id");
	time_t at = 1767225600 + (time_t)(3600 * position + 60 * run);
	size_t rounds = d->uneven && boot % 2 ? ROUNDS / 3 + 3 : ROUNDS;
	char text[64];

	free(fact->value.text);
	snprintf(text, sizeof(text), "boot-%d-%zu", side, boot);
	fact->value.text = copied(text);
	free(record->started_at);
	date_of_seconds(at, text, sizeof(text));
	record->started_at = copied(text);
	for (size_t i = 0; i < ROWS; i++) {
		snprintf(text, sizeof(text), "refault/memfd/eager/page/%zuM", i + 1);
		simulated_config(record, text);
	}
	for (size_t i = 0; i < rounds; i++)
		must(!record_add_round(record));
	for (size_t i = 0; i < ROWS; i++) {
		struct config_result *config = &record->config[i];
		double of_run = of_boot[i] + gsl_ran_gaussian(rng, d->run_sd) + d->drift * (double)position +
				(side && (!i || d->whole_table) ? log(1 + d->change) : 0);

		for (size_t j = 0; j < rounds; j++) {
			config->column[0].value[j] = 256e3 * exp(of_run + gsl_ran_gaussian(rng, 0.003));
			config->column[1].value[j] = (double)config->faults_expected;
		}
	}
	for (size_t j = 0; j < rounds; j++)
		record->round_column[0].value[j] = 0;
	must(!record_summarise(record));
	return record;
}

/* When boot @boot of @side is measured: in blocks, or base and new in turn (ABBA). */
static size_t position_of(const struct design *d, int side, size_t boot)
{
	if (d->in_blocks)
		return side ? d->boots[0] + boot : boot;
	return 2 * boot + (size_t)(boot % 2 ? !side : side);
}

static void draw_sets(const struct design *d, struct run_set set[2])
{
	static unsigned int number;

	for (int side = 0; side < 2; side++) {
		set[side] = (struct run_set){ .path = copied(side ? "new" : "base"),
					      .record = calloc(BOOTS_MOST * RUNS_MOST, sizeof(struct record *)) };
		must(set[side].record);
		for (size_t boot = 0; boot < d->boots[side]; boot++) {
			size_t runs = d->uneven && boot % 2 ? 1 : d->runs;
			double of_boot[ROWS];

			draw_boot(d, side, of_boot);
			for (size_t run = 0; run < runs; run++)
				set[side].record[set[side].nr_records++] =
					draw_run(d, side, boot, position_of(d, side, boot), run, of_boot, number++);
		}
	}
}

struct outcome {
	bool any, found; /* any row is called different; all that changed are called slower */
};

static struct outcome outcome_of(const struct design *d, const struct run_set set[2])
{
	const struct compare_options options = { .threshold_percent = d->any_difference ? 0 : 1 };
	struct outcome outcome = { false, false };
	struct comparison comparison;
	size_t slower = 0;

	must(!compare_run_sets(&set[0], &set[1], &options, &comparison, NULL));
	for (size_t i = 0; i < comparison.nr_rows; i++) {
		const struct compared *row = &comparison.row[i];

		outcome.any |= row->verdict == VERDICT_SLOWER || row->verdict == VERDICT_FASTER;
		slower += row->verdict == VERDICT_SLOWER &&
			  (d->whole_table || !strcmp(row->name, "refault/memfd/eager/page/1M"));
	}
	outcome.found = slower == (d->whole_table ? ROWS : 1);
	comparison_free(&comparison);
	return outcome;
}

/* The same through files. */
static struct outcome outcome_of_files(const struct design *d, const struct run_set set[2])
{
	char folder[] = "/tmp/zapbench-statistics-XXXXXX", path[2][80], file[200];
	struct outcome outcome;
	struct run_set read[2];

	must(mkdtemp(folder));
	for (int side = 0; side < 2; side++) {
		snprintf(path[side], sizeof(path[side]), "%s/%d", folder, side);
		must(!mkdir(path[side], 0700));
		for (size_t i = 0; i < set[side].nr_records; i++) {
			snprintf(file, sizeof(file), "%s/%zu.json", path[side], i);
			must(!record_write(set[side].record[i], file, NULL));
		}
		must(!run_set_read(path[side], &read[side], NULL));
		for (size_t i = 0; i < read[side].nr_records; i++)
			must(!record_summarise(read[side].record[i]));
	}
	outcome = outcome_of(d, read);
	for (int side = 0; side < 2; side++) {
		run_set_free(&read[side]);
		for (size_t i = 0; i < set[side].nr_records; i++) {
			snprintf(file, sizeof(file), "%s/%zu.json", path[side], i);
			unlink(file);
		}
		rmdir(path[side]);
	}
	rmdir(folder);
	return outcome;
}

static void tables(unsigned int times, const struct design *d, double least, double most)
{
	unsigned int hits = 0, other = 0;

	for (unsigned int i = 0; i < times; i++) {
		struct run_set set[2];
		struct outcome outcome;

		draw_sets(d, set);
		outcome = outcome_of(d, set);
		hits += d->change > 0 ? outcome.found : outcome.any;
		if (i < THROUGH_FILES) {
			struct outcome of_files = outcome_of_files(d, set);

			other += of_files.any != outcome.any || of_files.found != outcome.found;
		}
		run_set_free(&set[0]);
		run_set_free(&set[1]);
	}
	promise(hits, times, least, most, d->what);
	if (other) {
		failed++;
		printf("not ok %u - %s: through files the same\n", ++tests, d->what);
	}
}

int main(int argc, char **argv)
{
	static const struct design equal[] = {
		{ .what = "false tables: 3 boots x 2 runs", .boots = { 3, 3 }, .runs = 2 },
		{ .what = "false tables: 3 boots x 4 runs", .boots = { 3, 3 }, .runs = 4 },
		{ .what = "false tables: 1 boot x 6 runs", .boots = { 1, 1 }, .runs = 6 },
		{ .what = "false tables: 2 boots x 3 runs", .boots = { 2, 2 }, .runs = 3 },
		{ .what = "false tables: 6 boots x 2 runs", .boots = { 6, 6 }, .runs = 2 },
		{ .what = "false tables: 12 boots x 1 run", .boots = { 12, 12 }, .runs = 1 },
		{ .what = "false tables: 3 and 6 boots, uneven runs", .boots = { 3, 6 }, .runs = 4, .uneven = true },
		{ .what = "false tables: 2 and 6 boots", .boots = { 2, 6 }, .runs = 2 },
		{ .what = "false tables: 6 boots, uneven rounds", .boots = { 6, 6 }, .runs = 1, .uneven = true },
		{ .what = "false tables: boots of new differ 3 times as much",
		  .boots = { 4, 4 },
		  .runs = 2,
		  .new_sd = 3 },
		{ .what = "false tables: a boot does the same to all rows", .boots = { 3, 3 }, .runs = 2, .shared = 1 },
		{ .what = "false tables: and half the same", .boots = { 3, 3 }, .runs = 2, .shared = 0.5 },
		{ .what = "false tables: each row twice as noisy", .boots = { 3, 3 }, .runs = 2, .rows_differ = 2 },
		{ .what = "false tables: each row 1.4 times as noisy",
		  .boots = { 3, 3 },
		  .runs = 2,
		  .rows_differ = 1.4 },
		{ .what = "false tables: each row twice as noisy, 6 boots",
		  .boots = { 6, 6 },
		  .runs = 1,
		  .rows_differ = 2 },
		{ .what = "false tables: drift of 1 % per boot, in turn",
		  .boots = { 4, 4 },
		  .runs = 2,
		  .boot_sd = 0.01,
		  .drift = 0.01 },
		{ .what = "false tables: drift of 1 % per boot, in blocks",
		  .boots = { 4, 4 },
		  .runs = 2,
		  .boot_sd = 0.01,
		  .drift = 0.01,
		  .in_blocks = true },
		{ .what = "false tables: in blocks, no drift", .boots = { 4, 4 }, .runs = 2, .in_blocks = true },
		{ .what = "false tables: 3 boots x 2 runs, threshold 0",
		  .boots = { 3, 3 },
		  .runs = 2,
		  .any_difference = true },
	};
	static const struct design changed[] = {
		{ .what = "+5 % is found: 6 boots x 2 runs", .boots = { 6, 6 }, .runs = 2, .change = 0.05 },
		{ .what = "+10 % is found: 3 boots x 2 runs", .boots = { 3, 3 }, .runs = 2, .change = 0.10 },
		{ .what = "+5 % in all six rows is found: 6 boots x 2 runs",
		  .boots = { 6, 6 },
		  .runs = 2,
		  .change = 0.05,
		  .whole_table = true },
		{ .what = "+10 % in all six rows is found: 3 boots x 2 runs",
		  .boots = { 3, 3 },
		  .runs = 2,
		  .change = 0.10,
		  .whole_table = true },
	};
	unsigned int times = argc == 2 ? (unsigned int)atoi(argv[1]) : 0;

	if (!times) {
		fputs("usage: statistics TIMES\n", stderr);
		return 2;
	}
	rng = gsl_rng_alloc(gsl_rng_mt19937);
	must(rng);
	gsl_rng_set(rng, 20261126);
	for (double rho = 0; rho < 0.7; rho += 0.3) {
		coverage_of(10 * times, rho, 30);
		coverage_of(10 * times, rho, 60);
		coverage_of(10 * times, rho, 200);
	}
	for (size_t i = 0; i < sizeof(equal) / sizeof(equal[0]); i++) {
		struct design d = equal[i];

		d.boot_sd = d.boot_sd > 0 ? d.boot_sd : 0.03;
		d.run_sd = 0.01;
		tables(times, &d, 0, 0.05);
	}
	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
		struct design d = changed[i];

		d.boot_sd = d.run_sd = 0.01;
		tables(times, &d, 0.80, 1);
	}
	gsl_rng_free(rng);
	printf("1..%u\n%u passed, %u failed, 0 skipped\n", tests, tests - failed, failed);
	return failed > 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How often do comparisons make a difference of nothing, and how small a difference do they find? With a number: that
 * many simulated comparisons within a run and as many between runs. With files: of real ones.
 *
 *	alarms N               simulate
 *	alarms halves FILE...  of runs made with --aa: each configuration with itself, within each run
 *	alarms between SIDE FILE...  each configuration of SIDE runs with those of SIDE others, dealt out in turn
 *	alarms found FILE...   of runs of refault with delay=0,... : how often each delay was found
 *
 * Each comparison is judged alone at 95 %, so that 5 % of them may alarm; more than the 99 % point of the binomial
 * distribution of that is a failure: exit status 1.
 */
#include <errno.h>

#include <gsl/gsl_cdf.h>

#include "report/analysis/compare.h"
#include "report/analysis/contrast.h"
#include "report/test/simulated.h"

#define LEVEL 0.95
#define SEED 20261123
#define SIDE_MAX 64

struct tally {
	unsigned int comparisons; /* that had an interval */
	unsigned int alarms, without;
};

/* The most alarms that 99 of 100 honest procedures stay within. */
static unsigned int bound(unsigned int comparisons)
{
	unsigned int most = 0;

	while (gsl_cdf_binomial_P(most, 1 - LEVEL, comparisons) < 0.99)
		most++;
	return most;
}

static void count(struct tally *tally, const struct estimate *ratio, bool alarm)
{
	if (isnan(ratio->lower)) {
		tally->without++;
		return;
	}
	tally->comparisons++;
	tally->alarms += alarm;
}

static int tell(const char *what, const struct tally *tally)
{
	unsigned int most = bound(tally->comparisons);
	bool good = tally->comparisons && tally->alarms <= most;

	printf("%s: %u false alarms in %u comparisons at %.0f %% each (%.1f are nominal, at most %u allowed): %s\n",
	       what, tally->alarms, tally->comparisons, 100 * LEVEL, (1 - LEVEL) * tally->comparisons, most,
	       good ? "ok" : "TOO MANY, OR NONE TO COUNT");
	if (tally->without)
		printf("  %u more had too few undisturbed rounds or runs for an interval\n", tally->without);
	return good ? 0 : 1;
}

static bool differs(enum verdict verdict)
{
	return verdict == VERDICT_SLOWER || verdict == VERDICT_FASTER;
}

/* One comparison of a run's two halves that are the same, or whose second is @factor times the first. */
static enum verdict within(const struct simulation *s, unsigned int number, double factor, struct estimate *ratio)
{
	static const struct compare_options options = { 0 };
	const double base_ns[] = { 1000, 1000 * factor };
	struct record *record = simulated_record(number);
	struct comparison comparison;
	enum verdict verdict;

	for (int half = 1; half <= 2; half++) {
		char name[64];

		snprintf(name, sizeof(name), "refault/memfd/eager/page/1M/half=%d", half);
		simulated_config(record, name);
	}
	simulate(s, record, base_ns);
	must(!compare_within(record, "half", "1", "2", &options, &comparison, NULL));
	verdict = comparison.row[0].verdict;
	*ratio = comparison.row[0].ratio;
	comparison_free(&comparison);
	record_free(record);
	return verdict;
}

/* The same between @n runs a side. */
static enum verdict between(const struct simulation *s, unsigned int number, size_t n, double factor,
			    struct estimate *ratio)
{
	static const struct compare_options options = { 0 };
	struct record *record[2][SIDE_MAX];
	struct run_set side[2] = { { .record = record[0], .nr_records = n }, { .record = record[1], .nr_records = n } };
	struct comparison comparison;
	enum verdict verdict;

	for (size_t i = 0; i < 2 * n; i++) {
		double base_ns = i % 2 ? 1000 * factor : 1000;
		struct record *one = simulated_record(number * 2 * SIDE_MAX + (unsigned int)i);

		simulated_config(one, "refault/memfd/eager/page/1M");
		simulate(s, one, &base_ns);
		record[i % 2][i / 2] = one;
	}
	must(!compare_run_sets(&side[0], &side[1], &options, &comparison, NULL));
	verdict = comparison.row[0].verdict;
	*ratio = comparison.row[0].ratio;
	comparison_free(&comparison);
	for (size_t i = 0; i < 2 * n; i++)
		record_free(record[i % 2][i / 2]);
	return verdict;
}

static int simulations(unsigned int times)
{
	struct simulation s = { .rng = gsl_rng_alloc(gsl_rng_mt19937),
				.rounds = 60,
				.run_sigma = 0.1,
				.round_sigma = 0.05,
				.disturbed = 0.2 };
	struct tally runs = { 0 }, rounds = { 0 };
	unsigned int found_rounds = 0, found_runs = 0;
	struct estimate ratio;
	enum verdict verdict;
	int status;

	must(s.rng);
	gsl_rng_set(s.rng, SEED);
	for (unsigned int i = 0; i < times; i++) {
		verdict = within(&s, i, 1, &ratio);
		count(&rounds, &ratio, differs(verdict));
		found_rounds += within(&s, i, 1.05, &ratio) == VERDICT_SLOWER;
	}
	s.rounds = 20;
	for (unsigned int i = 0; i < times; i++) {
		size_t n = 5 + i % 6;

		verdict = between(&s, i, n, 1, &ratio);
		count(&runs, &ratio, differs(verdict));
		found_runs += between(&s, i, n, 1.5, &ratio) == VERDICT_SLOWER;
	}
	gsl_rng_free(s.rng);
	status = tell("simulated, within a run", &rounds);
	status |= tell("simulated, between runs", &runs);
	printf("a slowdown of 5 %% within a run of 60 rounds was found in %u of %u, one of 50 %% between 5 to 10 runs "
	       "a "
	       "side, which differ by 10 %% among themselves, in %u\n",
	       found_rounds, times, found_runs);
	/* A procedure that never alarms must not pass: it has to find what is there. */
	return status || found_rounds < times / 2 || found_runs < times / 2;
}

static struct record *load(const char *path)
{
	struct why why = { "", "" };
	struct record *record = NULL;

	if (!record_read(path, &record, &why) && !record_summarise(record))
		return record;
	fprintf(stderr, "%s\n", why.reason);
	exit(1);
}

static int64_t param(const struct config_result *config, const char *key, int64_t otherwise)
{
	const struct fact *fact = facts_find(&config->params, NULL, key);

	return fact && fact->value.kind == VALUE_INT ? fact->value.integer : otherwise;
}

static int halves(int nr_files, char **file)
{
	struct tally tally = { 0 };

	for (int i = 0; i < nr_files; i++) {
		struct record *record = load(file[i]);

		for (size_t j = 0; j + 1 < record->nr_configs; j++) {
			struct estimate ratio;
			bool undecided;

			/* run --aa puts the halves side by side */
			if (param(&record->config[j], "half", 0) != 1 || !config_valid(&record->config[j]) ||
			    !config_valid(&record->config[j + 1]))
				continue;
			must(!record_compare(record, &record->config[j + 1], &record->config[j], false, LEVEL, &ratio,
					     &undecided));
			count(&tally, &ratio, !undecided);
		}
		record_free(record);
	}
	return tell("measured, within a run", &tally);
}

/* Groups of 2 * @n files, those of either side dealt out in turn, so that whatever drifts hits both. */
static int between_files(size_t n, size_t nr_files, char **file)
{
	struct tally tally = { 0 };

	for (size_t first = 0; first + 2 * n <= nr_files; first += 2 * n) {
		struct record *record[2 * SIDE_MAX] = { NULL };

		for (size_t i = 0; i < 2 * n; i++)
			record[i] = load(file[first + i]);
		for (size_t j = 0; j < record[0]->nr_configs; j++) {
			struct observation x[2][SIDE_MAX];
			size_t count_of[2] = { 0 };
			struct contrast contrast;
			struct estimate ratio;

			for (size_t i = 0; i < 2 * n; i++) {
				const struct config_result *config = &record[i]->config[j];

				must(j < record[i]->nr_configs && !strcmp(config->name, record[0]->config[j].name));
				if (config_valid(config) && config->summary.value.value > 0)
					x[i % 2][count_of[i % 2]++] = (struct observation){
						.value = log(config->summary.value.value),
						.weight = 1,
					};
			}
			contrast_make(x[0], count_of[0], x[1], count_of[1], &contrast);
			ratio = contrast_ratio(&contrast, LEVEL);
			count(&tally, &ratio, differs(estimate_verdict(&ratio, 0)));
		}
		for (size_t i = 0; i < 2 * n; i++)
			record_free(record[i]);
	}
	return tell("measured, between runs", &tally);
}

struct delay {
	int64_t ns;
	unsigned int trials, found;
	double base_ns, width_percent;
};

/* How often a delay of each length was found at 95 %, all trials of a length being one family of one. */
static int found(int nr_files, char **file)
{
	struct delay delay[64] = { 0 };
	size_t nr_delays = 0;
	double budget_s = 0;

	for (int i = 0; i < nr_files; i++) {
		struct record *record = load(file[i]);

		budget_s = record->budget_s / (double)record->nr_configs;
		for (size_t j = 1; j < record->nr_configs; j++) {
			int64_t ns = param(&record->config[j], "delay_ns", 0);
			struct estimate ratio;
			bool undecided;
			size_t k = 0;

			while (k < nr_delays && delay[k].ns != ns)
				k++;
			if (k == 64)
				continue;
			nr_delays += k == nr_delays;
			must(!record_compare(record, &record->config[j], &record->config[0], false, LEVEL, &ratio,
					     &undecided));
			delay[k].ns = ns;
			delay[k].trials++;
			delay[k].found += !undecided && ratio.lower > 1;
			delay[k].base_ns += record->config[0].summary.value.value;
			delay[k].width_percent += 50 * (ratio.upper - ratio.lower);
		}
		record_free(record);
	}
	printf("delays found, %.3g s a configuration:\n", budget_s);
	for (size_t k = 0; k < nr_delays; k++)
		printf("  %lld ns a page, %.2f %% of %.0f ns: found in %u of %u trials%s; intervals +- %.2f %%\n",
		       (long long)delay[k].ns, 100.0 * (double)delay[k].ns * delay[k].trials / delay[k].base_ns,
		       delay[k].base_ns / delay[k].trials, delay[k].found, delay[k].trials,
		       20 * delay[k].found >= 19 * delay[k].trials ? ": 19 of 20 and more" : "",
		       delay[k].width_percent / delay[k].trials);
	return nr_delays ? 0 : 1;
}

int main(int argc, char **argv)
{
	long number = argc > 2 ? atol(argv[2]) : argc > 1 ? atol(argv[1]) : 0;

	if (argc > 2 && !strcmp(argv[1], "halves"))
		return halves(argc - 2, argv + 2);
	if (argc > 2 && !strcmp(argv[1], "found"))
		return found(argc - 2, argv + 2);
	if (argc > 3 && !strcmp(argv[1], "between") && number >= 5 && number <= SIDE_MAX)
		return between_files((size_t)number, (size_t)argc - 3, argv + 3);
	if (argc == 2 && number > 0)
		return simulations((unsigned int)number);
	fputs("usage: alarms N | halves FILE... | between N FILE... | found FILE...\n", stderr);
	return 2;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How a history of years behaves: makes one of simulated nights, with noise between and within runs, drifts, steps,
 * outliers and gaps, and says what adding, asking and memory cost then. No test: figures, for make bench-history.
 * Arguments: a folder, nights, configurations. The same arguments make the same history; one that is there goes on by
 * 50 nights. Its dashboard comes beside it.
 */
#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gsl/gsl_sort.h>

#include "report/site/dashboard.h"
#include "bench/base/text.h"
#include "report/test/simulated.h"

enum { ROUNDS = 8, LAST = 50 };

/* What happens to one series over the years. */
struct fate {
	double base_ns;
	double drift; /* a night */
	size_t step_night;
	double step; /* times as much from then on */
};

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void never(void *arg, const char *path, const char *reason)
{
	(void)arg;
	fprintf(stderr, "nights: %s: %s\n", path, reason);
	exit(1);
}

static const struct history_listener listener = { .bad = never };

static void done(int err, const struct why *why)
{
	if (!err)
		return;
	fprintf(stderr, "nights: %s\n", why->reason[0] ? why->reason : strerror(-err));
	exit(1);
}

static struct fate *fates(gsl_rng *rng, size_t configs, size_t nights)
{
	struct fate *fate = calloc(configs, sizeof(*fate));

	must(fate);
	for (size_t i = 0; i < configs; i++) {
		fate[i] = (struct fate){
			.base_ns = gsl_ran_lognormal(rng, 6, 1.5),
			.drift = gsl_rng_uniform(rng) < 0.1 ? gsl_ran_gaussian(rng, 1e-5) : 0,
			.step_night = gsl_rng_uniform_int(rng, nights),
			.step = gsl_rng_uniform(rng) < 0.3 ? gsl_ran_lognormal(rng, 0, 0.1) : 1,
		};
	}
	return fate;
}

static struct record *night(const struct simulation *s, const struct fate *fate, size_t configs, size_t number)
{
	struct record *record = simulated_record((unsigned int)number);
	/* The first night is that of 2001-01-01. */
	time_t start = 978307200 + (time_t)number * 86400;
	double *base_ns = calloc(configs, sizeof(*base_ns));
	char name[80], date[40];

	must(base_ns != NULL);
	date_of_seconds(start, date, sizeof(date));
	free(record->started_at);
	record->started_at = copied(date);
	for (size_t i = 0; i < configs; i++) {
		snprintf(name, sizeof(name), "refault/memfd/eager/page/%zuK", 4 * (i + 1));
		simulated_config(record, name);
		base_ns[i] = fate[i].base_ns * (1 + fate[i].drift * (double)number) *
			     (number >= fate[i].step_night ? fate[i].step : 1);
		/* A night in a hundred something else ran. */
		if (gsl_rng_uniform(s->rng) < 0.01)
			base_ns[i] *= 1 + gsl_ran_exponential(s->rng, 0.5);
	}
	simulate(s, record, base_ns);
	free(base_ns);
	return record;
}

static double add(const char *folder, const char *file)
{
	struct history *history;
	struct why why = { "", "" };
	double begin = now_ms();
	const struct history_adding how = { .again = false };
	struct history_added added;

	done(history_open(folder, HISTORY_ADD, &listener, &history, &why), &why);
	done(history_add(history, file, &how, &added, &why), &why);
	history_close(history);
	return now_ms() - begin;
}

static double ask(const char *folder, size_t *count)
{
	const struct history_series *series;
	struct history_points points;
	struct history *history;
	struct why why = { "", "" };
	double begin = now_ms();
	size_t nr_series;

	done(history_open(folder, HISTORY_READ, &listener, &history, &why), &why);
	done(history_series(history, &series, &nr_series, &why), &why);
	done(history_points(history, &series[nr_series / 2], &points, &why), &why);
	*count = points.count;
	history_points_free(&points);
	history_close(history);
	return now_ms() - begin;
}

static double rebuild(const char *folder)
{
	struct history *history;
	struct why why = { "", "" };
	double begin = now_ms();

	done(history_open(folder, HISTORY_REBUILD, &listener, &history, &why), &why);
	history_close(history);
	return now_ms() - begin;
}

static double pages(const char *folder, const char *to)
{
	struct history *history;
	struct why why = { "", "" };
	double begin = now_ms();

	done(history_open(folder, HISTORY_READ, &listener, &history, &why), &why);
	done(dashboard_write(history, to, &(struct dashboard_options){ .threshold_percent = 1 }, &why), &why);
	history_close(history);
	return now_ms() - begin;
}

/* Simulate and add the nights from @from to @to; what the last of them took into @last. Return: how many. */
static size_t add_nights(struct simulation *s, const char *folder, size_t from, size_t to, size_t configs, double *last)
{
	struct fate *fate = fates(s->rng, configs, to);
	size_t added = 0;
	char path[4096];

	snprintf(path, sizeof(path), "%s.night.json", folder);
	for (size_t i = from; i < to; i++) {
		struct record *record;

		/* The board was away for a night, the more so once it has been. */
		if (gsl_rng_uniform(s->rng) < 0.02)
			i += gsl_rng_uniform_int(s->rng, 5);
		record = night(s, fate, configs, i);
		done(record_write(record, path, NULL), &(struct why){ "the night cannot be written", "" });
		record_free(record);
		last[added++ % LAST] = add(folder, path);
		if (isatty(STDERR_FILENO) && i % 100 == 0)
			fprintf(stderr, "\r%zu of %zu nights", i, to);
	}
	unlink(path);
	free(fate);
	return added;
}

static void say(const char *what, double *ms, size_t count)
{
	gsl_sort(ms, 1, count);
	printf("%s: median %.1f ms, at most %.1f ms\n", what, ms[count / 2], ms[count - 1]);
}

int main(int argc, char **argv)
{
	size_t nights = argc == 4 ? strtoul(argv[2], NULL, 10) : 0,
	       configs = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	struct simulation s = { .rounds = ROUNDS, .run_sigma = 0.03, .round_sigma = 0.02, .disturbed = 0.1 };
	double last[LAST], asked[LAST];
	bool there;
	size_t added, points;
	struct rusage usage;
	struct stat status;
	char path[4096];

	if (!nights || !configs || configs < 10) {
		fprintf(stderr, "usage: nights FOLDER NIGHTS CONFIGURATIONS (10 or more)\n");
		return 2;
	}
	s.rng = gsl_rng_alloc(gsl_rng_mt19937);
	must(s.rng);
	there = !access(argv[1], F_OK);
	added = add_nights(&s, argv[1], there ? nights : 0, there ? nights + LAST : nights, configs, last);
	for (size_t i = 0; i < LAST; i++)
		asked[i] = ask(argv[1], &points);
	snprintf(path, sizeof(path), "%s/index.db", argv[1]);
	must(!stat(path, &status));
	printf("%zu nights of %zu configurations\n", points, configs);
	say("add, the last of them, opening included", last, added < LAST ? added : LAST);
	say("ask for one series, opening included", asked, LAST);
	printf("the index made again: %.1f s; its size: %.1f MiB\n", rebuild(argv[1]) / 1e3,
	       (double)status.st_size / 1048576);
	snprintf(path, sizeof(path), "%s.pages", argv[1]);
	printf("the dashboard made from nothing: %.1f s", pages(argv[1], path) / 1e3);
	add_nights(&s, argv[1], nights + 2 * LAST, nights + 2 * LAST + 1, configs, last);
	printf("; with one night more: %.1f s\n", pages(argv[1], path) / 1e3);
	getrusage(RUSAGE_SELF, &usage);
	printf("memory, the simulation included: %.1f MiB at most\n", (double)usage.ru_maxrss / 1024);
	gsl_rng_free(s.rng);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/stopping.h"

#include <math.h>

/* Rounds before the first look. An emulated machine repeats its rounds only to show that they agree. */
enum { FIRST_LOOK = 50, EMULATED_LOOK = 3 };

void stopping_init(struct stopping *stopping, bool emulated, double budget_s, double precision_percent, size_t rounds)
{
	*stopping = (struct stopping){
		.emulated = emulated,
		.budget_s = budget_s,
		.precision_percent = precision_percent,
		.next_look = emulated ? EMULATED_LOOK : FIRST_LOOK,
		.widest_percent = NAN,
	};
	/* The earlier looks of a resumed run did not stop it. One may have been due just when it was interrupted. */
	while (stopping->next_look < rounds)
		stopping->next_look *= 2;
}

/*
 * The rule looks at the intervals only when the number of rounds has doubled: a rule that looks after each round stops
 * at lucky streaks. Where the budget ends before the first look, time alone fixes the number of rounds, and time knows
 * nothing of the values.
 */
const char *stopping_ask(struct stopping *stopping, size_t rounds, double elapsed_s,
			 int (*widest_percent)(void *argument, double *percent), void *argument)
{
	if (elapsed_s >= stopping->budget_s)
		return "budget";
	if (rounds != stopping->next_look)
		return NULL;
	stopping->next_look *= 2;
	if (widest_percent(argument, &stopping->widest_percent))
		return NULL;
	if (stopping->widest_percent <= stopping->precision_percent)
		return "precision";
	/* More rounds of an emulated machine would not bring its rounds closer to each other. */
	if (stopping->emulated)
		return "budget";
	/* Also where the next look lies beyond the budget: more rounds are narrower intervals. */
	return NULL;
}

#define FORECAST_FIRST_S 4
#define FORECAST_EVERY_S 1
#define FORECAST_LAST_S 10
/* The share of all configurations counts as 4 rounds of one beside its first round, as 2 beside 4, as 1 beside 16. */
#define BELIEF 4

bool stopping_looks_ahead(double run_s, double rounds_s, double looked_s, double budget_s)
{
	if (rounds_s > FORECAST_LAST_S && looked_s > 0)
		return false;
	return run_s >= fmin(FORECAST_FIRST_S, budget_s / 4) && rounds_s - looked_s >= FORECAST_EVERY_S;
}

bool stopping_forecast(const struct record *record, double elapsed_s, double budget_s, struct forecast *forecast)
{
	double rounds = (double)record->nr_rounds, least = 1, clean = 1;
	double belief = BELIEF / sqrt(rounds), of_all;

	*forecast = (struct forecast){ .rounds = rounds * fmax(1, budget_s / elapsed_s) };
	for (size_t i = 0; i < record->nr_configs; i++)
		clean += (double)record->config[i].summary.value.n;
	/* With the benefit of the doubt: one sample more would be undisturbed. */
	of_all = clean / (rounds * (double)record->nr_configs + 1);
	for (size_t i = 0; i < record->nr_configs; i++) {
		double n = (double)record->config[i].summary.value.n, share = (n + belief * of_all) / (rounds + belief);

		forecast->nr_short += share * forecast->rounds < MEDIAN_MIN;
		if (share < least) {
			least = share;
			forecast->worst = i;
		}
	}
	/* Twice as many as are needed, since disturbances come by chance. */
	forecast->needed_s = 2 * MEDIAN_MIN / least * elapsed_s / rounds;
	return forecast->nr_short;
}

static double spread_percent(const struct config_result *result, size_t rounds)
{
	const struct column *column = config_column(result, result->value_column);
	double least = INFINITY, most = 0;

	for (size_t i = 0; column && i < rounds; i++) {
		least = fmin(least, column->value[i]);
		most = fmax(most, column->value[i]);
	}
	return 50 * (most - least) / least;
}

double stopping_widest_percent(const struct record *record, size_t *row)
{
	double widest = 0, null_width = 0;
	size_t null_row = 0, widest_row = 0;
	bool results = false;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *result = &record->config[i];
		double width = record->emulated ? spread_percent(result, record->nr_rounds)
						: estimate_half_width_percent(&result->summary.value);

		if (!result->source[0]) {
			null_width = width;
			null_row = i;
			continue;
		}
		if (!results || !isfinite(width) || width > widest) {
			widest = width;
			widest_row = i;
		}
		results = true;
		if (!isfinite(width))
			break;
	}
	if (row)
		*row = results ? widest_row : null_row;
	return !results ? null_width : isfinite(widest) ? widest : NAN;
}

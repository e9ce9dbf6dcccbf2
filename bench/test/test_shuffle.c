// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of the tasks in a round: each once, and no order preferred. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/run/exchange.h"

enum { TASKS = 8, ROUNDS = 800 };

static struct config configs[TASKS];

static struct exchange *make(void)
{
	struct plan plan = { .config = configs, .count = TASKS };
	struct exchange *exchange;
	struct why why = { "", "" };

	for (size_t i = 0; i < TASKS; i++) {
		configs[i] = (struct config){ .bench = benches[0] };
		for (enum param param = 0; param < NR_PARAMS; param++)
			configs[i].params.value[param] = param_default(param);
	}
	assert_int_equal(exchange_make(&plan, 1, &exchange, &why), 0);
	return exchange;
}

static gsl_rng *generator(unsigned long seed)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	assert_non_null(rng);
	gsl_rng_set(rng, seed);
	return rng;
}

static const uint32_t *order_of(struct exchange *exchange)
{
	return exchange_at(exchange, exchange->order_offset);
}

static void each_task_runs_once_per_round(void **state)
{
	struct exchange *exchange = make();
	gsl_rng *rng = generator(1);

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		unsigned int seen = 0;

		exchange_shuffle(exchange, rng);
		for (size_t i = 0; i < TASKS; i++)
			seen |= 1u << order_of(exchange)[i];
		assert_int_equal(seen, (1u << TASKS) - 1);
	}
	gsl_rng_free(rng);
	exchange_drop(exchange);
}

/* Each task in each place: 100 times expected, with a standard deviation of 9.4. */
static void no_place_is_preferred(void **state)
{
	struct exchange *exchange = make();
	gsl_rng *rng = generator(1);
	int count[TASKS][TASKS] = { 0 };

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		exchange_shuffle(exchange, rng);
		for (size_t i = 0; i < TASKS; i++)
			count[i][order_of(exchange)[i]]++;
	}
	for (size_t i = 0; i < TASKS; i++) {
		for (size_t j = 0; j < TASKS; j++)
			assert_in_range(count[i][j], 60, 140);
	}
	gsl_rng_free(rng);
	exchange_drop(exchange);
}

static void the_seed_decides_the_orders(void **state)
{
	struct exchange *first = make(), *second = make();
	gsl_rng *one = generator(1), *same = generator(1), *other = generator(2);
	int different = 0;

	(void)state;
	for (int round = 0; round < 20; round++) {
		exchange_shuffle(first, one);
		exchange_shuffle(second, same);
		assert_memory_equal(order_of(first), order_of(second), TASKS * sizeof(uint32_t));
	}
	for (int round = 0; round < 20; round++) {
		exchange_shuffle(first, one);
		exchange_shuffle(second, other);
		different += !!memcmp(order_of(first), order_of(second), TASKS * sizeof(uint32_t));
	}
	assert_true(different >= 19);
	gsl_rng_free(one);
	gsl_rng_free(same);
	gsl_rng_free(other);
	exchange_drop(first);
	exchange_drop(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_task_runs_once_per_round),
		cmocka_unit_test(no_place_is_preferred),
		cmocka_unit_test(the_seed_decides_the_orders),
	};

	return cmocka_run_group_tests_name("shuffle", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* The configurations of a request, and the steps of policies, on the source memfd, which every Linux has. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench/run/plan.h"
#include "bench/source/player.h"

static const char *memfd_only[] = { "memfd", NULL };

static void the_quick_profile_is_small(void **state)
{
	struct request request = { .profile = PROFILE_QUICK };
	struct why why = { "", "" };
	struct plan plan;

	(void)state;
	assert_int_equal(plan_make(&request, &plan, &why), 0);
	/* Small enough for 90 s. How many lines a case adds is its own business. */
	assert_in_range(plan.count, 1, 100);
	for (size_t i = 0; i < plan.count; i++) {
		assert_non_null(plan.config[i].bench->quick);
		assert_true(params_bytes(&plan.config[i].params) <= 4 << 20);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(plan.config[i].name, plan.config[j].name);
	}
	plan_free(&plan);
}

static const struct config *find(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (!strcmp(plan->config[i].name, name))
			return &plan->config[i];
	}
	return NULL;
}

static void policies_with_the_same_calls_are_one_configuration(void **state)
{
	const char *cases[] = { "refault", "frame", NULL };
	struct request request = { .cases = cases, .sources = memfd_only };
	struct why why = { "", "" };
	const struct config *config;
	struct plan plan;

	(void)state;
	assert_int_equal(plan_make(&request, &plan, &why), 0);
	config = find(&plan, "refault/memfd/eager+lazy/page/4M");
	assert_non_null(config);
	assert_string_equal(config->calls, "zap: madvise(MADV_DONTNEED)");
	/* in the frame they differ: lazy zaps at every END and at every START, eager at the first map */
	config = find(&plan, "frame/memfd/eager/around/4M/access=read");
	assert_non_null(config);
	assert_string_equal(config->calls, "device map: madvise(MADV_DONTNEED) (first map only)");
	config = find(&plan, "frame/memfd/lazy/around/4M/access=read");
	assert_non_null(config);
	assert_non_null(strstr(config->calls, "write END: madvise(MADV_DONTNEED)"));
	assert_non_null(strstr(config->calls, "read START: madvise(MADV_DONTNEED)"));
	assert_non_null(find(&plan, "frame/memfd/cached/none/4M/access=read"));
	plan_free(&plan);
}

/* --aa: each configuration twice; both halves are equal except for their names. */
static void halves_are_the_same_work(void **state)
{
	const char *cases[] = { "refault", "zap", NULL };
	struct request request = { .cases = cases, .sources = memfd_only };
	struct why why = { "", "" };
	struct plan whole, plan;

	(void)state;
	assert_int_equal(plan_make(&request, &whole, &why), 0);
	request.halves = true;
	assert_int_equal(plan_make(&request, &plan, &why), 0);
	assert_int_equal(plan.count, 2 * whole.count);
	for (size_t i = 0; i < plan.count; i++) {
		char name[300];

		snprintf(name, sizeof(name), "%s/half=%zu", whole.config[i / 2].name, i % 2 + 1);
		assert_string_equal(plan.config[i].name, name);
		assert_int_equal(plan.config[i].half, i % 2 + 1);
		assert_memory_equal(&plan.config[i].params, &whole.config[i / 2].params, sizeof(struct params));
		assert_string_equal(plan.config[i].calls, whole.config[i / 2].calls);
	}
	plan_free(&plan);
	plan_free(&whole);
}

/* Each configuration once per core type, with the number of the type. */
static void a_row_for_each_core_type(void **state)
{
	const char *cases[] = { "refault", "zap", NULL };
	struct request request = { .cases = cases, .sources = memfd_only };
	const int numbers[] = { 0, 2 };
	struct why why = { "", "" };
	struct plan one, plan;

	(void)state;
	assert_int_equal(plan_make(&request, &one, &why), 0);
	assert_int_equal(plan_make(&request, &plan, &why), 0);
	assert_false(plan.config[0].has_core);
	assert_int_equal(plan_spread(&plan, numbers, 2), 0);
	assert_int_equal(plan.count, 2 * one.count);
	for (size_t i = 0; i < plan.count; i++) {
		char name[300];

		snprintf(name, sizeof(name), "%s/core=%d", one.config[i / 2].name, numbers[i % 2]);
		assert_string_equal(plan.config[i].name, name);
		assert_true(plan.config[i].has_core);
		assert_int_equal(plan.config[i].core, numbers[i % 2]);
		assert_memory_equal(&plan.config[i].params, &one.config[i / 2].params, sizeof(struct params));
	}
	plan_free(&plan);
	plan_free(&one);
}

static void impossible_configurations_are_skipped_with_a_reason(void **state)
{
	const char *cases[] = { "refault", NULL };
	struct request request = { .cases = cases, .sources = memfd_only };
	struct why why = { "", "" };
	struct plan plan;

	(void)state;
	assert_int_equal(sweep_parse(&request.set, "granularity=page", &why), 0);
	assert_int_equal(sweep_parse(&request.set, "access=read,write", &why), 0);
	assert_int_equal(plan_make(&request, &plan, &why), 0);
	assert_true(plan.nr_skipped >= 2);
	assert_non_null(strstr(plan.skipped[0].why.reason, "maps the pages around it too"));
	assert_non_null(strstr(plan.skipped[0].why.remedy, "granularity=around"));
	plan_free(&plan);
}

static void both_accesses_are_for_cases_that_take_them(void **state)
{
	const char *cases[] = { "refault", NULL };
	struct request request = { .cases = cases, .sources = memfd_only };
	struct why why = { "", "" };
	struct plan plan;

	(void)state;
	assert_int_equal(sweep_parse(&request.set, "access=both", &why), 0);
	assert_int_equal(plan_make(&request, &plan, &why), -ENOENT);
	assert_non_null(strstr(why.reason, "refault makes one access per page"));
}

static void what_does_not_fit_into_memory_is_skipped(void **state)
{
	const char *cases[] = { "refault", "zap", NULL };
	struct request request = { .cases = cases, .sources = memfd_only };
	struct why why = { "", "" };
	struct plan plan;
	size_t all;

	(void)state;
	assert_int_equal(sweep_parse(&request.set, "granularity=page", &why), 0);
	assert_int_equal(sweep_parse(&request.set, "size=1M,2M,16M", &why), 0);
	assert_int_equal(plan_make(&request, &plan, &why), 0);
	all = plan.count;
	/* the cases use the same memory: 19 MiB in all */
	assert_int_equal(plan_fit(&plan, 24 << 20), 0);
	assert_int_equal(plan.count, all);
	assert_int_equal(plan_fit(&plan, 23 << 20), 0);
	assert_true(plan.count < all && plan.count > 0);
	for (size_t i = 0; i < plan.count; i++)
		assert_true(params_bytes(&plan.config[i].params) <= 2 << 20);
	assert_non_null(strstr(plan.skipped[plan.nr_skipped - 1].why.reason, "need 19 MiB"));
	assert_non_null(strstr(plan.skipped[plan.nr_skipped - 1].why.remedy, "--set size="));
	plan_free(&plan);
}

static void every_buffer_counts(void **state)
{
	const char *cases[] = { "fault-scaling", NULL };
	struct request request = { .cases = cases, .sources = memfd_only };
	struct why why = { "", "" };
	struct plan plan;

	(void)state;
	assert_int_equal(sweep_parse(&request.set, "size=4M", &why), 0);
	assert_int_equal(sweep_parse(&request.set, "workers=1,2,8", &why), 0);
	assert_int_equal(plan_make(&request, &plan, &why), 0);
	assert_int_equal(plan.count, 12);
	/* eight buffers of 4 MiB; the other cases use some of these */
	assert_int_equal(plan_fit(&plan, 40 << 20), 0);
	assert_int_equal(plan.count, 12);
	assert_int_equal(plan_fit(&plan, 39 << 20), 0);
	assert_int_equal(plan.count, 10);
	for (size_t i = 0; i < plan.count; i++)
		assert_true(params_buffers(&plan.config[i].params) <= 2);
	assert_non_null(strstr(plan.skipped[plan.nr_skipped - 1].why.reason, "need 32 MiB"));
	plan_free(&plan);
}

/* A list that a case does not have: it takes no part in that profile, unless it is named. */
static void a_case_needs_no_list(void **state)
{
	(void)state;
	for (enum profile profile = 0; profile < NR_PROFILES; profile++) {
		struct request request = { .profile = profile, .sources = memfd_only };
		struct why why = { "", "" };
		struct plan plan;

		assert_int_equal(plan_make(&request, &plan, &why), 0);
		for (size_t i = 0; i < plan.count; i++) {
			const struct bench *bench = plan.config[i].bench;
			const char *const *const lists[NR_PROFILES] = { bench->quick, bench->matrix, bench->costs,
									bench->full };

			assert_non_null(lists[profile]);
		}
		plan_free(&plan);
	}
	for (size_t i = 0; benches[i]; i++) {
		const char *cases[] = { benches[i]->name, NULL };
		struct request request = { .profile = PROFILE_MATRIX, .cases = cases, .sources = memfd_only };
		struct why why = { "", "" };
		struct plan plan;

		if (benches[i]->matrix)
			continue;
		/* Without a SYNC call there is nothing that this case could do. */
		if (benches[i]->uses & PARAM_BIT(PARAM_SYNC)) {
			assert_int_equal(plan_make(&request, &plan, &why), -ENOENT);
			assert_non_null(strstr(why.reason, "memfd is no dma-buf"));
			continue;
		}
		assert_int_equal(plan_make(&request, &plan, &why), 0);
		assert_true(plan.count > 0);
		plan_free(&plan);
	}
}

/* Each size of a profile is whole pages, of 16 KiB and 64 KiB, too: one that is smaller becomes a page. */
static void profiles_fit_larger_pages(void **state)
{
	static const long pages[] = { 4096, 16384, 65536 };
	struct why why = { "", "" };
	struct sweep sweep;
	int lines = 0;

	(void)state;
	for (size_t i = 0; benches[i]; i++) {
		const struct bench *bench = benches[i];
		const char *const *const lists[] = { bench->quick, bench->matrix, bench->costs, bench->full };

		for (size_t j = 0; j < sizeof(lists) / sizeof(lists[0]); j++) {
			for (const char *const *line = lists[j]; line && *line; line++, lines++) {
				for (size_t k = 0; k < sizeof(pages) / sizeof(pages[0]); k++) {
					char copy[512], *rest = copy, *item;

					snprintf(copy, sizeof(copy), "%s", *line);
					while ((item = strsep(&rest, " "))) {
						if (*item && sweep_parse_profile(&sweep, item, pages[k], &why))
							fail_msg("%s: %s", bench->name, why.reason);
					}
				}
			}
		}
	}
	assert_true(lines > 20);
	assert_int_equal(sweep_parse_profile(&sweep, "chunk=4K,1M", 16384, &why), 0);
	assert_true(sweep.value[PARAM_CHUNK][0] == 16384 && sweep.value[PARAM_CHUNK][1] == 1 << 20);
	assert_int_equal(sweep_parse_profile(&sweep, "size=24K", 16384, &why), -EINVAL);
}

static void wrong_requests_are_explained(void **state)
{
	const char *wrong_case[] = { "refualt", NULL }, *wrong_source[] = { "memdf", NULL },
		   *heap[] = { "dma-heap:nosuch", NULL };
	const char *null_case[] = { "null", NULL };
	struct request request = { .cases = wrong_case };
	struct why why = { "", "" };
	struct plan plan;

	(void)state;
	assert_int_equal(plan_make(&request, &plan, &why), -EINVAL);
	assert_string_equal(why.reason, "unknown case 'refualt'; did you mean 'refault'?");
	memset(&why, 0, sizeof(why));
	wrong_case[0] = "toucher";
	assert_int_equal(plan_make(&request, &plan, &why), -EINVAL);
	assert_string_equal(why.reason, "unknown case 'toucher'; did you mean 'concurrent-access'?");
	memset(&why, 0, sizeof(why));
	request = (struct request){ .sources = wrong_source };
	assert_int_equal(plan_make(&request, &plan, &why), -EINVAL);
	assert_string_equal(why.reason, "unknown source 'memdf'; did you mean 'memfd'?");
	memset(&why, 0, sizeof(why));
	request = (struct request){ .sources = heap };
	assert_int_equal(plan_make(&request, &plan, &why), -ENOENT);
	memset(&why, 0, sizeof(why));
	request = (struct request){ .cases = null_case };
	assert_int_equal(sweep_parse(&request.set, "maps=4", &why), 0);
	assert_int_equal(plan_make(&request, &plan, &why), -EINVAL);
	assert_string_equal(why.reason, "parameter 'maps' has no effect on the selected cases");
}

/* The policies on a source that only records its calls. */
static char journal[32];

static int note(char what)
{
	size_t used = strlen(journal);

	journal[used] = what;
	journal[used + 1] = '\0';
	return 0;
}

static int note_zap(struct buffer *buffer)
{
	(void)buffer;
	return note('z');
}

static int note_fault_in(struct buffer *buffer)
{
	(void)buffer;
	return note('f');
}

static int note_sync(struct buffer *buffer, enum step step)
{
	(void)buffer;
	(void)step;
	return note('s');
}

static const struct player scribe = { .zap = note_zap, .fault_in = note_fault_in, .sync = note_sync };

static const char *two_frames(enum policy policy, enum granularity granularity)
{
	static const enum step frame[] = { STEP_WRITE_START,  STEP_WRITE_END,  STEP_DEVICE_MAP,
					   STEP_DEVICE_UNMAP, STEP_READ_START, STEP_READ_END };
	struct params params = { .value = { [PARAM_POLICY] = policy, [PARAM_GRANULARITY] = granularity } };
	struct buffer buffer = { .params = &params };

	journal[0] = '\0';
	for (int i = 0; i < 2; i++) {
		for (size_t j = 0; j < sizeof(frame) / sizeof(frame[0]); j++)
			player_step(&scribe, &buffer, frame[j]);
		note('.');
	}
	return journal;
}

static void policies_act_at_their_steps(void **state)
{
	(void)state;
	/* eager: once, at the first map by a device */
	assert_string_equal(two_frames(POLICY_EAGER, GRANULARITY_PAGE), "sszss.ssss.");
	assert_string_equal(two_frames(POLICY_EAGER, GRANULARITY_BUFFER), "sszsfs.ssss.");
	/* lazy: at every END of a write, and back at the START of the read */
	assert_string_equal(two_frames(POLICY_LAZY, GRANULARITY_PAGE), "sszszs.sszszs.");
	assert_string_equal(two_frames(POLICY_LAZY, GRANULARITY_BUFFER), "sszszfs.sszszfs.");
	/* cached: never */
	assert_string_equal(two_frames(POLICY_CACHED, GRANULARITY_NONE), "ssss.ssss.");
}

/* The fix is a source that has the call which the case needs. */
static void what_has_no_sync_names_a_source_that_has_it(void **state)
{
	static const struct {
		const char *name, *has, *lacks;
	} rows[] = { { "sync-matrix", "udmabuf", NULL }, { "sync-range", "zap-heap", "udmabuf" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *cases[] = { rows[i].name, NULL };
		struct request request = { .cases = cases, .sources = memfd_only };
		struct why why = { "", "" };
		struct plan plan;

		assert_int_equal(plan_make(&request, &plan, &why), -ENOENT);
		assert_non_null(strstr(why.reason, "memfd is no dma-buf"));
		assert_non_null(strstr(why.remedy, rows[i].has));
		if (rows[i].lacks)
			assert_null(strstr(why.remedy, rows[i].lacks));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_quick_profile_is_small),
		cmocka_unit_test(policies_with_the_same_calls_are_one_configuration),
		cmocka_unit_test(halves_are_the_same_work),
		cmocka_unit_test(a_row_for_each_core_type),
		cmocka_unit_test(impossible_configurations_are_skipped_with_a_reason),
		cmocka_unit_test(both_accesses_are_for_cases_that_take_them),
		cmocka_unit_test(what_does_not_fit_into_memory_is_skipped),
		cmocka_unit_test(every_buffer_counts),
		cmocka_unit_test(a_case_needs_no_list),
		cmocka_unit_test(profiles_fit_larger_pages),
		cmocka_unit_test(wrong_requests_are_explained),
		cmocka_unit_test(what_has_no_sync_names_a_source_that_has_it),
		cmocka_unit_test(policies_act_at_their_steps),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}

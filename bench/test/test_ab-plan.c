// SPDX-License-Identifier: GPL-2.0-or-later
/* The plan of zapbench ab: the order of the runs, what comes next after each interruption, and its file. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/cli/ab-plan.h"

static const char *const no_arguments[] = { NULL };
static char path[] = "/tmp/zapbench-ab-plan-XXXXXX";

static struct ab_plan plan_of(uint64_t seed, size_t pairs)
{
	struct ab_plan plan = { .seed = seed, .folder = "/", .command = { "a", "b" }, .argument = no_arguments };

	assert_int_equal(ab_plan_order(&plan, pairs), 0);
	return plan;
}

static void order_of(const struct ab_plan *plan, char *text)
{
	for (size_t i = 0; i < plan->nr_runs; i++)
		text[i] = plan->run[i].side == SIDE_A ? 'A' : 'B';
	text[plan->nr_runs] = '\0';
}

static void two_pairs_are_abba_or_baab(void **state)
{
	size_t abba = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct ab_plan plan = plan_of(seed, 2);
		char text[8];

		order_of(&plan, text);
		assert_true(!strcmp(text, "ABBA") || !strcmp(text, "BAAB"));
		abba += text[0] == 'A';
		ab_plan_free(&plan);
	}
	assert_in_range(abba, 70, 130);
}

/* Equal sums of positions: a cost that grows evenly with time is the same on both sides. */
static void even_drift_favours_neither_side(void **state)
{
	(void)state;
	for (size_t pairs = 2; pairs <= 20; pairs += 2) {
		struct ab_plan plan = plan_of(pairs, pairs);
		size_t count[2] = { 0 }, sum[2] = { 0 };

		for (size_t i = 0; i < plan.nr_runs; i++) {
			count[plan.run[i].side]++;
			sum[plan.run[i].side] += i;
		}
		assert_int_equal(count[SIDE_A], pairs);
		assert_int_equal(count[SIDE_B], pairs);
		assert_int_equal(sum[SIDE_A], sum[SIDE_B]);
		ab_plan_free(&plan);
	}
}

static void an_odd_pair_has_one_run_per_side(void **state)
{
	struct ab_plan plan = plan_of(5, 3);
	char text[8];

	(void)state;
	order_of(&plan, text);
	assert_int_equal(strlen(text), 6);
	assert_true(!strcmp(text + 4, "AB") || !strcmp(text + 4, "BA"));
	ab_plan_free(&plan);
}

static void the_seed_gives_the_order(void **state)
{
	char first[64], again[64];
	size_t others = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct ab_plan plan = plan_of(3, 12), same = plan_of(3, 12), other = plan_of(seed, 12);

		order_of(&plan, first);
		order_of(&same, again);
		assert_string_equal(first, again);
		order_of(&other, again);
		others += strcmp(first, again) != 0;
		ab_plan_free(&plan);
		ab_plan_free(&same);
		ab_plan_free(&other);
	}
	assert_in_range(others, 15, 19);
}

static void two_heaps_are_one_run(void **state)
{
	struct ab_plan plan = { .heap = { "memfd", "udmabuf" }, .folder = "/", .argument = no_arguments };

	(void)state;
	assert_int_equal(ab_plan_order(&plan, 6), 0);
	assert_int_equal(plan.nr_runs, 1);
	assert_int_equal(plan.run[0].side, SIDE_BOTH);
	ab_plan_free(&plan);
}

/* ---- what comes next ---- */

static void runs_follow_each_other_in_one_boot(void **state)
{
	struct ab_plan plan = plan_of(1, 2);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_ptr_equal(ab_plan_next(&plan), &plan.run[i]);
		assert_int_equal(ab_plan_step(&plan, "boot1"), AB_RUN);
		ab_plan_begin(&plan, "boot1");
		ab_plan_done(&plan, "6.12", 10);
	}
	assert_null(ab_plan_next(&plan));
	assert_int_equal(ab_plan_step(&plan, "boot1"), AB_COMPARE);
	assert_true(ab_plan_one_boot(&plan));
	assert_true(ab_plan_one_kernel(&plan));
	ab_plan_free(&plan);
}

static void a_run_is_tried_twice(void **state)
{
	struct ab_plan plan = plan_of(1, 1);

	(void)state;
	ab_plan_begin(&plan, "boot1");
	assert_int_equal(ab_plan_step(&plan, "boot1"), AB_RUN);
	ab_plan_begin(&plan, "boot1");
	assert_int_equal(ab_plan_step(&plan, "boot1"), AB_GIVE_UP);
	/* Each attempt has a file of its own, also after the plan is resumed. */
	plan.run[0].attempts = 0;
	ab_plan_begin(&plan, "boot1");
	assert_int_equal(plan.run[0].begun, 3);
	ab_plan_done(&plan, "6.12", 10);
	assert_int_equal(ab_plan_step(&plan, "boot1"), AB_RUN);
	ab_plan_free(&plan);
}

static void with_a_hook_each_run_has_a_boot_of_its_own(void **state)
{
	struct ab_plan plan = plan_of(1, 2);
	char boot[16] = "boot0", kernel[16];

	(void)state;
	plan.hook = "hook";
	for (int i = 0; i < 4; i++) {
		assert_int_equal(ab_plan_step(&plan, boot), AB_REBOOT);
		ab_plan_reboot(&plan, boot);
		/* The hook has ended, and it is the same boot: it is called again when the plan is resumed. */
		assert_int_equal(ab_plan_step(&plan, boot), AB_REBOOT);
		snprintf(boot, sizeof(boot), "boot%d", i + 1);
		assert_int_equal(ab_plan_step(&plan, boot), AB_RUN);
		ab_plan_begin(&plan, boot);
		/* Interrupted, and resumed in the same boot. */
		assert_int_equal(ab_plan_step(&plan, boot), AB_RUN);
		snprintf(kernel, sizeof(kernel), "6.%d", plan.run[i].side);
		ab_plan_done(&plan, kernel, 10);
	}
	assert_int_equal(ab_plan_step(&plan, boot), AB_COMPARE);
	assert_false(ab_plan_one_boot(&plan));
	assert_false(ab_plan_one_kernel(&plan));
	ab_plan_free(&plan);
}

/* A crash boots the kernel that the boot loader prefers. */
static void a_crash_during_a_run_calls_the_hook_again(void **state)
{
	struct ab_plan plan = plan_of(1, 1);

	(void)state;
	plan.hook = "hook";
	ab_plan_reboot(&plan, "boot0");
	ab_plan_begin(&plan, "boot1");
	assert_int_equal(ab_plan_step(&plan, "boot2"), AB_REBOOT);
	ab_plan_reboot(&plan, "boot2");
	assert_int_equal(ab_plan_step(&plan, "boot3"), AB_RUN);
	ab_plan_begin(&plan, "boot3");
	/* A kernel that crashes in each run must not boot for ever. */
	assert_int_equal(ab_plan_step(&plan, "boot4"), AB_GIVE_UP);
	ab_plan_free(&plan);
}

static void the_kernel_of_a_side_stays_the_same(void **state)
{
	struct ab_plan plan = plan_of(1, 2);
	char kernel[400];

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_null(ab_plan_other_kernel(&plan, "any"));
		ab_plan_begin(&plan, "boot");
		ab_plan_done(&plan, plan.run[i].side == SIDE_A ? "6.12" : "6.1", 10);
	}
	assert_int_equal(plan.run[2].side, plan.run[1].side);
	assert_null(ab_plan_other_kernel(&plan, plan.run[2].side == SIDE_A ? "6.12" : "6.1"));
	assert_string_equal(ab_plan_other_kernel(&plan, "6.6"), plan.run[1].kernel);
	/* A name that is too long to be kept is compared as far as it is. */
	memset(kernel, 'k', sizeof(kernel));
	kernel[sizeof(kernel) - 1] = '\0';
	plan.run[1].done = false;
	ab_plan_done(&plan, kernel, 10);
	assert_null(ab_plan_other_kernel(&plan, kernel));
	ab_plan_free(&plan);
}

static void the_time_left_is_that_of_the_other_runs(void **state)
{
	struct ab_plan plan = plan_of(1, 2);

	(void)state;
	assert_true(isnan(ab_plan_left_s(&plan)));
	ab_plan_begin(&plan, "boot");
	ab_plan_done(&plan, "6.12", 10);
	ab_plan_begin(&plan, "boot");
	ab_plan_done(&plan, "6.12", 20);
	assert_float_equal(ab_plan_left_s(&plan), 30, 1e-9);
	ab_plan_free(&plan);
}

/* ---- the file ---- */

static void assert_same_plan(const struct ab_plan *a, const struct ab_plan *b)
{
	assert_int_equal(a->seed, b->seed);
	assert_int_equal(a->nr_runs, b->nr_runs);
	assert_string_equal(a->hook ? a->hook : "-", b->hook ? b->hook : "-");
	assert_string_equal(a->argument[0], b->argument[0]);
	assert_null(b->argument[1]);
	for (size_t i = 0; i < a->nr_runs; i++) {
		assert_int_equal(a->run[i].side, b->run[i].side);
		assert_int_equal(a->run[i].done, b->run[i].done);
		assert_int_equal(a->run[i].attempts, b->run[i].attempts);
		assert_int_equal(a->run[i].begun, b->run[i].begun);
		assert_float_equal(a->run[i].duration_s, b->run[i].duration_s, 1e-9);
		assert_string_equal(a->run[i].boot_id, b->run[i].boot_id);
		assert_string_equal(a->run[i].left_boot, b->run[i].left_boot);
		assert_string_equal(a->run[i].kernel, b->run[i].kernel);
	}
}

static void written_and_read(const struct ab_plan *plan, const char *boot)
{
	struct why why = { "", "" };
	struct ab_plan read;

	assert_int_equal(ab_plan_write(plan, path, &why), 0);
	assert_int_equal(ab_plan_read(path, &read, &why), 0);
	assert_same_plan(plan, &read);
	assert_int_equal(ab_plan_step(&read, boot), ab_plan_step(plan, boot));
	ab_plan_free(&read);
}

/* At each point of the plan, in this boot and in the next one: what is read goes on as what was written. */
static void a_plan_is_resumed_at_each_point(void **state)
{
	static const char *const arguments[] = { "say \"it's me\" \xc3\xa4", NULL };

	(void)state;
	for (int hook = 0; hook < 2; hook++) {
		struct ab_plan plan = plan_of(7, 3);

		plan.hook = hook ? "hook" : NULL;
		plan.argument = arguments;
		for (int i = 0; i < 6; i++) {
			char boot[16], next[16];

			snprintf(boot, sizeof(boot), "boot%d", i);
			snprintf(next, sizeof(next), "boot%d", i + 1);
			written_and_read(&plan, boot);
			if (hook)
				ab_plan_reboot(&plan, boot);
			written_and_read(&plan, boot);
			written_and_read(&plan, next);
			ab_plan_begin(&plan, next);
			written_and_read(&plan, next);
			written_and_read(&plan, "another");
			ab_plan_done(&plan, "6.12", 1.5 + i);
		}
		written_and_read(&plan, "another");
		ab_plan_free(&plan);
	}
}

static void heaps_and_programs_are_kept(void **state)
{
	struct ab_plan plan = { .heap = { "memfd", "udmabuf" },
				.binary = { "old", NULL },
				.folder = "/tmp",
				.reboot_wait_s = 3,
				.argument = no_arguments };
	struct why why = { "", "" };
	struct ab_plan read;

	(void)state;
	assert_int_equal(ab_plan_order(&plan, 1), 0);
	assert_int_equal(ab_plan_write(&plan, path, &why), 0);
	assert_int_equal(ab_plan_read(path, &read, &why), 0);
	assert_string_equal(read.heap[SIDE_A], "memfd");
	assert_string_equal(read.heap[SIDE_B], "udmabuf");
	assert_string_equal(read.binary[SIDE_A], "old");
	assert_null(read.binary[SIDE_B]);
	assert_string_equal(read.folder, "/tmp");
	assert_float_equal(read.reboot_wait_s, 3, 1e-9);
	assert_null(read.command[SIDE_A]);
	ab_plan_free(&read);
	ab_plan_free(&plan);
}

static char *text_of(const struct ab_plan *plan)
{
	struct why why = { "", "" };
	char *text = calloc(1, 8192);
	FILE *file;

	assert_int_equal(ab_plan_write(plan, path, &why), 0);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, 8191, file) > 0);
	fclose(file);
	return text;
}

static void assert_refused(const char *text, size_t size)
{
	struct why why = { "", "" };
	struct ab_plan read;
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
	assert_int_equal(ab_plan_read(path, &read, &why), -EINVAL);
	assert_non_null(strstr(why.reason, "not a plan of zapbench ab"));
	assert_non_null(strstr(why.remedy, "--dir"));
}

static void a_plan_that_was_cut_off_is_refused(void **state)
{
	struct ab_plan plan = plan_of(1, 1);
	char *text = text_of(&plan);

	(void)state;
	for (size_t size = 0; size < strlen(text); size += 7)
		assert_refused(text, size);
	free(text);
	ab_plan_free(&plan);
}

/* @from becomes @to, which is as long. */
static void assert_changed_is_refused(const char *from, const char *to)
{
	struct ab_plan plan = plan_of(1, 1);
	char *text = text_of(&plan), *place = strstr(text, from);
	struct why why = { "", "" };
	struct ab_plan read;

	assert_non_null(place);
	assert_int_equal(ab_plan_read(path, &read, &why), 0);
	ab_plan_free(&read);
	for (size_t i = 0; to[i]; i++)
		place[i] = to[i];
	assert_refused(text, strlen(text));
	free(text);
	ab_plan_free(&plan);
}

static void a_damaged_plan_is_refused(void **state)
{
	(void)state;
	assert_changed_is_refused("zapbench-ab-plan", "zapbench-ab-plum");
	assert_changed_is_refused("\"version\": 1", "\"version\": 2");
	assert_changed_is_refused("\"side\": \"A\"", "\"side\": \"C\"");
	assert_changed_is_refused("\"done\": false", "\"done\": 7    ");
	assert_changed_is_refused("\"run_arguments\": []", "\"run_arguments\": {}");
	assert_changed_is_refused("\"runs\"", "\"rums\"");
	assert_changed_is_refused("\"folder\"", "\"fodder");
	assert_refused("[]", 2);
	assert_refused("null", 4);
}

static void heaps_and_runs_of_both_go_together(void **state)
{
	struct ab_plan plan = plan_of(1, 1);
	struct why why = { "", "" };
	struct ab_plan read;

	(void)state;
	plan.run[1].side = SIDE_BOTH;
	assert_int_equal(ab_plan_write(&plan, path, &why), 0);
	assert_int_equal(ab_plan_read(path, &read, &why), -EINVAL);
	assert_non_null(strstr(why.reason, "there are two heaps"));
	ab_plan_free(&plan);
}

static void a_text_that_is_too_long_is_refused(void **state)
{
	struct ab_plan plan = plan_of(1, 1);
	char *text = text_of(&plan), *place = strstr(text, "\"boot_id\": \""), *longer = calloc(1, 16384);

	(void)state;
	assert_non_null(place);
	place += strlen("\"boot_id\": \"");
	sprintf(longer, "%.*s%0100d%s", (int)(place - text), text, 0, place);
	assert_refused(longer, strlen(longer));
	free(longer);
	free(text);
	ab_plan_free(&plan);
}

static void a_plan_that_is_not_there_is_named(void **state)
{
	struct why why = { "", "" };
	struct ab_plan read;

	(void)state;
	assert_int_equal(ab_plan_read("/nowhere/plan.json", &read, &why), -ENOENT);
	assert_string_equal(why.reason, "/nowhere/plan.json: No such file or directory");
}

/* JSON is UTF-8. */
static void an_argument_that_is_no_utf8_is_refused(void **state)
{
	static const char *const arguments[] = { "\xff", NULL };
	struct ab_plan plan = plan_of(1, 1);
	struct why why = { "", "" };

	(void)state;
	plan.argument = arguments;
	assert_int_equal(ab_plan_write(&plan, path, &why), -EINVAL);
	assert_non_null(strstr(why.remedy, "UTF-8"));
	ab_plan_free(&plan);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_pairs_are_abba_or_baab),
		cmocka_unit_test(even_drift_favours_neither_side),
		cmocka_unit_test(an_odd_pair_has_one_run_per_side),
		cmocka_unit_test(the_seed_gives_the_order),
		cmocka_unit_test(two_heaps_are_one_run),
		cmocka_unit_test(runs_follow_each_other_in_one_boot),
		cmocka_unit_test(a_run_is_tried_twice),
		cmocka_unit_test(with_a_hook_each_run_has_a_boot_of_its_own),
		cmocka_unit_test(a_crash_during_a_run_calls_the_hook_again),
		cmocka_unit_test(the_kernel_of_a_side_stays_the_same),
		cmocka_unit_test(the_time_left_is_that_of_the_other_runs),
		cmocka_unit_test(a_plan_is_resumed_at_each_point),
		cmocka_unit_test(heaps_and_programs_are_kept),
		cmocka_unit_test(a_plan_that_was_cut_off_is_refused),
		cmocka_unit_test(a_damaged_plan_is_refused),
		cmocka_unit_test(heaps_and_runs_of_both_go_together),
		cmocka_unit_test(a_text_that_is_too_long_is_refused),
		cmocka_unit_test(a_plan_that_is_not_there_is_named),
		cmocka_unit_test(an_argument_that_is_no_utf8_is_refused),
	};
	int failed, fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Comparisons with planted answers. With a folder as argument: write their runs there, for report/test/compare.sh, and
 * test nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>

#include "report/analysis/compare.h"
#include "report/test/simulated.h"

enum { RUNS = 10 };

#define HOSTILE                                                              \
	"refault/memfd/eager/page/1M/x=a|<script>*\033[31m\xc3\xa9`\n&amp;_" \
	"a_value_that_goes_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on"

/* What each configuration costs on either side, and what must be said of it. factor 0: it is not there. */
static const struct {
	const char *name;
	double factor[2];
	double sigma; /* between its runs, on top */
	enum verdict verdict;
} plan[] = {
	{ "refault/memfd/eager/page/1M", { 1, 1.10 }, 0.004, VERDICT_SLOWER },
	{ "refault/memfd/eager/page/2M", { 1, 1.30 }, 0.004, VERDICT_SLOWER },
	{ "refault/memfd/eager/buffer/1M", { 1, 0.80 }, 0.004, VERDICT_FASTER },
	{ "refault/memfd/lazy/page/1M", { 1, 1 }, 0.0005, VERDICT_SAME },
	{ "refault/memfd/lazy/page/2M", { 1, 1.002 }, 0.0002, VERDICT_SAME },
	{ "zap/memfd/eager/page/1M", { 1, 1 }, 0.2, VERDICT_UNDECIDED },
	{ "zap/memfd/lazy/page/1M", { 1, 1.05 }, 0.1, VERDICT_UNDECIDED },
	{ HOSTILE, { 1, 1.20 }, 0.004, VERDICT_SLOWER },
	{ "zap/memfd/eager/page/4M", { 1, 0 }, 0.004, VERDICT_UNDECIDED },
	{ "zap/memfd/eager/page/8M", { 0, 1 }, 0.004, VERDICT_UNDECIDED },
};

enum { NR_PLAN = sizeof(plan) / sizeof(plan[0]), COMPARED = NR_PLAN - 2 };

static void set_text(struct record *record, const char *group, const char *key, const char *text)
{
	struct fact *fact = (struct fact *)facts_find(&record->environment, group, key);

	free(fact->value.text);
	fact->value.text = copied(text);
}

/* Run @number of side @side, as planned. */
static struct record *planned_run(gsl_rng *rng, int side, unsigned int number)
{
	const struct simulation s = { .rng = rng, .rounds = 20, .round_sigma = 0.0005, .disturbed = 0.1 };
	struct record *record = simulated_record(100 * ((unsigned int)side + 1) + number);
	double base_ns[NR_PLAN];
	size_t count = 0;

	for (size_t i = 0; i < NR_PLAN; i++) {
		/* drawn for those that are not there, too: the rest stays as it is when one is added */
		double ns = 1000 * plan[i].factor[side] * gsl_ran_lognormal(rng, 0, plan[i].sigma);

		if (plan[i].factor[side] == 0)
			continue;
		simulated_config(record, plan[i].name);
		base_ns[count++] = ns;
	}
	set_text(record, "kernel", "release", side ? "6.12.1-mine" : "6.12.1");
	simulate(&s, record, base_ns);
	return record;
}

struct pair {
	struct run_set side[2];
	gsl_rng *rng;
};

static void add_run(struct run_set *side, struct record *record)
{
	side->record = reallocarray(side->record, side->nr_records + 1, sizeof(*side->record));
	assert_non_null(side->record);
	side->record[side->nr_records++] = record;
}

static int make_pair(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	assert_non_null(pair);
	pair->rng = gsl_rng_alloc(gsl_rng_mt19937);
	gsl_rng_set(pair->rng, 20261123);
	for (int side = 0; side < 2; side++) {
		pair->side[side].path = copied(side ? "after" : "before");
		for (unsigned int i = 0; i < RUNS; i++)
			add_run(&pair->side[side], planned_run(pair->rng, side, i));
	}
	*state = pair;
	return 0;
}

static int free_pair(void **state)
{
	struct pair *pair = *state;

	run_set_free(&pair->side[0]);
	run_set_free(&pair->side[1]);
	gsl_rng_free(pair->rng);
	free(pair);
	return 0;
}

/* Each side has a configuration that the other lacks. */
#define PLANNED (1u << COMPATIBLE_CONFIGURATIONS)

static const struct compare_options one_percent = { .threshold_percent = 1, .override = PLANNED };

static const struct compared *row_of(const struct comparison *comparison, const char *name)
{
	for (size_t i = 0; i < comparison->nr_rows; i++) {
		if (!strcmp(comparison->row[i].name, name))
			return &comparison->row[i];
	}
	return NULL;
}

static void finds_what_was_planted(void **state)
{
	struct pair *pair = *state;
	struct comparison comparison;
	struct why why = { "", "" };

	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &one_percent, &comparison, &why), 0);
	assert_int_equal(comparison.nr_rows, COMPARED);
	for (size_t i = 0; i < COMPARED; i++) {
		const struct compared *row = row_of(&comparison, plan[i].name);

		assert_non_null(row);
		if (row->verdict != plan[i].verdict)
			fail_msg("%s: verdict %d, ratio %g (%g to %g)", row->name, (int)row->verdict, row->ratio.value,
				 row->ratio.lower, row->ratio.upper);
		assert_true(row->ratio.lower <= plan[i].factor[1] && plan[i].factor[1] <= row->ratio.upper);
		assert_int_equal(row->base_n, RUNS);
	}
	assert_true(comparison_regressed(&comparison));
	assert_true(fabs(comparison.level - (1 - 0.05 / COMPARED)) < 1e-12);
	/* missing cases are named */
	assert_int_equal(comparison.nr_unmatched, 2);
	assert_string_equal(comparison.unmatched[0].name, "zap/memfd/eager/page/4M");
	assert_string_equal(comparison.unmatched[0].reason, "only in base");
	assert_string_equal(comparison.unmatched[1].reason, "only in new");
	/* the kernel is what is compared: stated, not refused */
	assert_int_equal(comparison.nr_differences, 2);
	assert_string_equal(comparison.difference[0].key, "kernel.release");
	assert_true(comparison.difference[0].overridden);
	assert_string_equal(comparison.difference[1].key, "set of configurations");
	comparison_free(&comparison);
}

static void sorts_by_what_matters(void **state)
{
	struct pair *pair = *state;
	struct comparison comparison;

	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &one_percent, &comparison, NULL), 0);
	assert_string_equal(comparison.row[0].name, "refault/memfd/eager/page/2M");
	assert_string_equal(comparison.row[1].name, HOSTILE);
	assert_string_equal(comparison.row[2].name, "refault/memfd/eager/page/1M");
	assert_string_equal(comparison.row[3].name, "refault/memfd/eager/buffer/1M");
	for (size_t i = 1; i < comparison.nr_rows; i++)
		assert_true(comparison.row[i - 1].verdict <= comparison.row[i].verdict);
	comparison_free(&comparison);
}

static void swapped_sides_swap_verdicts(void **state)
{
	struct pair *pair = *state;
	struct comparison comparison, back;

	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &one_percent, &comparison, NULL), 0);
	assert_int_equal(compare_run_sets(&pair->side[1], &pair->side[0], &one_percent, &back, NULL), 0);
	for (size_t i = 0; i < comparison.nr_rows; i++) {
		const struct compared *row = &comparison.row[i], *other = row_of(&back, row->name);
		static const enum verdict mirror[] = { VERDICT_FASTER, VERDICT_SLOWER, VERDICT_UNDECIDED,
						       VERDICT_SAME };

		assert_int_equal(other->verdict, mirror[row->verdict]);
		assert_true(fabs(row->ratio.value * other->ratio.value - 1) < 1e-12);
	}
	comparison_free(&back);
	comparison_free(&comparison);
}

static void threshold_and_filters(void **state)
{
	const char *const cases[] = { "zap", NULL }, *const policies[] = { "lazy", NULL };
	const struct compare_options high = { .threshold_percent = 50, .override = PLANNED };
	const struct compare_options zap = { .cases = cases, .policies = policies, .override = PLANNED };
	const struct compare_options nothing = { .cases = (const char *const[]){ "frame", NULL }, .override = PLANNED };
	struct pair *pair = *state;
	struct comparison comparison;
	struct why why = { "", "" };

	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &high, &comparison, NULL), 0);
	assert_false(comparison_regressed(&comparison));
	comparison_free(&comparison);
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &zap, &comparison, NULL), 0);
	assert_int_equal(comparison.nr_rows, 1);
	assert_true(comparison.level == 0.95);
	comparison_free(&comparison);
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &nothing, &comparison, &why), -ENOENT);
	comparison_free(&comparison);
}

/* One boot per side decides nothing, however many runs it has, and the fix is a command. */
static void one_boot_decides_nothing(void **state)
{
	struct pair *pair = *state;
	struct run_set few[2] = { pair->side[0], pair->side[1] };
	struct comparison comparison;

	for (size_t i = 0; i < RUNS; i++) {
		set_text(pair->side[0].record[i], "kernel", "boot_id", "one");
		set_text(pair->side[1].record[i], "kernel", "boot_id", "another");
	}
	assert_int_equal(compare_run_sets(&few[0], &few[1], &one_percent, &comparison, NULL), 0);
	for (size_t i = 0; i < comparison.nr_rows; i++) {
		assert_int_equal(comparison.row[i].verdict, VERDICT_UNDECIDED);
		assert_true(isfinite(comparison.row[i].ratio.value) && isnan(comparison.row[i].ratio.lower));
		assert_string_equal(comparison.row[i].reason, "one boot on each side");
		assert_non_null(strstr(comparison.row[i].remedy, "zapbench run --out base/ or --out new/"));
		assert_int_equal(comparison.row[i].base_boots, 1);
	}
	comparison_free(&comparison);
}

/* All runs of one boot, base and new in turn, or all of base first. */
static void put_into_one_boot(struct pair *pair, bool in_turn)
{
	for (size_t i = 0; i < RUNS; i++) {
		for (size_t side = 0; side < 2; side++) {
			struct record *record = pair->side[side].record[i];
			size_t minute = in_turn ? 2 * i + (side + i) % 2 : RUNS * side + i;
			char date[32];

			snprintf(date, sizeof(date), "2026-01-01T00:%02zu:00Z", minute);
			free(record->started_at);
			record->started_at = copied(date);
			set_text(record, "kernel", "boot_id", "one");
		}
	}
}

/* The boot decides, unless somebody asks about this one boot, which was measured in turn. */
static void one_boot_decides_only_where_asked(void **state)
{
	struct compare_options within = one_percent;
	struct pair *pair = *state;
	struct comparison comparison;
	const struct compared *row;
	struct why why = { "", "" };

	within.within_boot = true;
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &within, &comparison, &why), -EINVAL);
	assert_string_equal(why.reason, "--within-boot: not all runs are of one boot (10 of base, 10 of new)");
	comparison_free(&comparison);
	put_into_one_boot(pair, true);
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &one_percent, &comparison, NULL), 0);
	assert_false(comparison.one_boot || comparison_regressed(&comparison));
	assert_string_equal(comparison.row[0].reason, "one boot on each side");
	assert_non_null(strstr(comparison.row[0].remedy, "; --within-boot compares within this boot"));
	comparison_free(&comparison);
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &within, &comparison, NULL), 0);
	assert_true(comparison.one_boot && comparison_regressed(&comparison));
	/* what is inconclusive needs more runs, not boots */
	row = row_of(&comparison, "zap/memfd/eager/page/1M");
	assert_int_equal(row->verdict, VERDICT_UNDECIDED);
	assert_string_equal(row->reason, "too few runs; below the row is how many would decide it");
	comparison_free(&comparison);
}

/* One side after the other, or too few: no interval, and why. */
static void one_boot_decides_only_in_turn(void **state)
{
	struct compare_options within = one_percent;
	struct pair *pair = *state;
	struct run_set few[2] = { pair->side[0], pair->side[1] };
	struct comparison comparison;

	within.within_boot = true;
	put_into_one_boot(pair, false);
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &within, &comparison, NULL), 0);
	assert_false(comparison.one_boot || comparison_regressed(&comparison));
	assert_string_equal(comparison.row[0].reason,
			    "one boot, and one side was measured before the other: drift looks like a change");
	assert_string_equal(comparison.row[0].remedy, "zapbench ab measures both sides in turn");
	comparison_free(&comparison);
	few[1].nr_records = 1;
	assert_int_equal(compare_run_sets(&few[0], &few[1], &within, &comparison, NULL), 0);
	assert_string_equal(comparison.row[0].reason, "one boot, and fewer than two runs on a side");
	comparison_free(&comparison);
}

/* The command of the fix is that of the runs, without where they went. */
static void the_fix_is_a_command(void **state)
{
	static const struct {
		const char *line, *command;
	} lines[] = {
		{ "zapbench run zap --out before/ --repeat 2", ": zapbench run zap --repeat 2 --out base/ or " },
		{ "zapbench run zap --out=before/", ": zapbench run zap --out base/ or " },
		{ "zapbench run --out x.json zap", ": zapbench run zap --out base/ or " },
		{ "zapbench run zap --out", ": zapbench run zap --out base/ or " },
		{ "zapbench run zap", ": zapbench run zap --out base/ or " },
	};
	struct pair *pair = *state;
	struct run_set one[2] = { pair->side[0], pair->side[1] };

	one[0].nr_records = one[1].nr_records = 1;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct comparison comparison;

		free(one[0].record[0]->command_line);
		one[0].record[0]->command_line = copied(lines[i].line);
		assert_int_equal(compare_run_sets(&one[0], &one[1], &one_percent, &comparison, NULL), 0);
		assert_string_equal(comparison.row[0].reason, "one boot on each side");
		assert_non_null(strstr(comparison.row[0].remedy, lines[i].command));
		comparison_free(&comparison);
	}
}

/* One run of each side ten times as slow as the rest: the verdicts stay. */
static void outliers_change_no_verdict(void **state)
{
	struct pair *pair = *state;
	struct comparison comparison;

	for (int side = 0; side < 2; side++) {
		struct record *record = pair->side[side].record[3];

		for (size_t i = 0; i < record->nr_configs; i++) {
			for (size_t j = 0; j < record->nr_rounds; j++)
				record->config[i].column[0].value[j] *= 10;
		}
		assert_int_equal(record_summarise(record), 0);
	}
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &one_percent, &comparison, NULL), 0);
	for (size_t i = 0; i < COMPARED; i++)
		assert_int_equal(row_of(&comparison, plan[i].name)->verdict, plan[i].verdict);
	comparison_free(&comparison);
}

/* A clock so coarse that all runs agree: no difference, and nothing is divided by zero. */
static void ties_are_the_same(void **state)
{
	struct pair *pair = *state;
	struct comparison comparison;

	for (int side = 0; side < 2; side++) {
		for (size_t k = 0; k < RUNS; k++) {
			struct record *record = pair->side[side].record[k];

			for (size_t i = 0; i < record->nr_configs; i++) {
				for (size_t j = 0; j < record->nr_rounds; j++)
					record->config[i].column[0].value[j] = 256000;
			}
			assert_int_equal(record_summarise(record), 0);
		}
	}
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &one_percent, &comparison, NULL), 0);
	for (size_t i = 0; i < comparison.nr_rows; i++) {
		assert_int_equal(comparison.row[i].verdict, VERDICT_SAME);
		assert_true(comparison.row[i].ratio.lower == 1 && comparison.row[i].ratio.upper == 1);
	}
	comparison_free(&comparison);
}

/* Wrong faults in half of the samples of a run: it has no figure, and where none is left the configuration has none. */
static void invalid_runs_are_no_runs(void **state)
{
	struct pair *pair = *state;
	struct comparison comparison;

	for (size_t k = 0; k < RUNS; k++) {
		struct record *record = pair->side[1].record[k];

		for (size_t j = 0; j < (record->nr_rounds + 1) / 2; j++) {
			record->config[0].column[1].value[j] = 255;
			if (!k)
				record->config[1].column[1].value[j] = 255;
		}
		assert_int_equal(record_summarise(record), 0);
	}
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &one_percent, &comparison, NULL), 0);
	assert_null(row_of(&comparison, plan[0].name));
	assert_string_equal(comparison.unmatched[0].reason, "no valid figure in new");
	assert_int_equal(row_of(&comparison, plan[1].name)->new_n, RUNS - 1);
	comparison_free(&comparison);
}

/* Where leaving disturbed rounds out makes the difference, nothing is decided. */
static void disturbance_decides_nothing(void **state)
{
	struct pair *pair = *state;
	struct comparison comparison;
	const struct compared *row;

	for (size_t k = 0; k < RUNS; k++) {
		struct record *record = pair->side[0].record[k];

		/* most rounds of the base were disturbed, and in those it was as slow as the new */
		for (size_t j = 0; j < record->nr_rounds; j++) {
			record->round_column[0].value[j] = j < 13 ? DISTURBED_STEAL : 0;
			if (j < 13)
				record->config[0].column[0].value[j] *= 1.101;
		}
		assert_int_equal(record_summarise(record), 0);
	}
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &one_percent, &comparison, NULL), 0);
	row = row_of(&comparison, plan[0].name);
	assert_int_equal(row->verdict, VERDICT_UNDECIDED);
	assert_string_equal(row->reason, "the verdict changes when disturbed rounds are discarded");
	comparison_free(&comparison);
}

static void unlike_is_refused(void **state)
{
	struct pair *pair = *state;
	struct comparison comparison;
	struct why why = { "", "" };
	struct compare_options override = one_percent;

	for (size_t k = 0; k < RUNS; k++)
		set_text(pair->side[1].record[k], "cpu", "model", "Another");
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &one_percent, &comparison, &why), -EXDEV);
	assert_string_equal(why.reason, "cpu.model differs: base Simulated, new Another");
	assert_string_equal(why.remedy, "run both the same way, or override with --unlike machine");
	assert_int_equal(comparison.nr_rows, 0);
	comparison_free(&comparison);
	override.override = PLANNED | 1u << COMPATIBLE_PAGE_SIZE;
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &override, &comparison, NULL), -EXDEV);
	comparison_free(&comparison);
	override.override = PLANNED | 1u << COMPATIBLE_MACHINE;
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &override, &comparison, NULL), 0);
	assert_int_equal(comparison.nr_differences, 3);
	comparison_free(&comparison);
}

/* What runs before a configuration is a part of its cost, so both sides must have run the same ones. */
static void other_configurations_are_refused(void **state)
{
	static const struct compare_options nothing_overridden = { .threshold_percent = 1 };
	struct pair *pair = *state;
	struct comparison comparison;
	struct why why = { "", "" };

	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &nothing_overridden, &comparison, &why),
			 -EXDEV);
	assert_string_equal(
		why.reason,
		"set of configurations differs: base 9, of which not all runs have zap/memfd/eager/page/4M, "
		"new 9, of which not all runs have zap/memfd/eager/page/8M");
	assert_string_equal(why.remedy, "run both the same way, or override with --unlike configurations");
	comparison_free(&comparison);
	/* also within one side: one run has all of it, the others one less */
	for (size_t i = 0; i < RUNS; i++) {
		pair->side[0].record[i]->nr_configs -= i > 0;
		pair->side[1].record[i]->nr_configs--;
	}
	why = (struct why){ "", "" };
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &nothing_overridden, &comparison, &why),
			 -EXDEV);
	assert_string_equal(
		why.reason,
		"set of configurations differs: base 9, of which not all runs have zap/memfd/eager/page/4M, "
		"new 8");
	comparison_free(&comparison);
	/* the order does not matter: rounds shuffle it */
	pair->side[0].record[0]->nr_configs--;
	for (size_t i = 0; i < RUNS; i++) {
		struct config_result *config = pair->side[1].record[i]->config, first = config[0];

		config[0] = config[1];
		config[1] = first;
	}
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &nothing_overridden, &comparison, NULL), 0);
	comparison_free(&comparison);
	/* one that only one run of base lacks is named on both sides */
	pair->side[0].record[0]->nr_configs--;
	why = (struct why){ "", "" };
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &nothing_overridden, &comparison, &why),
			 -EXDEV);
	assert_non_null(strstr(why.reason, "base 8, of which not all runs have refault/memfd/eager/page/1M/x=a"));
	assert_non_null(strstr(why.reason, "new 8, of which not all runs have refault/memfd/eager/page/1M/x=a"));
	comparison_free(&comparison);
	pair->side[0].record[0]->nr_configs++;
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < RUNS; i++)
			pair->side[side].record[i]->nr_configs++;
	}
}

static void each_kind_of_unlikeness(void **state)
{
	static const char *const reasons[] = { "memory.page_size_bytes", "version", "cpu.governor", "layout",
					       "not comparable: instructions of an emulated machine" };
	struct pair *pair = *state;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct record *record = pair->side[1].record[1], kept = *record;
		struct fact *page = (struct fact *)facts_find(&record->environment, "memory", "page_size_bytes");
		struct comparison comparison;
		struct why why = { "", "" };

		if (i == 0)
			page->value.integer = 16384;
		if (i == 1)
			record->tool_version = (char *)"0.2.0";
		if (i == 2)
			set_text(record, "cpu", "governor", "powersave");
		if (i == 3)
			record->layout = (char *)"random";
		record->emulated = i == 4;
		assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &one_percent, &comparison, &why),
				 -EXDEV);
		if (strncmp(why.reason, reasons[i], strlen(reasons[i])))
			fail_msg("%s", why.reason);
		comparison_free(&comparison);
		page->value.integer = 4096;
		set_text(record, "cpu", "governor", "performance");
		record->tool_version = kept.tool_version;
		record->layout = kept.layout;
		record->emulated = false;
	}
}

/* Between the sides the kernel is what is compared; two of them on one side are a mistake. */
static void one_kernel_a_side(void **state)
{
	struct pair *pair = *state;
	struct comparison comparison;
	struct why why = { "", "" };
	struct compare_options override = { .threshold_percent = 1, .override = PLANNED | 1u << COMPATIBLE_KERNEL };

	set_text(pair->side[1].record[4], "kernel", "release", "6.12.2");
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &one_percent, &comparison, &why), -EXDEV);
	assert_string_equal(why.reason, "kernel.release differs: base 6.12.1, new 6.12.1-mine and 6.12.2");
	comparison_free(&comparison);
	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[1], &override, &comparison, NULL), 0);
	comparison_free(&comparison);
}

static void a_run_is_on_one_side(void **state)
{
	struct pair *pair = *state;
	struct comparison comparison;
	struct why why = { "", "" };

	assert_int_equal(compare_run_sets(&pair->side[0], &pair->side[0], &one_percent, &comparison, &why), -EINVAL);
	assert_non_null(strstr(why.reason, "is in base and in new"));
	comparison_free(&comparison);
}

/* ---- emulated ---- */

static const double emulated_base[] = { 59270, 59302, 59302 };

/* Three rounds of 256 operations with 32 faults, @more[i] instructions added to round i. */
static struct run_set emulated_side(const double *more)
{
	struct run_set side = { .path = copied("emulated") };
	struct record *record = simulated_record(1);
	struct config_result *config = simulated_config(record, "refault/zap-heap/eager/around/1M");

	record->emulated = config->emulated = config->keeps_disturbed = true;
	config->faults_expected = 32;
	free(config->value_unit);
	config->value_unit = copied("instructions");
	for (size_t i = 0; i < 3; i++) {
		must(!record_add_round(record));
		config->column[0].value[i] = emulated_base[i] + more[i];
		config->column[1].value[i] = 32;
	}
	must(!record_summarise(record));
	add_run(&side, record);
	return side;
}

static enum verdict heaps_verdict(const char *zap_heaps, double threshold, const double *more, double *per_fault)
{
	struct run_set base = emulated_side((const double[]){ 0, 0, 0 }), new = emulated_side(more);
	const struct compare_options high = { .threshold_percent = threshold };
	struct comparison comparison;
	enum verdict verdict;

	must((base.record[0]->zap_heaps = strdup(zap_heaps)) != NULL);
	must((new.record[0]->zap_heaps = strdup(zap_heaps)) != NULL);
	assert_int_equal(compare_run_sets(&base, &new, &high, &comparison, NULL), 0);
	verdict = comparison.row[0].verdict;
	*per_fault = comparison.row[0].per_fault;
	comparison_free(&comparison);
	run_set_free(&base);
	run_set_free(&new);
	return verdict;
}

static enum verdict emulated_verdict(const double *more, double *per_fault)
{
	return heaps_verdict("patch", 50, more, per_fault);
}

/* One instruction more per fault, 0.05 %, is a finding of one run a side, whatever the threshold. */
static void instructions_are_compared_exactly(void **state)
{
	double per_fault;

	(void)state;
	assert_int_equal(emulated_verdict((const double[]){ 32, 32, 32 }, &per_fault), VERDICT_SLOWER);
	assert_true(fabs(per_fault - 1) < 1e-9);
	assert_int_equal(emulated_verdict((const double[]){ -1, -1, -1 }, &per_fault), VERDICT_FASTER);
	assert_int_equal(emulated_verdict((const double[]){ 0, 0, 0 }, &per_fault), VERDICT_SAME);
	/* an interrupt that falls into another round is no finding */
	assert_int_equal(emulated_verdict((const double[]){ 4000, 0, -4000 }, &per_fault), VERDICT_UNDECIDED);
	assert_int_equal(emulated_verdict((const double[]){ 4000, 0, 0 }, &per_fault), VERDICT_UNDECIDED);
	/* nor are three that fall into the same direction, which happens to one configuration in four */
	assert_int_equal(emulated_verdict((const double[]){ 40, 300, 120 }, &per_fault), VERDICT_UNDECIDED);
	/* but what stands out of what they make is */
	assert_int_equal(emulated_verdict((const double[]){ 4000, 4100, 4050 }, &per_fault), VERDICT_SLOWER);
	assert_int_equal(emulated_verdict((const double[]){ -4000, -4100, -4050 }, &per_fault), VERDICT_FASTER);
}

/* A stock kernel does not repeat itself to the instruction: one more per fault, 0.05 %, is no finding there. */
static void modules_need_the_threshold(void **state)
{
	const double one[] = { 32, 32, 32 }, half[] = { 32000, 32000, 32000 }, spread[] = { 560, 600, 680 };
	double per_fault;

	(void)state;
	assert_int_equal(heaps_verdict("module, shim 1", 1, one, &per_fault), VERDICT_SAME);
	assert_int_equal(heaps_verdict("module, shim 1", 0, one, &per_fault), VERDICT_SLOWER);
	assert_int_equal(heaps_verdict("module, shim 1", 1, half, &per_fault), VERDICT_SLOWER);
	assert_int_equal(heaps_verdict("module, shim 1", 1, spread, &per_fault), VERDICT_UNDECIDED);
}

/* ---- within a run ---- */

/* Two policies and a parameter, in rounds that are slow together. */
static struct record *one_run(gsl_rng *rng)
{
	static const char *const names[] = {
		"refault/memfd/eager/page/1M",   "refault/memfd/lazy/page/1M",       "refault/memfd/cached/none/1M",
		"refault/memfd/eager/buffer/1M", "refault/memfd/eager+lazy/huge/1M", "refault/memfd/eager/page/4M",
	};
	static const double base_ns[] = { 1000, 1100, 10, 600, 20, 1000.5 };
	const struct simulation s = {
		.rng = rng, .rounds = 200, .run_sigma = 0.1, .round_sigma = 0.01, .disturbed = 0.1
	};
	struct record *record = simulated_record(7);

	for (size_t i = 0; i < 6; i++) {
		struct config_result *config = simulated_config(record, names[i]);

		must(!facts_add_real(&config->params, NULL, "touched_fraction", 1));
	}
	simulate(&s, record, base_ns);
	return record;
}

static void within_a_run(void **state)
{
	struct pair *pair = *state;
	struct record *record = one_run(pair->rng);
	struct comparison comparison;
	struct why why = { "", "" };

	assert_int_equal(compare_within(record, "policy", "eager", "lazy", &one_percent, &comparison, NULL), 0);
	assert_int_equal(comparison.nr_rows, 1);
	assert_string_equal(comparison.row[0].new_name, "refault/memfd/lazy/page/1M");
	assert_int_equal(comparison.row[0].verdict, VERDICT_SLOWER);
	assert_true(comparison.row[0].ratio.lower < 1.1 && 1.1 < comparison.row[0].ratio.upper);
	assert_int_equal(comparison.nr_unmatched, 3);
	assert_string_equal(comparison.unmatched[1].reason, "both make the same calls");
	comparison_free(&comparison);
	/* cached has no granularity: each of eager is compared with it */
	assert_int_equal(compare_within(record, "policy", "eager", "cached", &one_percent, &comparison, NULL), 0);
	assert_int_equal(comparison.nr_rows, 3);
	comparison_free(&comparison);
	assert_int_equal(compare_within(record, "granularity", "page", "buffer", &one_percent, &comparison, NULL), 0);
	assert_int_equal(comparison.nr_rows, 1);
	assert_int_equal(comparison.row[0].verdict, VERDICT_FASTER);
	comparison_free(&comparison);
	/* a unit may be left out, and sizes have suffixes */
	assert_int_equal(compare_within(record, "size", "1M", "4M", &one_percent, &comparison, NULL), 0);
	assert_int_equal(comparison.nr_rows, 1);
	assert_int_equal(comparison.row[0].verdict, VERDICT_SAME);
	comparison_free(&comparison);
	assert_int_equal(compare_within(record, "colour", "a", "b", &one_percent, &comparison, &why), -EINVAL);
	assert_string_equal(why.reason, "no configuration has a parameter 'colour'");
	comparison_free(&comparison);
	assert_int_equal(compare_within(record, "size", "1M", "8M", &one_percent, &comparison, NULL), -ENOENT);
	comparison_free(&comparison);
	record_free(record);
}

/* ---- files for the program ---- */

/* Halves that are not the same at all: what a check of false alarms must not let pass. */
static struct record *shifted_run(gsl_rng *rng)
{
	const struct simulation s = { .rng = rng, .rounds = 60, .round_sigma = 0.01 };
	struct record *record = simulated_record(8);
	double base_ns[20];

	for (size_t i = 0; i < 20; i++) {
		char name[64];

		snprintf(name, sizeof(name), "refault/memfd/eager/page/%zuM/half=%zu", i / 2 + 1, i % 2 + 1);
		simulated_config(record, name);
		base_ns[i] = i % 2 ? 1300 : 1000;
	}
	simulate(&s, record, base_ns);
	return record;
}

static int write_runs(const char *folder)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct run_set emulated[2] = { emulated_side((const double[]){ 0, 0, 0 }),
				       emulated_side((const double[]){ 32, 32, 32 }) };
	struct why why = { "", "" };
	char path[4096];
	int err = 0;

	gsl_rng_set(rng, 20261123);
	for (int side = 0; side < 2 && !err; side++) {
		snprintf(path, sizeof(path), "%s/%s", folder, side ? "after" : "before");
		err = mkdir(path, 0777);
		for (unsigned int i = 0; i < RUNS && !err; i++) {
			struct record *record = planned_run(rng, side, i);

			snprintf(path, sizeof(path), "%s/%s/%u.json", folder, side ? "after" : "before", i);
			err = record_write(record, path, &why);
			record_free(record);
		}
		snprintf(path, sizeof(path), "%s/emulated-%d.json", folder, side);
		if (!err)
			err = record_write(emulated[side].record[0], path, &why);
		run_set_free(&emulated[side]);
	}
	if (!err) {
		struct record *record = one_run(rng);

		snprintf(path, sizeof(path), "%s/one.json", folder);
		err = record_write(record, path, &why);
		record_free(record);
	}
	if (!err) {
		struct record *record = shifted_run(rng);

		snprintf(path, sizeof(path), "%s/shifted.json", folder);
		err = record_write(record, path, &why);
		record_free(record);
	}
	gsl_rng_free(rng);
	fputs(why.reason, stderr);
	return err ? 1 : 0;
}

#define WITH_PAIR(function) cmocka_unit_test_setup_teardown(function, make_pair, free_pair)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(finds_what_was_planted),
		WITH_PAIR(sorts_by_what_matters),
		WITH_PAIR(swapped_sides_swap_verdicts),
		WITH_PAIR(threshold_and_filters),
		WITH_PAIR(one_boot_decides_nothing),
		WITH_PAIR(one_boot_decides_only_where_asked),
		WITH_PAIR(one_boot_decides_only_in_turn),
		WITH_PAIR(the_fix_is_a_command),
		WITH_PAIR(outliers_change_no_verdict),
		WITH_PAIR(ties_are_the_same),
		WITH_PAIR(invalid_runs_are_no_runs),
		WITH_PAIR(disturbance_decides_nothing),
		WITH_PAIR(unlike_is_refused),
		WITH_PAIR(other_configurations_are_refused),
		WITH_PAIR(each_kind_of_unlikeness),
		WITH_PAIR(one_kernel_a_side),
		WITH_PAIR(a_run_is_on_one_side),
		cmocka_unit_test(instructions_are_compared_exactly),
		cmocka_unit_test(modules_need_the_threshold),
		WITH_PAIR(within_a_run),
	};

	if (argc == 2)
		return write_runs(argv[1]);
	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}

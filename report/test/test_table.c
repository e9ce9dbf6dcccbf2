// SPDX-License-Identifier: GPL-2.0-or-later
/* What the table says of a planted record: here where it must not say more than the machine can know. */
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

#include "report/analysis/fits-cache.h"
#include "report/export/exported.h"
#include "report/render/config.h"
#include "report/render/table.h"
#include "bench/base/region.h"
#include "report/render/wrap.h"

/* A record of a machine with @cpus CPUs: @count numbers of workers, of whose work a tenth is serial. */
static struct record *scaling_record(int64_t cpus, int64_t count)
{
	struct record *record = record_new();

	assert_non_null(record);
	record->tool_version = strdup("0");
	record->tool_git = strdup("");
	record->stopped_by = strdup("precision");
	record->layout = strdup("fixed");
	assert_int_equal(facts_add_int(&record->environment, "topology", "cpus", cpus), 0);
	for (int64_t n = 1; n <= count; n++) {
		double value = 1000 * (1 + 0.1 * (double)(n - 1)) / (double)n;
		struct config_result *config = record_add_config(record);

		assert_non_null(config);
		assert_true(asprintf(&config->name, "fault-scaling/memfd/eager/page/2M/workers=%d", (int)n) > 0);
		config->case_name = strdup("fault-scaling");
		config->region = strdup(REGION_OTHER);
		config->rate = strdup(RATE_FAULTS);
		config->per_fault = true;
		config->source = strdup("memfd");
		config->policy = strdup("eager");
		config->granularity = strdup("page");
		config->operation = strdup("page");
		config->played_by_user = strdup("");
		config->not_played = strdup("");
		config->operations = config->faults_expected = 512;
		assert_int_equal(facts_add_int(&config->params, NULL, "workers", n), 0);
		config->summary.value = (struct estimate){ value, value * 0.999, value * 1.001, 0.95, 100 };
	}
	return record;
}

static char *table_in(struct record *record, size_t columns)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(table_print(record, columns, out), 0);
	fclose(out);
	record_free(record);
	return text;
}

static char *table_of(struct record *record)
{
	return table_in(record, TABLE_COLUMNS);
}

static size_t widest(const char *text)
{
	size_t most = 0;

	for (; *text; text += text[strcspn(text, "\n")] ? strcspn(text, "\n") + 1 : strcspn(text, "\n"))
		most = strcspn(text, "\n") > most ? strcspn(text, "\n") : most;
	return most;
}

/* Rows that differ in their last parameter alone, behind more words than a line of 60 columns has room for. */
static struct record *record_with_long_labels(void)
{
	struct record *record = scaling_record(2, 3);

	for (size_t i = 0; i < 3; i++) {
		struct config_result *config = &record->config[i];

		for (int key = 'a'; key < 'f'; key++) {
			char name[32];

			snprintf(name, sizeof(name), "parameter_of_row_%c", key);
			assert_int_equal(facts_add_int(&config->params, NULL, name, key == 'e' ? (int64_t)i : 7), 0);
			snprintf(name, sizeof(name), "differs_too_%c", key);
			assert_int_equal(facts_add_int(&config->params, NULL, name, (int64_t)i), 0);
		}
	}
	return record;
}

static void a_table_fits_every_width(void **state)
{
	(void)state;
	for (size_t columns = 60; columns <= 200; columns += 20) {
		char *text = table_in(record_with_long_labels(), columns);

		assert_true(widest(text) <= columns);
		*strstr(text, "\nscaling:") = '\0';
		/* What all rows share is said once, what differs in each row, and whole. */
		assert_non_null(strstr(text, "parameter_of_row_a=7"));
		assert_null(strstr(strstr(text, "parameter_of_row_a=7") + 1, "parameter_of_row_a=7"));
		for (int i = 0; i < 3; i++) {
			char wanted[32];

			snprintf(wanted, sizeof(wanted), "differs_too_e=%d", i);
			assert_non_null(strstr(text, wanted));
		}
		free(text);
	}
}

static void rows_that_share_all_words_of_one_keep_them(void **state)
{
	struct record *record = scaling_record(2, 2);
	char *text;

	(void)state;
	facts_free(&record->config[0].params);
	text = table_of(record);
	assert_non_null(strstr(text, "\nfault-scaling on memfd "));
	assert_non_null(strstr(text, "\neager page  "));
	assert_non_null(strstr(text, "\neager page workers=2 "));
	free(text);
}

static void a_serial_share_is_told_where_there_are_cpus(void **state)
{
	char *text = table_of(scaling_record(8, 6));

	(void)state;
	assert_non_null(strstr(text, "by number of workers"));
	/* 2 workers take 550 ns a page */
	assert_non_null(strstr(text, "2: 1818182/s, 1.82 times"));
	assert_non_null(strstr(text, "serial share: 0.1000 (95 %: 0.09"));
	free(text);
}

/* Rows of other cases have workers, too, and no refaults whose rate could grow: 0/s would be of no use. */
static void what_does_not_refault_has_no_scaling(void **state)
{
	struct record *record = scaling_record(8, 6);
	char *text;

	(void)state;
	for (size_t i = 0; i < record->nr_configs; i++) {
		free(record->config[i].rate);
		record->config[i].rate = strdup(RATE_BYTES);
	}
	text = table_of(record);
	assert_null(strstr(text, "scaling:"));
	assert_null(strstr(text, "refaults per second"));
	free(text);
}

static void with_few_cpus_none_is_told(void **state)
{
	char *text = table_of(scaling_record(3, 3));

	(void)state;
	assert_non_null(strstr(text, "serial share: not estimated (3 CPUs, needs 4)"));
	free(text);
	text = table_of(scaling_record(8, 3));
	assert_non_null(strstr(text, "serial share: not estimated (needs 4 numbers of workers)"));
	free(text);
}

/* A row of 4 samples, a row of many, and what they are marked with. */
static struct record *marked_record(void)
{
	const struct estimate many = { 100, 99, 101, 0.95, 90 }, few = { 100, NAN, NAN, 0.95, 4 };
	struct record *record = scaling_record(2, 2);

	record->budget_s = 60;
	assert_int_equal(facts_add_int(&record->environment, "measuring", "cpu", 1), 0);
	for (size_t i = 0; i < 2; i++)
		record->config[i].summary = (struct summary){
			.rounds = 90, .value = many, .value_all = many, .ratio = few, .ratio_all = few
		};
	record->config[0].summary.ratio.value = record->config[0].summary.ratio_all.value = NAN;
	record->config[1].summary.ratio = record->config[1].summary.ratio_all =
		(struct estimate){ 0.5, 0.49, 0.51, 0.95, 90 };
	return record;
}

static void a_row_says_how_many_samples_it_has(void **state)
{
	struct record *record = marked_record();
	char *text;

	(void)state;
	record->config[0].summary.value.n = 12345;
	text = table_of(record);
	assert_non_null(strstr(text, "  +-%    n  ratio\n"));
	assert_non_null(strstr(text, "  1.0  12k      -\n"));
	assert_non_null(strstr(text, "  1.0   90  0.500\n"));
	assert_null(strstr(text, "fix: stop other work"));
	assert_non_null(strstr(text, "reproducible: 2 of 2 rows"));
	free(text);
}

/* 4 MiB in a cache are no throughput of memory. */
static void a_rate_of_a_cache_is_told(void **state)
{
	struct record *record = marked_record();
	char *text;

	(void)state;
	assert_int_equal(facts_add_int(&record->environment, "topology", "core_type_0_l2_bytes", 1 << 20), 0);
	assert_int_equal(facts_add_int(&record->environment, "topology", "core_type_1_l3_bytes", 4 << 20), 0);
	for (size_t i = 0; i < 2; i++) {
		struct config_result *config = &record->config[i];

		free(config->rate);
		config->rate = strdup(RATE_BYTES);
		config->bytes = 4 << 20;
		assert_int_equal(facts_add_int(&config->params, NULL, "size_bytes", (4 << 20) + (i ? 4096 : 0)), 0);
	}
	text = table_of(record);
	assert_non_null(strstr(text, " GB/s moved, a cache may hold all of it\n"));
	assert_non_null(strstr(text, " GB/s moved\n"));
	free(text);
}

/* The fast cores have a cache of 4 MiB, the slow ones of 1 MiB; no cache holds write-combined memory. */
static void a_cache_is_of_a_core_type_and_of_cached_memory(void **state)
{
	struct record *record = marked_record();
	struct config_result *config = record->config;

	(void)state;
	assert_int_equal(facts_add_int(&record->environment, "topology", "core_type_0_l2_bytes", 1 << 20), 0);
	assert_int_equal(facts_add_int(&record->environment, "topology", "core_type_1_l3_bytes", 4 << 20), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(facts_add_int(&config[i].params, NULL, "size_bytes", 2 << 20), 0);
		assert_int_equal(facts_add_int(&config[i].params, NULL, RECORD_CORE_TYPE, (int64_t)i), 0);
		assert_int_equal(config_fits_cache(record, &config[i]), i);
	}
	free(config[1].policy);
	config[1].policy = strdup("uncached");
	/* Imitated: it stays cached. */
	assert_true(config_fits_cache(record, &config[1]));
	config[1].attributes_set = true;
	assert_false(config_fits_cache(record, &config[1]));
	free(config[1].policy);
	config[1].policy = strdup("eager");
	assert_true(config_fits_cache(record, &config[1]));
	assert_int_equal(facts_add_text(&config[1].params, NULL, "state", "after"), 0);
	assert_false(config_fits_cache(record, &config[1]));
	/* A ring of 3 is 6 MiB. */
	config[1].attributes_set = false;
	assert_int_equal(facts_add_int(&config[1].params, NULL, "ring", 3), 0);
	assert_false(config_fits_cache(record, &config[1]));
	/* A file of another program names its core type. */
	facts_free(&config[0].params);
	assert_int_equal(facts_add_int(&config[0].params, NULL, "size_bytes", 4096), 0);
	assert_int_equal(facts_add_text(&config[0].params, NULL, RECORD_CORE_TYPE, "big"), 0);
	assert_int_equal(config_cache(record, &config[0]), FITS_UNKNOWN);
	record_free(record);
}

/* Two clean rounds lost no byte, a disturbed one did: the table and the exports tell the loss, of all three samples. */
static void a_loss_in_one_round_is_told(void **state)
{
	struct record *record = marked_record();
	struct config_result *config = record->config;
	struct exported_record exported;
	const struct exported *lost;
	char *text;

	(void)state;
	assert_int_equal(config_declare_column(config, RECORD_COLUMN_DISTURBED, true), 0);
	assert_int_equal(config_declare_column(config, "lost_bytes", false), 0);
	assert_int_equal(config_add_figure(config, "lost_bytes", "bytes", "", "none", true), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(record_add_round(record), 0);
		config_column(config, RECORD_COLUMN_DISTURBED)->value[i] = i == 2 ? DISTURBED_SWITCH : 0;
		config_column(config, "lost_bytes")->value[i] = i == 2 ? 4096 : 0;
	}
	for (size_t i = 0; i < 2; i++)
		record->config[i].value_unit = strdup("ns");
	config->summary.value_all.n = 3;
	config->summary.value.n = 2;
	assert_int_equal(exported_collect(record, &exported), 0);
	lost = exported_find(&exported, EXPORTED_EXTRA, config->name);
	assert_non_null(lost);
	assert_string_equal(lost->name, "lost_bytes");
	assert_true(lost->value.value == 4096 && lost->value.n == 3);
	exported_free(&exported);
	text = table_of(record);
	assert_non_null(strstr(text, " lost 4096 bytes\n"));
	free(text);
}

/* Too few undisturbed samples: the figure of all of them, marked, and what helps. */
static void a_figure_of_all_samples_is_marked(void **state)
{
	struct record *record = marked_record();
	char *text;

	(void)state;
	record->config[1].summary.value = (struct estimate){ 70, NAN, NAN, 0.95, 3 };
	record->config[1].summary.ratio = (struct estimate){ 0.4, NAN, NAN, 0.95, 3 };
	text = table_of(record);
	assert_non_null(strstr(text, "  1.0   90* 0.500*\n"));
	assert_non_null(strstr(text, "* computed from all samples: too few are undisturbed"));
	assert_non_null(strstr(text, "fix: stop other work on CPU 1 (see top), or run with --budget 240"));
	assert_null(strstr(text, "no figure"));
	free(text);
}

static void a_missing_interval_has_a_mark_of_its_own(void **state)
{
	const struct estimate few = { 100, NAN, NAN, 0.95, 4 };
	struct record *record = marked_record();
	char *text;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		record->config[i].summary.value = record->config[i].summary.value_all = few;
	record->config[1].summary.ratio = record->config[1].summary.ratio_all = few;
	text = table_of(record);
	assert_non_null(strstr(text, "     ~    4  100.0~\n"));
	assert_non_null(strstr(text, "~ no interval: too few samples."));
	assert_non_null(strstr(text, "reproducible: 0 of 2 rows"));
	assert_null(strchr(strstr(text, "ratio\n"), '?'));
	free(text);
	/* Instructions have none to miss. */
	record = marked_record();
	record->emulated = record->config[0].emulated = record->config[1].emulated = true;
	record->config[1].summary.ratio = record->config[1].summary.ratio_all = few;
	text = table_of(record);
	assert_null(strchr(text, '~'));
	free(text);
}

static void a_wide_interval_keeps_its_column(void **state)
{
	const struct {
		double half;
		const char *line;
	} cases[] = { { 998.9, " 998.9   90 " },
		      { 999.97, "  1000   90 " },
		      { 5175.1, "  5175   90 " },
		      { 12345, " >9999   90 " } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record *record = marked_record();
		char *text;

		record->config[1].summary.value.lower = record->config[1].summary.value.value;
		record->config[1].summary.value.upper =
			record->config[1].summary.value.value * (1 + 2 * cases[i].half / 100);
		text = table_of(record);
		assert_non_null(strstr(text, cases[i].line));
		free(text);
	}
}

/* Of a hostile file: events without a name or a PMU, and as many reasons as events. SIGALRM ends what does not end. */
static void hostile_events_end(void **state)
{
	struct record *record = marked_record();
	const size_t many = 1000;
	char *text;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct config_result *config = &record->config[i];

		config->counter = calloc(many, sizeof(*config->counter));
		assert_non_null(config->counter);
		config->nr_counters = many;
		for (size_t j = 0; j < many; j++) {
			struct counter *counter = &config->counter[j];

			*counter = (struct counter){ .event = strdup(j < 2 ? "" : "event"),
						     .unit = strdup("events"),
						     .pmu = j ? strdup("software") : NULL,
						     .counted = j < 2 };
			if (!counter->counted)
				assert_true(asprintf(&counter->why_not, "reason %zu", i * many + j) > 0);
		}
	}
	alarm(20);
	text = table_of(record);
	alarm(0);
	assert_non_null(strstr(text, "reason 2\n"));
	assert_null(strstr(text, "reason 1999"));
	free(text);
}

/* An event that some rows counted: the line says how many did not. */
static void what_some_rows_did_not_count_is_said_with_their_number(void **state)
{
	struct record *record = marked_record();
	char *text;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct config_result *config = &record->config[i];

		config->counter = calloc(2, sizeof(*config->counter));
		assert_non_null(config->counter);
		config->nr_counters = 2;
		config->counter[0] = (struct counter){ .event = strdup("page-faults"),
						       .unit = strdup("events"),
						       .pmu = strdup("software"),
						       .counted = i,
						       .why_not = strdup("disturbed") };
		config->counter[1] = (struct counter){ .event = strdup("cycles"),
						       .unit = strdup("events"),
						       .why_not = strdup("no PMU") };
	}
	text = table_of(record);
	assert_non_null(strstr(text, "not counted: page-faults, in 1 of 2 rows: disturbed\n"));
	assert_non_null(strstr(text, "not counted: cycles: no PMU\n"));
	free(text);
}

/* Rows that do not want an event are not among those that lack it. */
static void an_event_that_few_rows_want_is_said_without_their_number(void **state)
{
	struct record *record = marked_record();
	char *text;

	(void)state;
	record->config[1].counter = calloc(1, sizeof(*record->config[1].counter));
	assert_non_null(record->config[1].counter);
	record->config[1].nr_counters = 1;
	record->config[1].counter[0] =
		(struct counter){ .event = strdup("dtlb-walk"), .unit = strdup("events"), .why_not = strdup("no PMU") };
	text = table_of(record);
	assert_non_null(strstr(text, "not counted: dtlb-walk: no PMU\n"));
	free(text);
}

static void one_round_is_no_plural(void **state)
{
	struct record *record = marked_record();
	char *text;

	(void)state;
	record->nr_rounds = 1;
	text = table_of(record);
	assert_non_null(strstr(text, "\n1 round, no sample discarded; "));
	free(text);
	record = marked_record();
	record->nr_rounds = 2;
	text = table_of(record);
	assert_non_null(strstr(text, "\n2 rounds, no sample discarded; "));
	free(text);
}

/* The fix stands at the end of the reason, after the names of many events. */
static void the_fix_of_many_events_is_not_cut_off(void **state)
{
	struct record *record = marked_record();
	struct config_result *config = &record->config[0];
	char *text;

	(void)state;
	config->counter = calloc(100, sizeof(*config->counter));
	assert_non_null(config->counter);
	config->nr_counters = 100;
	for (size_t i = 0; i < 100; i++) {
		struct counter *counter = &config->counter[i];

		*counter = (struct counter){ .unit = strdup("events") };
		assert_true(asprintf(&counter->event, "event-%03zu", i) > 0);
		assert_true(asprintf(&counter->why_not, "%0399d; fix: %0380d the end", 0, 0) > 0);
	}
	text = table_of(record);
	assert_non_null(strstr(text, "the end\n"));
	free(text);
}

/* An interval of a few per cent has a digit more than one of a thousand, and neither has an exponent. */
static void what_was_counted_has_its_interval_in_percent(void **state)
{
	static const double half[] = { 0.3, 210.0 }; /* of 10 */
	struct record *record = marked_record();
	char *text;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct config_result *config = &record->config[i];

		config->counter = calloc(1, sizeof(*config->counter));
		assert_non_null(config->counter);
		config->nr_counters = 1;
		config->counter[0] = (struct counter){ .event = strdup("cycles"),
						       .unit = strdup("events"),
						       .pmu = strdup("armv8_pmuv3"),
						       .counted = true,
						       .per_operation = 10,
						       .lower = 10 - half[i],
						       .upper = 10 + half[i],
						       .running_percent = 100 };
	}
	text = table_of(record);
	assert_non_null(strstr(text, "cycles 10.0 +-3.0 %\n"));
	assert_non_null(strstr(text, "cycles 10.0 +-2100 %\n"));
	free(text);
}

/* Of a tracepoint the name is enough; a count without an interval has none; what is rare is not 0. */
static void what_tracepoints_counted_is_short(void **state)
{
	static const double counts[] = { 0, 1, 0.00025 };
	struct record *record = marked_record();
	struct config_result *config = &record->config[0];
	char *text;

	(void)state;
	config->counter = calloc(3, sizeof(*config->counter));
	assert_non_null(config->counter);
	config->nr_counters = 3;
	for (size_t i = 0; i < 3; i++)
		config->counter[i] = (struct counter){ .event = strdup("tracepoint:some:event"),
						       .unit = strdup("events"),
						       .pmu = strdup("tracepoint"),
						       .counted = true,
						       .per_operation = counts[i],
						       .lower = counts[i],
						       .upper = counts[i],
						       .running_percent = 100 };
	text = table_of(record);
	assert_non_null(strstr(text, ": event 0, event 1.000, event 0.00025\n"));
	free(text);
}

/* Its fix tells what to expect of this machine. */
static void what_was_skipped_has_its_fix(void **state)
{
	struct record *record = marked_record();
	char *text;

	(void)state;
	assert_int_equal(record_add_skipped(record, "zap/huge", "no heap", "load it"), 0);
	assert_int_equal(record_add_skipped(record, "zap/page", "no zap", ""), 0);
	text = table_of(record);
	assert_non_null(strstr(text, "skipped: zap/huge: no heap; fix: load it\n"));
	assert_non_null(strstr(text, "skipped: zap/page: no zap\n"));
	free(text);
}

static void a_list_of_all_rows_says_so(void **state)
{
	struct record *record = marked_record();
	char *text;

	(void)state;
	for (size_t i = 0; i < record->nr_configs; i++)
		record->config[i].summary.value.n = record->config[i].summary.value_all.n = 3;
	text = table_of(record);
	assert_non_null(strstr(text, "too few samples to know: all rows\n"));
	free(text);
}

/* Arm kernels tell no model of the CPU: then the board is named. */
static void the_head_names_the_machine(void **state)
{
	struct record *record = marked_record();
	char *text = table_of(record);

	(void)state;
	assert_non_null(strstr(text, ", machine unknown\n"));
	free(text);
	record = marked_record();
	assert_int_equal(facts_add_text(&record->environment, "machine", "model", "Some Board"), 0);
	text = table_of(record);
	assert_non_null(strstr(text, ", Some Board\n"));
	free(text);
	record = marked_record();
	assert_int_equal(facts_add_text(&record->environment, "machine", "model", "Some Board"), 0);
	assert_int_equal(facts_add_text(&record->environment, "cpu", "model", "Some CPU"), 0);
	text = table_of(record);
	assert_non_null(strstr(text, ", Some CPU\n"));
	free(text);
}

static void a_verdict_that_changes_is_marked(void **state)
{
	struct record *record = marked_record();
	char *text;

	(void)state;
	record->config[1].summary.undecided = true;
	text = table_of(record);
	assert_non_null(strstr(text, " 0.500?\n"));
	assert_non_null(strstr(text, "? the verdict changes when disturbed samples are discarded."));
	free(text);
}

static void add_events(struct config_result *config, double ns)
{
	config->histogram = histogram_new();
	assert_non_null(config->histogram);
	for (int i = 0; i < 1000; i++)
		histogram_add(config->histogram, ns);
}

/* Rows of single events on a clock with steps of 41.7 ns: what it does is said where a step matters. */
static void a_coarse_clock_is_told_below_its_rows(void **state)
{
	struct record *record = marked_record();
	char *text;

	(void)state;
	assert_int_equal(facts_add_real(&record->clock, NULL, "resolution_ns", 1e9 / 24e6), 0);
	add_events(&record->config[0], 1000);
	add_events(&record->config[1], 4000);
	text = table_of(record);
	assert_non_null(strstr(text, "an event lasts 24 steps"));
	assert_non_null(strstr(text, "+-4.1 %"));
	assert_non_null(strstr(text, "half a step per sample"));
	assert_null(strstr(text, "an event lasts 96 steps"));
	assert_null(strstr(text, "a sample lasts"));
	free(text);
	/* 512 accesses of 1 ns, timed together; the other row is of 51 us */
	record = marked_record();
	assert_int_equal(facts_add_real(&record->clock, NULL, "resolution_ns", 1e9 / 24e6), 0);
	record->config[0].summary.value = record->config[0].summary.value_all =
		(struct estimate){ 1, 0.99, 1.01, 0.95, 90 };
	text = table_of(record);
	assert_non_null(strstr(text, "a sample lasts 12 steps"));
	assert_non_null(strstr(text, "half a step, +-4.1 %"));
	assert_null(strstr(strstr(text, "a sample lasts") + 1, "a sample lasts"));
	free(text);
	/* instructions have no clock */
	record = marked_record();
	assert_int_equal(facts_add_real(&record->clock, NULL, "resolution_ns", 1e6), 0);
	record->emulated = record->config[0].emulated = record->config[1].emulated = true;
	text = table_of(record);
	assert_null(strstr(text, " lasts "));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_says_how_many_samples_it_has),
		cmocka_unit_test(a_rate_of_a_cache_is_told),
		cmocka_unit_test(a_cache_is_of_a_core_type_and_of_cached_memory),
		cmocka_unit_test(a_loss_in_one_round_is_told),
		cmocka_unit_test(a_figure_of_all_samples_is_marked),
		cmocka_unit_test(a_missing_interval_has_a_mark_of_its_own),
		cmocka_unit_test(a_wide_interval_keeps_its_column),
		cmocka_unit_test(a_verdict_that_changes_is_marked),
		cmocka_unit_test(what_some_rows_did_not_count_is_said_with_their_number),
		cmocka_unit_test(an_event_that_few_rows_want_is_said_without_their_number),
		cmocka_unit_test(one_round_is_no_plural),
		cmocka_unit_test(the_fix_of_many_events_is_not_cut_off),
		cmocka_unit_test(what_was_counted_has_its_interval_in_percent),
		cmocka_unit_test(what_tracepoints_counted_is_short),
		cmocka_unit_test(what_was_skipped_has_its_fix),
		cmocka_unit_test(a_list_of_all_rows_says_so),
		cmocka_unit_test(the_head_names_the_machine),
		cmocka_unit_test(a_coarse_clock_is_told_below_its_rows),
		cmocka_unit_test(hostile_events_end),
		cmocka_unit_test(a_table_fits_every_width),
		cmocka_unit_test(rows_that_share_all_words_of_one_keep_them),
		cmocka_unit_test(a_serial_share_is_told_where_there_are_cpus),
		cmocka_unit_test(what_does_not_refault_has_no_scaling),
		cmocka_unit_test(with_few_cpus_none_is_told),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/array.h"
#include "bench/base/text.h"

#define LEVEL 0.95

const char *const compatibility_names[NR_COMPATIBILITIES + 1] = { "kernel",  "machine",  "page-size", "emulation",
								  "program", "settings", "run",       NULL };

static const char *const verdict_names[] = {
	[VERDICT_SLOWER] = "slower",
	[VERDICT_FASTER] = "faster",
	[VERDICT_UNDECIDED] = "undecided",
	[VERDICT_SAME] = "same",
};

/* ---- compatibility ---- */

/* What is looked at. A group of NULL: not of the environment, but of the run itself. A key of NULL: the whole group. */
static const struct {
	enum compatibility kind;
	const char *group, *key;
} alike[] = {
	{ COMPATIBLE_MACHINE, "kernel", "architecture" },
	{ COMPATIBLE_SETTINGS, "machine", "firmware" },
	{ COMPATIBLE_SETTINGS, "machine", "boot_loader" },
	{ COMPATIBLE_MACHINE, "machine", NULL },
	{ COMPATIBLE_MACHINE, "cpu", "model" },
	{ COMPATIBLE_MACHINE, "cpu", "midr" },
	{ COMPATIBLE_MACHINE, "cpu", "capacity" },
	{ COMPATIBLE_MACHINE, "topology", "cpus" },
	{ COMPATIBLE_MACHINE, "virtualization", "hypervisor" },
	{ COMPATIBLE_PAGE_SIZE, "memory", "page_size_bytes" },
	{ COMPATIBLE_PAGE_SIZE, "memory", "thp_bytes" },
	{ COMPATIBLE_SETTINGS, "cpu", "microcode" },
	{ COMPATIBLE_SETTINGS, "cpu", "governor" },
	{ COMPATIBLE_SETTINGS, "cpu", "boost" },
	{ COMPATIBLE_SETTINGS, "cpu", "turbo_off" },
	{ COMPATIBLE_SETTINGS, "cpu", "smt" },
	{ COMPATIBLE_SETTINGS, "memory", "thp" },
	{ COMPATIBLE_SETTINGS, "memory", "thp_shmem" },
	{ COMPATIBLE_SETTINGS, "memory", "fault_around_bytes" },
	{ COMPATIBLE_EMULATION, NULL, "emulated" },
	{ COMPATIBLE_PROGRAM, NULL, "version" },
	{ COMPATIBLE_PROGRAM, NULL, "git" },
	{ COMPATIBLE_RUN, NULL, "layout" },
	{ COMPATIBLE_RUN, NULL, "seed" },
	/* The rest of what a record holds of the kernel; how it was built is a long line without more to say. */
	{ NR_COMPATIBILITIES, "kernel", "boot_id" },
	{ NR_COMPATIBILITIES, "kernel", "build" },
	{ NR_COMPATIBILITIES, "kernel", "clocksources" },
	{ NR_COMPATIBILITIES, "kernel", "config_source" },
	{ COMPATIBLE_KERNEL, "kernel", NULL },
	{ COMPATIBLE_KERNEL, "mitigations", NULL },
};

#define NR_ALIKE (sizeof(alike) / sizeof(alike[0]))

/* NR_LIKENESSES: it does not matter. */
static enum compatibility kind_of(const char *group, const char *key)
{
	for (size_t i = 0; i < NR_ALIKE; i++) {
		if (alike[i].group && !strcmp(alike[i].group, group) && (!alike[i].key || !strcmp(alike[i].key, key)))
			return alike[i].kind;
	}
	return NR_COMPATIBILITIES;
}

static void value_text(const struct record *record, const char *group, const char *key, char *text, size_t size)
{
	const struct fact *fact = facts_find(&record->environment, group, key);

	if (!fact || fact->value.kind == VALUE_MISSING)
		snprintf(text, size, "not known");
	else if (fact->value.kind == VALUE_TEXT)
		snprintf(text, size, "%s", fact->value.text);
	else if (fact->value.kind == VALUE_BOOL)
		snprintf(text, size, "%s", fact->value.boolean ? "yes" : "no");
	else if (fact->value.kind == VALUE_INT)
		snprintf(text, size, "%lld", (long long)fact->value.integer);
	else
		snprintf(text, size, "%.9g", fact->value.real);
}

/* The same of what is not in the environment. */
static void own_text(const struct record *record, const char *key, char *text, size_t size)
{
	if (!strcmp(key, "emulated"))
		snprintf(text, size, "%s", record->emulated ? "yes" : "no");
	else if (!strcmp(key, "version"))
		snprintf(text, size, "%s", record->tool_version);
	else if (!strcmp(key, "git"))
		snprintf(text, size, "%s", record->tool_git[0] ? record->tool_git : "not built from git");
	else if (!strcmp(key, "layout"))
		snprintf(text, size, "%s", record->layout);
	else if (record->emulated)
		snprintf(text, size, "%llu", (unsigned long long)record->seed);
	else
		snprintf(text, size, "its own"); /* each run draws an order; they need not agree */
}

void compatibility_each(const struct record *record,
			void (*each)(void *arg, enum compatibility kind, const char *key, const char *value), void *arg)
{
	const struct facts *facts = &record->environment;
	char text[256], name[200];

	for (size_t i = 0; i < facts->count; i++) {
		const struct fact *fact = &facts->item[i];
		const char *group = fact->group ? fact->group : "";
		enum compatibility kind = kind_of(group, fact->key);

		if (kind == NR_COMPATIBILITIES)
			continue;
		value_text(record, group, fact->key, text, sizeof(text));
		snprintf(name, sizeof(name), "%s.%s", group, fact->key);
		each(arg, kind, name, text);
	}
	for (size_t i = 0; i < NR_ALIKE; i++) {
		if (alike[i].group)
			continue;
		own_text(record, alike[i].key, text, sizeof(text));
		each(arg, alike[i].kind, alike[i].key, text);
	}
}

/* The different values of a side, joined. Return: how many there are. */
static size_t side_values(const struct run_set *side, const char *group, const char *key, char *joined, size_t size)
{
	size_t count = 0;

	joined[0] = '\0';
	for (size_t i = 0; i < side->nr_records; i++) {
		char text[256], other[256];
		bool told = false;

		for (size_t j = 0; j <= i && !told; j++) {
			if (group)
				value_text(side->record[j], group, key, other, sizeof(other));
			else
				own_text(side->record[j], key, other, sizeof(other));
			if (j == i)
				memcpy(text, other, sizeof(text));
			else if (group)
				value_text(side->record[i], group, key, text, sizeof(text));
			else
				own_text(side->record[i], key, text, sizeof(text));
			told = j < i && !strcmp(text, other);
		}
		if (told)
			continue;
		snprintf(joined + strlen(joined), size - strlen(joined), "%s%s", count++ ? " and " : "", text);
	}
	return count;
}

static int look_alike(const struct run_set *base, const struct run_set *new, enum compatibility kind, const char *group,
		      const char *key, unsigned int override, struct comparison *comparison)
{
	char old_text[600], new_text[600];
	size_t old_count = side_values(base, group, key, old_text, sizeof(old_text));
	size_t new_count = side_values(new, group, key, new_text, sizeof(new_text));
	struct difference *row;

	if (old_count == 1 && new_count == 1 && !strcmp(old_text, new_text))
		return 0;
	row = array_room(comparison->difference, comparison->nr_differences, sizeof(*row));
	if (!row)
		return -ENOMEM;
	comparison->difference = row;
	row += comparison->nr_differences++;
	*row = (struct difference){ .kind = kind,
				    .kind_name = (char *)compatibility_names[kind],
				    .base = strdup(old_text),
				    .new = strdup(new_text),
				    .overridden = override & 1u << kind ||
						  (kind == COMPATIBLE_KERNEL && old_count == 1 && new_count == 1) };
	if (asprintf(&row->key, "%s%s%s", group ? group : "", group ? "." : "", key) < 0)
		row->key = NULL;
	return row->base && row->new && row->key ? 0 : -ENOMEM;
}

/* Fill the differences in. 0, -EXDEV when one of them is not consented to, or -ENOMEM. */
static int compare_compatibility(const struct run_set *base, const struct run_set *new, unsigned int override,
				 struct comparison *comparison, struct why *why)
{
	const struct facts *facts = &base->record[0]->environment;
	int err = 0;

	for (size_t i = 0; i < facts->count && !err; i++) {
		const struct fact *fact = &facts->item[i];
		enum compatibility kind = kind_of(fact->group ? fact->group : "", fact->key);

		if (kind != NR_COMPATIBILITIES)
			err = look_alike(base, new, kind, fact->group, fact->key, override, comparison);
	}
	for (size_t i = 0; i < NR_ALIKE && !err; i++) {
		if (!alike[i].group)
			err = look_alike(base, new, alike[i].kind, NULL, alike[i].key,
					 override & ~(1u << COMPATIBLE_EMULATION), comparison);
	}
	for (size_t i = 0; i < comparison->nr_differences && !err; i++) {
		const struct difference *d = &comparison->difference[i];
		char remedy[100];

		if (d->overridden)
			continue;
		snprintf(remedy, sizeof(remedy), "run both alike, or consent with --unlike %s", d->kind_name);
		if (d->kind == COMPATIBLE_EMULATION)
			err = why_set(why, -EXDEV, "compare emulated runs with emulated ones",
				      "instructions of an emulated machine cannot be compared with times");
		else
			err = why_set(why, -EXDEV, remedy, "%s is not the same: %.120s against %.120s", d->key, d->base,
				      d->new);
	}
	return err;
}

/* ---- rows ---- */

/* Is @name one of "eager+lazy"? */
static bool has_part(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (; *list; list += strcspn(list, "+"), list += *list == '+') {
		if (strcspn(list, "+") == length && !strncmp(list, name, length))
			return true;
	}
	return false;
}

static bool wanted(const struct compare_options *options, const struct config_result *config)
{
	if (!name_wanted(options->cases, config->case_name))
		return false;
	if (!options->policies || !*options->policies)
		return true;
	for (const char *const *policy = options->policies; *policy; policy++) {
		if (has_part(config->policy, *policy))
			return true;
	}
	return false;
}

static struct config_result *find_config(const struct record *record, const char *name)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		if (!strcmp(record->config[i].name, name))
			return &record->config[i];
	}
	return NULL;
}

static double faults_per_operation(const struct config_result *config)
{
	if (config->faults_expected < 0 || config->operations <= 0)
		return NAN;
	return (double)config->faults_expected / (double)config->operations;
}

/* The medians of the runs that have a valid figure of @name, disturbed rounds out or in. Into @x; how many. */
static size_t run_medians(const struct run_set *side, const char *name, bool all, double *x)
{
	size_t n = 0;

	for (size_t i = 0; i < side->nr_records; i++) {
		const struct config_result *config = find_config(side->record[i], name);

		if (!config || !config_valid(config))
			continue;
		x[n] = all ? config->summary.value_all.value : config->summary.value.value;
		n += isfinite(x[n]) && x[n] > 0;
	}
	return n;
}

static int add_unmatched(struct comparison *comparison, const char *name, const char *reason)
{
	struct unmatched *row = array_room(comparison->unmatched, comparison->nr_unmatched, sizeof(*row));

	if (!row)
		return -ENOMEM;
	comparison->unmatched = row;
	row[comparison->nr_unmatched++] = (struct unmatched){ .name = (char *)name, .reason = (char *)reason };
	return 0;
}

static struct compared *add_row(struct comparison *comparison, const struct config_result *base,
				const struct config_result *new)
{
	struct compared *row = array_room(comparison->row, comparison->nr_rows, sizeof(*row));

	if (!row)
		return NULL;
	comparison->row = row;
	row += comparison->nr_rows++;
	*row = (struct compared){
		.config = base,
		.name = base->name,
		.new_name = new->name,
		.operation = base->operation,
		.unit = base->value_unit,
		.base = NAN,
		.new = NAN,
		.per_fault = NAN,
		.base_faults = faults_per_operation(base),
		.new_faults = faults_per_operation(new),
		.ratio = { NAN, NAN, NAN, NAN, 0 },
		.verdict = VERDICT_UNDECIDED,
	};
	return row;
}

/* The verdict with disturbed rounds in must be the same. */
static void decide(struct compared *row, const struct estimate *all, double threshold_percent)
{
	row->verdict = estimate_verdict(&row->ratio, threshold_percent);
	if (row->verdict == VERDICT_UNDECIDED || estimate_verdict(all, threshold_percent) == row->verdict)
		return;
	row->verdict = VERDICT_UNDECIDED;
	why_set(&row->why, 0, "measure on a quieter machine", "leaving disturbed rounds out changes the verdict");
}

static void compare_runs(const struct run_set *base, const struct run_set *new, double level, double threshold_percent,
			 double *x, double *y, struct compared *row)
{
	size_t needed = stats_unpaired_needed(level);
	struct estimate all;
	char remedy[100];

	row->method = (char *)"runs";
	row->base_n = run_medians(base, row->name, true, x);
	row->new_n = run_medians(new, row->name, true, y);
	all = stats_unpaired_ratio(y, row->new_n, x, row->base_n, level);
	row->base_n = run_medians(base, row->name, false, x);
	row->new_n = run_medians(new, row->name, false, y);
	row->ratio = stats_unpaired_ratio(y, row->new_n, x, row->base_n, level);
	row->base = stats_quantile(x, row->base_n, 0.5, LEVEL).value;
	row->new = stats_quantile(y, row->new_n, 0.5, LEVEL).value;
	snprintf(remedy, sizeof(remedy), "zapbench run --repeat %zu, on each side", needed);
	if (isnan(row->ratio.lower))
		why_set(&row->why, 0, remedy, "%zu and %zu runs: %zu a side are needed", row->base_n, row->new_n,
			needed);
	else
		decide(row, &all, threshold_percent);
}

struct range {
	double least, most; /* NAN: of nothing */
};

static void range_add(struct range *range, double x)
{
	range->least = fmin(range->least, x);
	range->most = fmax(range->most, x);
}

/* Of emulated runs: what the rounds of each side cost, and what the same rounds differ by. */
struct exact {
	struct range base, new, difference, ratio;
	size_t pairs;
};

static int exact_pair(const struct record *base, const struct record *new, const char *name, struct exact *exact)
{
	const struct config_result *a = find_config(base, name), *b = find_config(new, name);
	size_t rounds = base->nr_rounds < new->nr_rounds ? base->nr_rounds : new->nr_rounds;
	double *x, *y;
	int err = 0;

	if (!a || !b)
		return 0;
	x = calloc(base->nr_rounds + 1, sizeof(*x));
	y = calloc(new->nr_rounds + 1, sizeof(*y));
	if (!x || !y) {
		err = -ENOMEM;
		goto out_free;
	}
	config_values(base, a, x);
	config_values(new, b, y);
	for (size_t i = 0; i < rounds; i++) {
		if (!isfinite(x[i]) || !isfinite(y[i]) || x[i] <= 0)
			continue;
		range_add(&exact->base, x[i]);
		range_add(&exact->new, y[i]);
		/* in whole instructions: a fraction per operation would not come out the same in every round */
		range_add(&exact->difference, round(y[i] * (double)b->operations - x[i] * (double)a->operations));
		range_add(&exact->ratio, y[i] / x[i]);
		exact->pairs++;
	}
out_free:
	free(y);
	free(x);
	return err;
}

/*
 * A run under -icount repeats itself to the instruction, so that what the same rounds differ by is what the kernels
 * differ by: the same in every round, it is certain, however small. But a kernel of another length also moves the
 * timer's interrupts into other regions. Where the differences are not the same, a gap between the sides must therefore
 * be wider than their rounds spread, as in record_compare().
 */
static enum verdict exact_verdict(const struct exact *exact)
{
	double spread = exact->base.most - exact->base.least + exact->new.most - exact->new.least;

	if (exact->difference.least == exact->difference.most) {
		if (exact->difference.least == 0)
			return VERDICT_SAME;
		return exact->difference.least > 0 ? VERDICT_SLOWER : VERDICT_FASTER;
	}
	if (exact->new.least - exact->base.most > spread)
		return VERDICT_SLOWER;
	return exact->base.least - exact->new.most > spread ? VERDICT_FASTER : VERDICT_UNDECIDED;
}

static int compare_exactly(const struct run_set *base, const struct run_set *new, double *x, double *y,
			   struct compared *row)
{
	static const struct range none = { NAN, NAN };
	struct exact exact = { none, none, none, none, 0 };
	double faults = row->new_faults > 0 ? row->new_faults : 1;
	int err = 0;

	row->method = (char *)"exact";
	row->base_n = run_medians(base, row->name, true, x);
	row->new_n = run_medians(new, row->name, true, y);
	row->base = stats_quantile(x, row->base_n, 0.5, LEVEL).value;
	row->new = stats_quantile(y, row->new_n, 0.5, LEVEL).value;
	for (size_t i = 0; i < base->nr_records && !err; i++) {
		for (size_t j = 0; j < new->nr_records && !err; j++)
			err = exact_pair(base->record[i], new->record[j], row->name, &exact);
	}
	row->ratio = (struct estimate){ row->new / row->base, exact.ratio.least, exact.ratio.most, NAN, exact.pairs };
	row->per_fault = (row->new - row->base) / faults;
	row->verdict = exact.pairs ? exact_verdict(&exact) : VERDICT_UNDECIDED;
	if (!exact.pairs)
		why_set(&row->why, 0, NULL, "no round is valid on both sides");
	else if (row->verdict == VERDICT_UNDECIDED)
		why_set(&row->why, 0, "compare the kernel's own counts in the records",
			"the rounds differ by no more than interrupts do that fall into another region");
	return err;
}

static int name_order(const struct compared *a, const struct compared *b)
{
	return strcmp(a->name, b->name);
}

static int descending(double a, double b)
{
	return (a < b) - (a > b);
}

/* How far from 1, for those that are not decided; unknown is least. */
static double distance(const struct compared *row)
{
	double far = fabs(log(row->ratio.value));

	return isfinite(far) ? far : -1;
}

static int by_matter(const void *left, const void *right)
{
	const struct compared *a = left, *b = right;
	int order = (int)a->verdict - (int)b->verdict;

	if (!order && a->verdict == VERDICT_SLOWER)
		order = descending(a->ratio.lower, b->ratio.lower);
	else if (!order && a->verdict == VERDICT_FASTER)
		order = descending(b->ratio.upper, a->ratio.upper);
	else if (!order && a->verdict == VERDICT_UNDECIDED)
		order = descending(distance(a), distance(b));
	return order ? order : name_order(a, b);
}

/* The last step: what matters first, and texts for JSON. Pointers go into the rows, which move no more. */
static int finish(struct comparison *comparison, struct why *why)
{
	if (!comparison->nr_rows)
		return why_set(why, -ENOENT, "zapbench run the same cases with the same --set on both sides",
			       "nothing can be compared: no configuration has a valid figure on both sides");
	qsort(comparison->row, comparison->nr_rows, sizeof(*comparison->row), by_matter);
	for (size_t i = 0; i < comparison->nr_rows; i++) {
		struct compared *row = &comparison->row[i];

		row->verdict_name = (char *)verdict_names[row->verdict];
		row->reason = row->why.reason;
		row->remedy = row->why.remedy;
	}
	return 0;
}

/* The first record of a side that has a valid figure of @name. */
static struct config_result *valid_config(const struct run_set *side, const char *name, double *x)
{
	if (!run_medians(side, name, false, x) && !run_medians(side, name, true, x))
		return NULL;
	for (size_t i = 0; i < side->nr_records; i++) {
		struct config_result *config = find_config(side->record[i], name);

		if (config && config_valid(config))
			return config;
	}
	return NULL;
}

/* Every configuration of a side once, in the order of its runs. */
static bool seen_before(const struct run_set *side, size_t record, const char *name)
{
	for (size_t i = 0; i < record; i++) {
		if (find_config(side->record[i], name))
			return true;
	}
	return false;
}

static int pair_up(const struct run_set *base, const struct run_set *new, const struct compare_options *options,
		   struct comparison *comparison, double *x)
{
	int err = 0;

	for (size_t i = 0; i < base->nr_records; i++) {
		for (size_t j = 0; j < base->record[i]->nr_configs && !err; j++) {
			const struct config_result *config = &base->record[i]->config[j];
			struct config_result *a, *b;
			bool there = false;

			if (seen_before(base, i, config->name) || !wanted(options, config))
				continue;
			for (size_t k = 0; k < new->nr_records && !there; k++)
				there = find_config(new->record[k], config->name);
			a = valid_config(base, config->name, x);
			b = valid_config(new, config->name, x);
			if (!there)
				err = add_unmatched(comparison, config->name, "only in base");
			else if (!a || !b)
				err = add_unmatched(comparison, config->name,
						    !a && !b ? "no valid figure"
						    : a      ? "no valid figure in new"
							     : "no valid figure in base");
			else if (strcmp(a->value_unit, b->value_unit) || strcmp(a->operation, b->operation))
				err = add_unmatched(comparison, config->name, "of another unit");
			else
				err = add_row(comparison, a, b) ? 0 : -ENOMEM;
		}
	}
	for (size_t i = 0; i < new->nr_records; i++) {
		for (size_t j = 0; j < new->record[i]->nr_configs && !err; j++) {
			const char *name = new->record[i]->config[j].name;

			if (!seen_before(new, i, name) && !seen_before(base, base->nr_records, name) &&
			    wanted(options, &new->record[i]->config[j]))
				err = add_unmatched(comparison, name, "only in new");
		}
	}
	return err;
}

static int check_apart(const struct run_set *base, const struct run_set *new, struct why *why)
{
	for (size_t i = 0; i < base->nr_records; i++) {
		for (size_t j = 0; j < new->nr_records; j++) {
			if (same_run(base->record[i], new->record[j]))
				return why_set(why, -EINVAL,
					       "give runs from before on the one side, from after on the "
					       "other",
					       "run %.100s is on both sides", base->record[i]->run_id);
		}
	}
	return 0;
}

int compare_run_sets(const struct run_set *base, const struct run_set *new, const struct compare_options *options,
		     struct comparison *comparison, struct why *why)
{
	size_t runs = base->nr_records > new->nr_records ? base->nr_records : new->nr_records;
	double *x = calloc(runs + 1, sizeof(*x)), *y = calloc(runs + 1, sizeof(*y));
	int err = x && y ? check_apart(base, new, why) : -ENOMEM;

	*comparison = (struct comparison){ .base_path = base->path,
					   .new_path = new->path,
					   .base_runs = base->nr_records,
					   .new_runs = new->nr_records,
					   .threshold_percent = options->threshold_percent,
					   .level = LEVEL,
					   .emulated = base->record[0]->emulated };
	if (!err)
		err = compare_compatibility(base, new, options->override, comparison, why);
	if (!err)
		err = pair_up(base, new, options, comparison, x);
	comparison->level = stats_family_level(LEVEL, comparison->nr_rows);
	for (size_t i = 0; i < comparison->nr_rows && !err; i++) {
		if (comparison->emulated)
			err = compare_exactly(base, new, x, y, &comparison->row[i]);
		else
			compare_runs(base, new, comparison->level, options->threshold_percent, x, y,
				     &comparison->row[i]);
	}
	if (!err)
		err = finish(comparison, why);
	free(y);
	free(x);
	return err;
}

/* ---- within a record ---- */

/* "size" is the parameter "size_bytes". */
static const struct fact *find_param(const struct config_result *config, const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 0; i < config->params.count; i++) {
		const struct fact *fact = &config->params.item[i];

		if (!strncmp(fact->key, key, length) && (!fact->key[length] || fact->key[length] == '_'))
			return fact;
	}
	return NULL;
}

static bool fact_is(const struct fact *fact, const char *text)
{
	double number;

	if (fact->value.kind == VALUE_TEXT)
		return !strcmp(fact->value.text, text);
	if (size_parse(text, &number) && number_parse(text, &number))
		return false;
	return fact->value.kind == VALUE_INT ? (double)fact->value.integer == number
					     : fact->value.kind == VALUE_REAL && fact->value.real == number;
}

static bool value_equal(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == VALUE_TEXT)
		return !strcmp(a->text, b->text);
	return a->kind == VALUE_REAL ? a->real == b->real : a->integer == b->integer;
}

static const char *own_field(const struct config_result *config, const char *key)
{
	if (!strcmp(key, "policy"))
		return config->policy;
	if (!strcmp(key, "granularity"))
		return config->granularity;
	return strcmp(key, "source") ? NULL : config->source;
}

static bool config_is(const struct config_result *config, const char *key, const char *value)
{
	const char *own = own_field(config, key);
	const struct fact *fact = find_param(config, key);

	if (own)
		return has_part(own, value);
	return fact && fact_is(fact, value);
}

/* A policy that never zaps has no granularity, and no other policy has its granularity. */
static bool same_granularity(const struct config_result *a, const struct config_result *b, const char *key)
{
	if (!strcmp(a->granularity, b->granularity) || !strcmp(key, "granularity"))
		return true;
	return !strcmp(key, "policy") && (!strcmp(a->granularity, "none") || !strcmp(b->granularity, "none"));
}

static bool alike_but(const struct config_result *a, const struct config_result *b, const char *key)
{
	if (strcmp(a->case_name, b->case_name) || strcmp(a->operation, b->operation) ||
	    strcmp(a->value_unit, b->value_unit) || (strcmp(key, "source") && strcmp(a->source, b->source)) ||
	    (strcmp(key, "policy") && strcmp(a->policy, b->policy)) || !same_granularity(a, b, key) ||
	    a->params.count != b->params.count)
		return false;
	for (size_t i = 0; i < a->params.count; i++) {
		const struct fact *fact = &a->params.item[i], *other = facts_find(&b->params, NULL, fact->key);

		if (!other || (fact != find_param(a, key) && !value_equal(&fact->value, &other->value)))
			return false;
	}
	return true;
}

static int add_pairs(const struct record *record, const char *key, const char *base, const char *new,
		     const struct compare_options *options, struct comparison *comparison)
{
	int err = 0;

	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		const struct config_result *a = &record->config[i];
		bool found = false;

		if (!wanted(options, a) || !config_is(a, key, base))
			continue;
		for (size_t j = 0; j < record->nr_configs && !err; j++) {
			const struct config_result *b = &record->config[j];

			/* Two policies that make the same calls are one configuration: there is nothing to compare. */
			if (i == j || !config_is(b, key, new) || !alike_but(a, b, key))
				continue;
			found = true;
			if (!config_valid(a) || !config_valid(b))
				err = add_unmatched(comparison, a->name, "no valid figure");
			else
				err = add_row(comparison, a, b) ? 0 : -ENOMEM;
		}
		if (!found && !err)
			err = add_unmatched(comparison, a->name,
					    config_is(a, key, new) ? "the same calls under both"
								   : "no other one differs in that");
	}
	return err;
}

static int compare_rounds(const struct record *record, const bool *disturbed, double level, double threshold_percent,
			  struct compared *row)
{
	const struct config_result *base = row->config, *new = find_config(record, row->new_name);
	struct estimate all;
	bool undecided;
	int err = record_compare(record, new, base, disturbed, level, &row->ratio, &undecided);

	row->method = (char *)(record->emulated ? "exact" : "paired by round");
	row->base = base->summary.value.value;
	row->new = new->summary.value.value;
	row->base_n = row->new_n = row->ratio.n;
	if (!err)
		err = record_compare(record, new, base, NULL, level, &all, &undecided);
	if (record->emulated)
		row->verdict = estimate_verdict(&row->ratio, 0);
	else if (isnan(row->ratio.lower))
		why_set(&row->why, 0, "zapbench run with a longer --budget, on a quieter machine",
			"%zu undisturbed rounds are too few", row->ratio.n);
	else
		decide(row, &all, threshold_percent);
	return err;
}

int compare_within(const struct record *record, const char *key, const char *base, const char *new,
		   const struct compare_options *options, struct comparison *comparison, struct why *why)
{
	bool *disturbed = record_disturbed(record),
	     known = own_field(
		     &(struct config_result){ .policy = (char *)"", .granularity = (char *)"", .source = (char *)"" },
		     key);
	int err = disturbed ? 0 : -ENOMEM;

	*comparison = (struct comparison){ .base_path = (char *)base,
					   .new_path = (char *)new,
					   .base_runs = 1,
					   .new_runs = 1,
					   .threshold_percent = options->threshold_percent,
					   .level = LEVEL,
					   .emulated = record->emulated };
	for (size_t i = 0; i < record->nr_configs && !known; i++)
		known = find_param(&record->config[i], key);
	if (!err && !known)
		err = why_set(why, -EINVAL, "zapbench list shows the parameters of each case",
			      "no configuration has a parameter '%.40s'", key);
	if (!err)
		err = add_pairs(record, key, base, new, options, comparison);
	comparison->level = stats_family_level(LEVEL, comparison->nr_rows);
	for (size_t i = 0; i < comparison->nr_rows && !err; i++)
		err = compare_rounds(record, disturbed, comparison->level, options->threshold_percent,
				     &comparison->row[i]);
	if (!err)
		err = finish(comparison, why);
	free(disturbed);
	return err;
}

void comparison_free(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->nr_differences; i++) {
		free(comparison->difference[i].key);
		free(comparison->difference[i].base);
		free(comparison->difference[i].new);
	}
	free(comparison->difference);
	free(comparison->row);
	free(comparison->unmatched);
	*comparison = (struct comparison){ 0 };
}

bool comparison_regressed(const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->nr_rows; i++) {
		if (comparison->row[i].verdict == VERDICT_SLOWER)
			return true;
	}
	return false;
}

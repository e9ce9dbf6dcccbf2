// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/site/dashboard.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <zlib.h>

#include "report/render/document.h"
#include "report/render/figure.h"
#include "report/render/words.h"
#include "bench/base/file.h"
#include "report/history/findings.h"

enum {
	RECENT_RUNS = 100,  /* in the table and the first plot of a series */
	BINS_MAX = 200,     /* runs of the second plot are put together to so many points at most */
	NEWEST_CHANGES = 50 /* on the first page */
};

/* How a series is, from worst to best. */
enum health { HEALTH_REGRESSION, HEALTH_SUSPECT, HEALTH_TOO_FEW, HEALTH_QUIET };

/* One series, its page and what the first page says of it. */
struct page {
	const struct history_series *series;
	struct document *document;
	char slug[120]; /* of its files */
	struct estimate newest;
	const struct history_run *last;
	enum health health;
	struct words state;
};

struct dashboard {
	struct history *history;
	const char *folder;
	double threshold_percent;
	const struct history_run *run;
	size_t nr_runs;
	const struct history_series *series;
	size_t nr_series;
	struct page *page; /* of each series */
	struct finding *finding;
	size_t nr_findings;
	struct figures figures;
};

/* --- names, dates, links */

static void make_slug(const struct history_series *series, char *slug, size_t size)
{
	unsigned long sum = crc32(0, NULL, 0);
	const char *const part[] = { series->machine, series->configuration, series->unit };
	size_t length = 0;

	for (size_t i = 0; i < 3; i++)
		sum = crc32(sum, (const unsigned char *)part[i], (unsigned int)strlen(part[i]) + 1);
	for (const char *c = series->configuration; *c && length < 80; c++)
		slug[length++] = isalnum((unsigned char)*c) ? *c : '-';
	snprintf(slug + length, size - length, "-%08lx", sum);
}

/* "#find=" and words, for the address of a page that can be searched. */
static struct words find_link(const char *text)
{
	struct words link = { "#find=" };
	size_t length = strlen(link.text);

	for (; *text && length + 4 < sizeof(link.text); text++) {
		if (isalnum((unsigned char)*text))
			link.text[length++] = *text;
		else
			length += (size_t)snprintf(link.text + length, 4, "%%%02X", (unsigned char)*text);
	}
	link.text[length] = '\0';
	return link;
}

/* Seconds since 1970 of an ISO 8601 date; NAN where it is none. */
static double seconds_of(const char *date)
{
	struct tm tm = { .tm_mday = 1 };
	const char *end = strptime(date, "%Y-%m-%dT%H:%M:%S", &tm);

	return end ? (double)timegm(&tm) + (*end == '.' ? strtod(end, NULL) : 0) : NAN;
}

static struct words day_words(const char *date)
{
	return words_of("%.10s", date);
}

static struct words run_link(const struct history_run *run, const char *up)
{
	return words_of("%sruns/%s.json.gz", up, run->name);
}

/* --- writing */

static int make_folder(const char *folder, const char *name, struct why *why)
{
	char *path;
	int err = 0;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return -ENOMEM;
	if (mkdir(path, 0777) && errno != EEXIST)
		err = errno == ENOENT ? why_set(why, -ENOTDIR, "make the folder above it", "%s cannot be made", path)
				      : file_why(why, -errno, path);
	free(path);
	return err;
}

struct page_text {
	char *text;
	size_t size;
};

static bool is_as_it_was(const char *path, const struct page_text *page)
{
	FILE *file = fopen(path, "r");
	char *there = file ? malloc(page->size + 1) : NULL;
	bool same =
		there && fread(there, 1, page->size + 1, file) == page->size && !memcmp(there, page->text, page->size);

	free(there);
	if (file)
		fclose(file);
	return same;
}

static int write_page(const struct dashboard *dashboard, const struct document *document, const char *name,
		      struct why *why)
{
	struct page_text page = { NULL, 0 };
	FILE *memory = open_memstream(&page.text, &page.size);
	char *path = NULL;
	int err = memory ? document_html(document, dashboard->figures.folder, memory) : -ENOMEM;

	if (memory && fclose(memory) && !err)
		err = -ENOMEM;
	if (!err && asprintf(&path, "%s/%s", dashboard->folder, name) < 0)
		err = -ENOMEM;
	if (!err && !is_as_it_was(path, &page))
		err = file_replace_bytes(path, page.text, page.size, why);
	free(path);
	free(page.text);
	return err;
}

/* The result of a run beside the pages: the same file where the file system allows it, else a copy. */
static int bring_run(const struct dashboard *dashboard, const struct history_run *run, struct why *why)
{
	char *from = history_file(dashboard->history, run->name), *to = NULL;
	struct page_text bytes = { NULL, 0 };
	struct stat status;
	int err = from ? 0 : -ENOMEM;

	if (!err && asprintf(&to, "%s/runs/%s.json.gz", dashboard->folder, run->name) < 0)
		err = -ENOMEM;
	if (!err && access(to, F_OK) && link(from, to) && errno != EEXIST) {
		FILE *file = fopen(from, "r");

		if (!file || fstat(fileno(file), &status))
			err = file_why(why, -errno, from);
		bytes.size = err ? 0 : (size_t)status.st_size;
		bytes.text = err ? NULL : malloc(bytes.size + 1);
		if (!err && (!bytes.text || fread(bytes.text, 1, bytes.size, file) != bytes.size))
			err = file_why(why, bytes.text ? -EIO : -ENOMEM, from);
		if (!err)
			err = file_replace_bytes(to, bytes.text, bytes.size, why);
		if (file)
			fclose(file);
	}
	free(bytes.text);
	free(from);
	free(to);
	return err;
}

/* --- plots of a series */

/* One point of a plot: a run, or several together. */
struct dot {
	double at, lower, value, upper;
};

static size_t recent_dots(const struct dashboard *dashboard, const struct history_points *points, struct dot *dot)
{
	size_t from = points->count > RECENT_RUNS ? points->count - RECENT_RUNS : 0;

	for (size_t i = from; i < points->count; i++) {
		const struct estimate *x = &points->value[i];

		dot[i - from] = (struct dot){ seconds_of(dashboard->run[points->run[i]].date),
					      isnan(x->lower) ? x->value : x->lower, x->value,
					      isnan(x->upper) ? x->value : x->upper };
	}
	return points->count - from;
}

/*
 * All runs, as many together as makes BINS_MAX points or fewer: a power of two, and the last that are not so many left
 * out, so that a plot stays as it is for many nights.
 */
static size_t binned_dots(const struct dashboard *dashboard, const struct history_points *points, struct dot *dot)
{
	size_t each = 1, count = 0;
	double *sorted;

	while (points->count / each > BINS_MAX)
		each *= 2;
	sorted = malloc(each * sizeof(*sorted));
	for (size_t i = 0; sorted && i + each <= points->count; i += each) {
		for (size_t j = 0; j < each; j++)
			sorted[j] = points->value[i + j].value;
		gsl_sort(sorted, 1, each);
		dot[count++] = (struct dot){ seconds_of(dashboard->run[points->run[i + each / 2]].date),
					     gsl_stats_quantile_from_sorted_data(sorted, 1, each, 0.1),
					     gsl_stats_median_from_sorted_data(sorted, 1, each),
					     gsl_stats_quantile_from_sorted_data(sorted, 1, each, 0.9) };
	}
	free(sorted);
	return count;
}

static void time_axis(struct figure *figure, double from, double to)
{
	double day = 86400, span = to - from;

	figure_number(figure, "from", from);
	figure_number(figure, "to", to);
	figure_number(figure, "xstep", span > 7 * day ? ceil(span / 7 / day) * day : span / 7);
	figure_text(figure, "xformat", span > 900 * day ? "%Y-%m" : span > 7 * day ? "%Y-%m-%d" : "%m-%d %H:%M");
	figure_text(figure, "xtitle", "date of the run");
}

/* Bounds of a run that lie far out would press the line flat: they are cut at as much again as the values span. */
static void value_axis(struct figure *figure, const struct history_series *series, const struct dot *dot, size_t count,
		       bool cut)
{
	double least = dot[0].value, most = dot[0].value, low, high, margin;
	struct words title = words_of("%s%s", series->unit, series->emulated ? ", emulated" : "");

	for (size_t i = 0; i < count; i++) {
		least = fmin(least, dot[i].value);
		most = fmax(most, dot[i].value);
	}
	margin = most > least ? most - least : fmax(fabs(most) * 0.05, 1e-9);
	low = least;
	high = most;
	for (size_t i = 0; i < count; i++) {
		low = fmin(low, cut ? fmax(dot[i].lower, least - margin) : dot[i].lower);
		high = fmax(high, cut ? fmin(dot[i].upper, most + margin) : dot[i].upper);
	}
	margin = fmax(high - low, margin);
	figure_number(figure, "low", low - 0.05 * margin);
	figure_number(figure, "high", high + 0.12 * margin);
	figure_text(figure, "ytitle", title.text);
}

static void draw_dots(struct dashboard *dashboard, struct page *page, const char *suffix, const struct dot *dot,
		      size_t count, const struct finding *finding, size_t findings, const char *caption)
{
	struct words name = words_of("%s-%s", page->slug, suffix);
	struct words alternative = words_of("%s over time: %zu points, the last %.4g %s", page->series->configuration,
					    count, dot[count - 1].value, page->series->unit);
	struct figure figure = figure_begin(&dashboard->figures, name.text, "series");
	double from = dot[0].at, to = dot[count - 1].at, room = to > from ? fmax(0.02 * (to - from), 30) : 43200;

	time_axis(&figure, from - room, to + room);
	value_axis(&figure, page->series, dot, count, !strcmp(suffix, "recent"));
	figure_number(&figure, "points", (double)count);
	fputs("# time lower value upper\n", figure.data);
	for (size_t i = 0; i < count; i++)
		fprintf(figure.data, "%.3f %.8g %.8g %.8g\n", dot[i].at, dot[i].lower, dot[i].value, dot[i].upper);
	fputs("\n\n# changes: time number\n", figure.data);
	/* gnuplot wants a block that is not empty. */
	fprintf(figure.data, "%.3f \"\"\n", from - 10 * room);
	for (size_t i = 0; i < findings; i++) {
		double at = seconds_of(finding[i].first->date);

		if (at >= from && at <= to && finding[i].change.begin)
			fprintf(figure.data, "%.3f \"%zu\"\n", at, i + 1);
	}
	figure_end(&figure, page->document, alternative.text, caption);
}

static int draw_series(struct dashboard *dashboard, struct page *page, const struct history_points *points,
		       const struct finding *finding, size_t findings)
{
	struct dot *dot = malloc((BINS_MAX + RECENT_RUNS + 1) * sizeof(*dot));
	struct words caption;
	size_t count;

	if (!dot)
		return -ENOMEM;
	count = recent_dots(dashboard, points, dot);
	caption =
		words_of("The last %zu runs: median%s (bounds far out are cut); numbers are those of the changes below",
			 count, page->series->emulated ? " and where its rounds lie" : " with its 95 % interval");
	draw_dots(dashboard, page, "recent", dot, count, finding, findings, caption.text);
	if (points->count > RECENT_RUNS) {
		count = binned_dots(dashboard, points, dot);
		caption = words_of("All runs: medians of %zu together, and where 80 %% of them lie",
				   points->count / count);
		draw_dots(dashboard, page, "all", dot, count, finding, findings, caption.text);
	}
	free(dot);
	return 0;
}

/* --- changes in words */

struct with {
	struct words code, machine;
};

static void add_with(void *arg, bool code, const char *key, const char *before, const char *first)
{
	struct with *with = arg;
	struct words *words = code ? &with->code : &with->machine;

	words_add(words, "%s%s: %s, now %s", words->text[0] ? "; " : "", key, before, first);
}

static struct with with_words(const struct finding *finding)
{
	struct with with = { { "" }, { "" } };

	if (finding->change.kind != CHANGE_DRIFT)
		conditions_differ(finding->before, finding->first, add_with, &with);
	if (!with.code.text[0])
		words_add(&with.code, "-");
	if (!with.machine.text[0])
		words_add(&with.machine, "-");
	return with;
}

static struct words kind_words(const struct finding *finding)
{
	size_t runs = finding->change.end - finding->change.begin;
	const char *known = finding->acknowledged ? ", acknowledged" : "";

	switch (finding->change.kind) {
	case CHANGE_BLIP:
		return words_of("blip of %zu run%s%s", runs, runs == 1 ? "" : "s", known);
	case CHANGE_DRIFT:
		return words_of("drift over %zu runs%s", runs, known);
	case CHANGE_SUSPECT:
		return words_of("suspect: one run");
	case CHANGE_STEP:
		break;
	}
	return words_of("step, %zu run%s%s", runs, runs == 1 ? "" : "s", known);
}

static enum mark mark_of(const struct finding *finding)
{
	if (finding->change.kind == CHANGE_SUSPECT)
		return MARK_UNSURE;
	if (finding_is_regression(finding))
		return MARK_BAD;
	return finding->change.kind != CHANGE_BLIP && finding->change.ratio.value < 1 ? MARK_GOOD : MARK_NONE;
}

static void put_changes(struct document *document, const struct finding *finding, size_t findings)
{
	document_heading(document, 2, "Changes");
	if (!findings) {
		document_paragraph(document, "None were found.");
		return;
	}
	document_table(document, "llllll", "Changes, the newest first");
	for (size_t i = 0; i < 6; i++)
		document_cell(document, "%s",
			      ((const char *const[]){ "number and begin", "size", "kind", "with it, code",
						      "with it, machine", "run" })[i]);
	for (size_t i = findings; i-- > 0;) {
		struct with with = with_words(&finding[i]);

		document_cell(document, "%zu: %s", i + 1, day_words(finding[i].first->date).text);
		document_cell(document, "%s", margin_words(&finding[i].change.ratio).text);
		document_look(document, mark_of(&finding[i]), NULL);
		document_cell(document, "%s", kind_words(&finding[i]).text);
		document_cell(document, "%s", with.code.text);
		document_cell(document, "%s", with.machine.text);
		document_cell(document, "%s", finding[i].first->name);
		document_look(document, MARK_NONE, run_link(finding[i].first, "../").text);
	}
	for (size_t i = 0; i < findings; i++) {
		if (finding_is_regression(&finding[i])) {
			document_paragraph(document, "When a regression is known, it is made quiet:");
			document_command(document, "zapbench history acknowledge %s %s", finding[i].first->name,
					 finding[i].series->configuration);
			return;
		}
	}
}

/* --- the page of a series */

static void put_runs(const struct dashboard *dashboard, struct document *document, const struct history_points *points)
{
	size_t from = points->count > RECENT_RUNS ? points->count - RECENT_RUNS : 0;

	document_heading(document, 2, "Runs");
	document_table(document, "lrrrll",
		       "The last %zu of %zu runs, the newest first; the date is a link to the result",
		       points->count - from, points->count);
	for (size_t i = 0; i < 6; i++)
		document_cell(document, "%s",
			      ((const char *const[]){ "date", "median", "from", "to", "Linux", "zapbench" })[i]);
	for (size_t i = points->count; i-- > from;) {
		const struct history_run *run = &dashboard->run[points->run[i]];

		document_cell(document, "%s", run->date);
		document_look(document, MARK_NONE, run_link(run, "../").text);
		document_cell(document, "%.5g", points->value[i].value);
		document_cell(document, isnan(points->value[i].lower) ? "-" : "%.5g", points->value[i].lower);
		document_cell(document, isnan(points->value[i].upper) ? "-" : "%.5g", points->value[i].upper);
		document_cell(document, "%s", run->kernel);
		document_cell(document, "%s", run->program);
	}
}

static void judge(struct page *page, const struct finding *finding, size_t findings)
{
	page->health = findings_enough(page->series) ? HEALTH_QUIET : HEALTH_TOO_FEW;
	page->state = words_of(page->health == HEALTH_QUIET ? "quiet" : "too few runs");
	for (size_t i = 0; i < findings; i++) {
		struct words size = margin_words(&finding[i].change.ratio);

		if (finding_is_regression(&finding[i])) {
			page->health = HEALTH_REGRESSION;
			page->state = words_of("regression %s", size.text);
			return;
		}
		if (finding[i].change.kind == CHANGE_SUSPECT && finding[i].news) {
			page->health = HEALTH_SUSPECT;
			page->state = words_of("suspect %s", size.text);
		} else if (finding[i].news && finding[i].change.kind != CHANGE_BLIP &&
			   finding[i].change.ratio.value < 1) {
			page->state = words_of("faster %s", size.text);
		}
	}
}

static int keep_findings(struct dashboard *dashboard, const struct finding *finding, size_t count)
{
	struct finding *more = reallocarray(dashboard->finding, dashboard->nr_findings + count, sizeof(*more));

	if (!more)
		return -ENOMEM;
	dashboard->finding = more;
	memcpy(more + dashboard->nr_findings, finding, count * sizeof(*more));
	dashboard->nr_findings += count;
	return 0;
}

static int fill_series(struct dashboard *dashboard, struct page *page, struct why *why)
{
	const struct history_series *series = page->series;
	struct finding *finding = NULL;
	struct history_points points;
	size_t findings = 0;
	int err = history_points(dashboard->history, series, &points, why);

	if (err)
		return err;
	page->document = document_new(series->configuration);
	err = page->document ? findings_of(dashboard->history, series, &points, dashboard->threshold_percent, &finding,
					   &findings, why)
			     : -ENOMEM;
	if (!err) {
		make_slug(series, page->slug, sizeof(page->slug));
		page->newest = points.value[points.count - 1];
		page->last = &dashboard->run[points.run[points.count - 1]];
		judge(page, finding, findings);
		document_home(page->document, "../index.html", "All boards and series");
		document_paragraph(page->document, "%s; %s; %zu runs; %s.", series->machine, series->unit, points.count,
				   page->state.text);
		if (series->emulated)
			document_note(
				page->document,
				"Emulated: instructions, no times. They repeat themselves, and one more is a change.");
		document_heading(page->document, 2, "Over time");
		err = draw_series(dashboard, page, &points, finding, findings);
	}
	if (!err) {
		put_changes(page->document, finding, findings);
		put_runs(dashboard, page->document, &points);
		if (findings)
			err = keep_findings(dashboard, finding, findings);
	}
	free(finding);
	history_points_free(&points);
	return err;
}

/* --- the first page */

static int newest_first(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	int order = strcmp(b->first->date, a->first->date);

	return order ? order : strcmp(a->series->configuration, b->series->configuration);
}

static const struct page *page_of(const struct dashboard *dashboard, const struct history_series *series)
{
	return &dashboard->page[series - dashboard->series];
}

static void put_newest_changes(const struct dashboard *dashboard, struct document *document)
{
	size_t count = dashboard->nr_findings < NEWEST_CHANGES ? dashboard->nr_findings : NEWEST_CHANGES;

	document_heading(document, 2, "Newest changes");
	if (!count) {
		document_paragraph(document, "None were found.");
		return;
	}
	document_table(document, "llllll", "The newest %zu of %zu changes", count, dashboard->nr_findings);
	for (size_t i = 0; i < 6; i++)
		document_cell(document, "%s",
			      ((const char *const[]){ "series", "begin", "size", "kind", "with it, code",
						      "with it, machine" })[i]);
	for (size_t i = 0; i < count; i++) {
		const struct finding *finding = &dashboard->finding[i];
		struct with with = with_words(finding);

		document_cell(document, "%s", finding->series->configuration);
		document_look(document, MARK_NONE,
			      words_of("series/%s.html", page_of(dashboard, finding->series)->slug).text);
		document_cell(document, "%s", day_words(finding->first->date).text);
		document_cell(document, "%s", margin_words(&finding->change.ratio).text);
		document_look(document, mark_of(finding), NULL);
		document_cell(document, "%s", kind_words(finding).text);
		document_cell(document, "%s", with.code.text);
		document_cell(document, "%s", with.machine.text);
	}
}

static struct words case_words(const struct history_series *series)
{
	return words_of("%.*s", (int)strcspn(series->configuration, "/"), series->configuration);
}

/* What a board's series of one case are; none: "-". */
static void put_health(const struct dashboard *dashboard, struct document *document, const char *machine,
		       const char *name)
{
	size_t of[HEALTH_QUIET + 1] = { 0 };

	for (size_t i = 0; i < dashboard->nr_series; i++) {
		const struct page *page = &dashboard->page[i];

		if (!strcmp(page->series->machine, machine) && !strcmp(case_words(page->series).text, name))
			of[page->health]++;
	}
	if (of[HEALTH_REGRESSION])
		document_cell(document, "%zu regression%s", of[HEALTH_REGRESSION],
			      of[HEALTH_REGRESSION] == 1 ? "" : "s");
	else if (of[HEALTH_SUSPECT])
		document_cell(document, "%zu suspect", of[HEALTH_SUSPECT]);
	else if (of[HEALTH_QUIET])
		document_cell(document, "%zu quiet", of[HEALTH_QUIET]);
	else
		document_cell(document, of[HEALTH_TOO_FEW] ? "too few runs" : "-");
	document_look(document,
		      of[HEALTH_REGRESSION] ? MARK_BAD
		      : of[HEALTH_SUSPECT]  ? MARK_UNSURE
		      : of[HEALTH_QUIET]    ? MARK_GOOD
					    : MARK_NONE,
		      of[HEALTH_REGRESSION] + of[HEALTH_SUSPECT] + of[HEALTH_QUIET] + of[HEALTH_TOO_FEW]
			      ? find_link(words_of("%s/ %s", name, machine).text).text
			      : NULL);
}

/* The different cases, in the order in which they come; freed by the caller. */
static char **cases_of(const struct dashboard *dashboard, size_t *count)
{
	char **name = calloc(dashboard->nr_series + 1, sizeof(*name));

	*count = 0;
	for (size_t i = 0; name && i < dashboard->nr_series; i++) {
		struct words words = case_words(&dashboard->series[i]);
		bool known = false;

		for (size_t j = 0; j < *count && !known; j++)
			known = !strcmp(name[j], words.text);
		if (!known && (name[*count] = strdup(words.text)))
			++*count;
	}
	return name;
}

static void put_boards(const struct dashboard *dashboard, struct document *document)
{
	char align[100] = "l", **name;
	size_t cases;

	name = cases_of(dashboard, &cases);
	if (!name)
		document->err = -ENOMEM;
	if (name && cases + 2 < sizeof(align)) {
		memset(align + 1, 'l', cases + 1);
		align[cases + 2] = '\0';
		document_heading(document, 2, "Boards");
		document_table(document, align,
			       "What each board says of each case; links find its series below, and its runs");
		document_cell(document, "board");
		for (size_t i = 0; i < cases; i++)
			document_cell(document, "%s", name[i]);
		document_cell(document, "newest run");
		for (size_t i = 0; i < dashboard->nr_series; i++) {
			const char *machine = dashboard->series[i].machine, *last = "";

			if (i && !strcmp(machine, dashboard->series[i - 1].machine))
				continue;
			document_cell(document, "%s", machine);
			for (size_t j = 0; j < cases; j++)
				put_health(dashboard, document, machine, name[j]);
			for (size_t j = 0; j < dashboard->nr_runs; j++) {
				if (!strcmp(dashboard->run[j].machine, machine))
					last = dashboard->run[j].date;
			}
			document_cell(document, "%s", day_words(last).text);
			document_look(document, MARK_NONE, words_of("runs.html%s", find_link(machine).text).text);
		}
	}
	for (size_t i = 0; name && i < cases; i++)
		free(name[i]);
	free(name);
}

static void put_series(const struct dashboard *dashboard, struct document *document)
{
	static const enum mark marks[] = { [HEALTH_REGRESSION] = MARK_BAD, [HEALTH_SUSPECT] = MARK_UNSURE };

	document_heading(document, 2, "All series");
	document_table(document, "llrlrll", "Every configuration on every board");
	document_search(document);
	for (size_t i = 0; i < 7; i++)
		document_cell(
			document, "%s",
			((const char *const[]){ "series", "state", "newest", "unit", "runs", "last run", "board" })[i]);
	for (size_t i = 0; i < dashboard->nr_series; i++) {
		const struct page *page = &dashboard->page[i];

		document_cell(document, "%s", page->series->configuration);
		document_look(document, MARK_NONE, words_of("series/%s.html", page->slug).text);
		document_cell(document, "%s", page->state.text);
		document_look(document, page->health < HEALTH_TOO_FEW ? marks[page->health] : MARK_NONE, NULL);
		document_cell(document, "%.5g", page->newest.value);
		document_cell(document, "%s%s", page->series->unit, page->series->emulated ? ", emulated" : "");
		document_cell(document, "%zu", page->series->points);
		document_cell(document, "%s", day_words(page->last->date).text);
		document_cell(document, "%s", page->series->machine);
	}
}

static int write_index(const struct dashboard *dashboard, struct why *why)
{
	struct document *document = document_new("zapbench over time");
	size_t of[HEALTH_QUIET + 1] = { 0 };
	int err;

	if (!document)
		return -ENOMEM;
	for (size_t i = 0; i < dashboard->nr_series; i++)
		of[dashboard->page[i].health]++;
	document_paragraph(document, "%zu series in %zu runs, the newest of %s.", dashboard->nr_series,
			   dashboard->nr_runs, day_words(dashboard->run[dashboard->nr_runs - 1].date).text);
	if (of[HEALTH_REGRESSION])
		document_note(document, "%zu series stand at a regression that nobody has acknowledged.",
			      of[HEALTH_REGRESSION]);
	document_paragraph(document, "%zu regressions, %zu suspect, %zu quiet, %zu with too few runs to say.",
			   of[HEALTH_REGRESSION], of[HEALTH_SUSPECT], of[HEALTH_QUIET], of[HEALTH_TOO_FEW]);
	put_boards(dashboard, document);
	put_newest_changes(dashboard, document);
	put_series(dashboard, document);
	err = write_page(dashboard, document, "index.html", why);
	document_free(document);
	return err;
}

static int write_runs(const struct dashboard *dashboard, struct why *why)
{
	struct document *document = document_new("All runs");
	int err;

	if (!document)
		return -ENOMEM;
	document_home(document, "index.html", "All boards and series");
	document_heading(document, 2, "Runs");
	document_table(document, "lllrl", "All runs, the newest first; the date is a link to the result");
	document_search(document);
	for (size_t i = 0; i < 5; i++)
		document_cell(document, "%s",
			      ((const char *const[]){ "date", "Linux", "zapbench", "configurations", "board" })[i]);
	for (size_t i = dashboard->nr_runs; i-- > 0;) {
		const struct history_run *run = &dashboard->run[i];

		document_cell(document, "%s", run->date);
		document_look(document, MARK_NONE, run_link(run, "").text);
		document_cell(document, "%s", run->kernel);
		document_cell(document, "%s", run->program);
		document_cell(document, "%lld", (long long)run->configurations);
		document_cell(document, "%s", run->machine);
	}
	err = write_page(dashboard, document, "runs.html", why);
	document_free(document);
	return err;
}

/* --- all of it */

static void progress(const char *what, size_t done, size_t all)
{
	if (all > 20 && isatty(STDERR_FILENO) && (done % 10 == 0 || done == all))
		fprintf(stderr, "\r%s: %zu of %zu%s", what, done, all, done == all ? "\n" : "");
}

static int prepare(struct dashboard *dashboard, struct why *why)
{
	static const char *const folders[] = { "", "series", "plots", "runs" };
	int err = history_runs(dashboard->history, &dashboard->run, &dashboard->nr_runs, why);

	if (!err)
		err = history_series(dashboard->history, &dashboard->series, &dashboard->nr_series, why);
	if (!err && !dashboard->nr_series)
		return why_set(why, -ENOENT, "zapbench history add RESULT begins it", "the history is empty");
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !err; i++)
		err = make_folder(dashboard->folder, folders[i], why);
	if (err)
		return err;
	dashboard->figures.later = true;
	dashboard->page = calloc(dashboard->nr_series, sizeof(*dashboard->page));
	if (!dashboard->page || asprintf(&dashboard->figures.folder, "%s/plots", dashboard->folder) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < dashboard->nr_series; i++)
		dashboard->page[i].series = &dashboard->series[i];
	return 0;
}

static int write_all(struct dashboard *dashboard, struct why *why)
{
	int err = 0;

	for (size_t i = 0; i < dashboard->nr_series && !err; i++) {
		err = fill_series(dashboard, &dashboard->page[i], why);
		progress("series", i + 1, dashboard->nr_series);
	}
	if (err)
		return err;
	if (dashboard->nr_findings)
		qsort(dashboard->finding, dashboard->nr_findings, sizeof(*dashboard->finding), newest_first);
	figures_draw(&dashboard->figures);
	for (size_t i = 0; i < dashboard->nr_runs && !err; i++)
		err = bring_run(dashboard, &dashboard->run[i], why);
	for (size_t i = 0; i < dashboard->nr_series && !err; i++) {
		struct words name = words_of("series/%s.html", dashboard->page[i].slug);

		err = write_page(dashboard, dashboard->page[i].document, name.text, why);
		progress("pages", i + 1, dashboard->nr_series);
	}
	if (!err)
		err = write_runs(dashboard, why);
	if (!err)
		err = write_index(dashboard, why);
	if (!err && dashboard->figures.not_drawn) {
		*why = dashboard->figures.why;
		err = -ENODATA;
	}
	return err;
}

int dashboard_write(struct history *history, const char *folder, double threshold_percent, struct why *why)
{
	struct dashboard dashboard = { .history = history, .folder = folder, .threshold_percent = threshold_percent };
	int err = prepare(&dashboard, why);

	if (!err)
		err = write_all(&dashboard, why);
	for (size_t i = 0; dashboard.page && i < dashboard.nr_series; i++)
		document_free(dashboard.page[i].document);
	free(dashboard.page);
	free(dashboard.finding);
	free(dashboard.figures.folder);
	return err;
}

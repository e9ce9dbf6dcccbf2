// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/answer/report.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/memory.h"
#include "bench/base/file.h"
#include "report/answer/parts.h"
#include "report/render/words.h"

#define PROFILES "/tmp"
#define PROFILE "zapbench-report-"
#define PROFILE_OLD_S (24 * 3600) /* whoever made it has ended */

/* Read, summarise, choose, fit. 0, -ENOMEM, or another -errno with why the file is not in the report. */
static int result_read(struct result *result, const char *path, struct why *why)
{
	int err = record_read(path, &result->record, why);

	if (err && !strstr(why->reason, path)) {
		struct why inner = *why;

		*why = (struct why){ "", "" };
		why_set(why, err, inner.remedy, "%s: %.300s", path, inner.reason[0] ? inner.reason : strerror(-err));
	}
	if (!err)
		err = record_summarise(result->record);
	if (!err)
		err = choice_make(result->record, &result->choice);
	if (err)
		return err;
	result->path = path;
	err = model_fit(result->record, &result->model, &result->model_why);
	if (err && !result->model_why.reason[0])
		why_set(&result->model_why, err, NULL, "%s", strerror(-err));
	return err == -ENOMEM ? err : 0;
}

static void report_free(struct report *report)
{
	for (size_t i = 0; i < report->nr_results; i++) {
		choice_free(&report->result[i].choice);
		record_free(report->result[i].record);
	}
	document_free(report->document);
	free(report->result);
	free(report->unread);
	figures_close(&report->figures);
}

/* The most real first, then the newest. An emulated clock tells no date: its results go by kernel and page size. */
static int by_weight(const void *a, const void *b)
{
	const struct result *first = a, *second = b;
	const struct record *one = first->record, *other = second->record;
	int order;

	if (one->emulated != other->emulated)
		return one->emulated ? 1 : -1;
	if (one->emulated)
		order = strverscmp(fact_words(other, "kernel", "release").text,
				   fact_words(one, "kernel", "release").text);
	else
		order = strcmp(other->started_at, one->started_at);
	if (!order)
		order = strverscmp(fact_words(one, "memory", "page_size_bytes").text,
				   fact_words(other, "memory", "page_size_bytes").text);
	return order ? order : strcmp(first->tag, second->tag);
}

static int report_read(struct report *report, char *const *path, size_t count, const struct report_options *options)
{
	report->result = calloc(count, sizeof(*report->result));
	report->unread = calloc(count, sizeof(*report->unread));
	if (!report->result || !report->unread)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct result *result = &report->result[report->nr_results];
		struct unread *unread = &report->unread[report->nr_unread];
		int err;

		*result = (struct result){ .path = path[i] };
		snprintf(result->tag, sizeof(result->tag), "%c", (char)('A' + (int)report->nr_results));
		err = result_read(result, path[i], &unread->why);
		if (!err) {
			report->nr_results++;
			continue;
		}
		record_free(result->record);
		if (err == -ENOMEM)
			return err;
		unread->path = path[i];
		options->problem(&unread->why);
		report->nr_unread++;
	}
	qsort(report->result, report->nr_results, sizeof(*report->result), by_weight);
	for (size_t i = 0; i < report->nr_results; i++)
		snprintf(report->result[i].tag, sizeof(report->result[i].tag), "%c", (char)('A' + (int)i));
	return 0;
}

/* What each letter stands for. */
static void put_results(struct report *report)
{
	struct document *document = report->document;

	document_table(document, "llllll", "Results in this report");
	document_cell(document, "result");
	document_cell(document, "machine");
	document_cell(document, "kernel");
	document_cell(document, "page size");
	document_cell(document, "figures");
	document_cell(document, "labels");
	for (size_t i = 0; i < report->nr_results; i++) {
		const struct record *record = report->result[i].record;
		const char *board = facts_text(&record->environment, "machine", "model", "unknown");
		struct words labels = { "" };

		for (size_t j = 0; j < record->nr_labels; j++)
			words_add(&labels, "%s%s=%s", j ? ", " : "", record->label[j].key, record->label[j].value);
		document_cell(document, "%s", report->result[i].tag);
		document_cell(document, "%s", facts_text(&record->environment, "cpu", "model", board));
		document_cell(document, "Linux %s %s", fact_words(record, "kernel", "release").text,
			      fact_words(record, "kernel", "architecture").text);
		document_cell(document, "%s", fact_words(record, "memory", "page_size_bytes").text);
		document_cell(document, "%zu configuration%s, %zu round%s, %s", record->nr_configs,
			      record->nr_configs == 1 ? "" : "s", record->nr_rounds, record->nr_rounds == 1 ? "" : "s",
			      record->emulated ? "EMULATED: instructions" : "times");
		document_cell(document, "%s", labels.text[0] ? labels.text : "none");
	}
}

static int fill(struct report *report)
{
	static int (*const parts[])(struct report *) = { part_answer,   part_maps,  part_crossovers, part_time,
							 part_evidence, part_model, part_method,     part_observed };
	int err = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !err; i++) {
		err = parts[i](report);
		if (!i)
			put_results(report);
	}
	return err ? err : report->document->err;
}

/* Write one rendering. @render gets the plots' folder by the report. */
enum rendering { HTML, MARKDOWN, TEXT };

static int write_rendering(const struct report *report, enum rendering rendering, const char *folder, const char *name,
			   struct why *why)
{
	struct memory_text text;
	char *path = NULL;
	/* By way of memory: stdio keeps no reason why one of many small writes failed. */
	FILE *memory = memory_open(&text);
	int err = memory && asprintf(&path, "%s/%s", folder, name) >= 0 ? 0 : -ENOMEM;

	if (!err && rendering == HTML)
		err = document_html(report->document, report->figures.folder, memory);
	else if (!err && rendering == MARKDOWN)
		err = document_markdown(report->document, memory);
	else if (!err)
		err = document_text(report->document, DOCUMENT_TEXT_COLUMNS, memory);
	if (memory_close(memory))
		err = -ENOMEM;
	if (!err)
		err = file_replace_bytes(path, text.data, text.size, why);
	free(text.data);
	free(path);
	return err;
}

/* Run Chromium's printing. 0, or -errno: -ENOENT when it is not installed. */
static int print_pdf(const char *html, const char *pdf, const char *profile)
{
	static const char *const browsers[] = { "chromium", "chromium-browser", "google-chrome" };
	posix_spawn_file_actions_t actions;
	char *to = NULL, *user = NULL;
	int err = -ENOENT, status;
	pid_t pid;

	if (posix_spawn_file_actions_init(&actions))
		return -ENOMEM;
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (asprintf(&to, "--print-to-pdf=%s", pdf) < 0 || asprintf(&user, "--user-data-dir=%s", profile) < 0)
		err = -ENOMEM;
	for (size_t i = 0; i < sizeof(browsers) / sizeof(browsers[0]) && err == -ENOENT; i++) {
		/* Its sandbox needs what root and containers lack; the page is our own, and holds no script. */
		char *argv[] = { (char *)browsers[i],
				 "--headless",
				 "--no-sandbox",
				 "--disable-gpu",
				 "--no-pdf-header-footer",
				 "--no-first-run",
				 user,
				 to,
				 (char *)html,
				 NULL };

		err = -posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	}
	posix_spawn_file_actions_destroy(&actions);
	free(user);
	free(to);
	if (err)
		return err;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && !WEXITSTATUS(status) && !access(pdf, R_OK) ? 0 : -EIO;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

static int remove_profile(const char *profile)
{
	/* Empty where no browser ran. */
	return rmdir(profile) && nftw(profile, remove_one, 16, FTW_DEPTH | FTW_PHYS) ? -errno : 0;
}

/* Those of reports that were killed, days ago. Nobody else can put something else in the place of our folder. */
static void remove_old_profiles(void)
{
	DIR *entries = opendir(PROFILES);
	const struct dirent *entry;
	struct stat status;

	while (entries && (entry = readdir(entries))) {
		char path[sizeof(PROFILES) + sizeof(entry->d_name) + 1];

		if (strncmp(entry->d_name, PROFILE, strlen(PROFILE)) ||
		    fstatat(dirfd(entries), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(status.st_mode) ||
		    status.st_uid != geteuid() || time(NULL) - status.st_mtime < PROFILE_OLD_S)
			continue;
		snprintf(path, sizeof(path), PROFILES "/%s", entry->d_name);
		remove_profile(path);
	}
	if (entries)
		closedir(entries);
}

/* Without a browser there is no PDF, which is said. -ENOMEM: there was no memory for it. */
static int write_pdf(const char *folder)
{
	char profile[] = PROFILES "/" PROFILE "XXXXXX";
	char *html = NULL, *pdf = NULL, *new = NULL, *at = realpath(folder, NULL);
	int err = at && mkdtemp(profile) ? 0 : -errno;

	remove_old_profiles();
	if (!err && (asprintf(&html, "%s/report.html", at) < 0 || asprintf(&pdf, "%s/report.pdf", at) < 0 ||
		     asprintf(&new, "%s.%d-0.tmp", pdf, (int)getpid()) < 0))
		err = -ENOMEM;
	if (!err) {
		unlink(pdf);
		err = print_pdf(html, new, profile);
		if (!err && rename(new, pdf))
			err = -errno;
		if (err)
			unlink(new);
		if (remove_profile(profile))
			printf("cannot remove %s: %s\n", profile, strerror(errno));
	}
	if (!err)
		printf("%s/report.pdf\n", folder);
	else if (err == -ENOENT)
		printf("no PDF: Chromium is not installed; fix: apt-get install chromium, or print report.html\n");
	else if (err != -ENOMEM)
		printf("no PDF: Chromium could not print it (%s); fix: print report.html from a browser\n",
		       strerror(-err));
	free(html);
	free(pdf);
	free(new);
	free(at);
	return err == -ENOMEM ? err : 0;
}

/* Plots of an earlier report in the same folder would be taken for this one's: those named as ours are removed. */
static void remove_plots(const char *folder)
{
	static const char *const suffixes[] = { ".dat", ".gp", ".svg", ".png", ".log" };
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name, *suffix = strrchr(name, '.');
		bool ours = false;

		for (size_t i = 0; suffix && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
			ours |= !strcmp(suffix, suffixes[i]);
		if (ours && name[0] >= 'A' && name[0] <= 'Z' && name[1] == '-')
			unlinkat(dirfd(dir), name, 0);
	}
	if (dir)
		closedir(dir);
}

static int write_all(struct report *report, const struct report_options *options, struct why *why)
{
	static const char *const names[] = { "report.html", "report.md", "report.txt" };
	int err = file_folder(options->out, why);

	if (!err)
		err = figures_open(&report->figures, options->out);
	if (!err)
		err = file_folder(report->figures.folder, why);
	if (!err) {
		remove_plots(report->figures.folder);
		file_sweep(options->out);
		file_sweep(report->figures.folder);
	}
	if (!err)
		err = fill(report);
	for (enum rendering i = HTML; i <= TEXT && !err; i++) {
		err = write_rendering(report, i, options->out, names[i], why);
		if (!err)
			printf("%s/%s\n", options->out, names[i]);
	}
	if (err)
		return err;
	printf("%s/plots: %zu plots\n", options->out, report->figures.drawn);
	if (report->figures.not_drawn) {
		struct why plots = { "", "" };

		why_set(&plots, 0, report->figures.why.remedy, "%zu plots are not drawn: %.300s",
			report->figures.not_drawn, report->figures.why.reason);
		options->problem(&plots);
	}
	return options->pdf ? write_pdf(options->out) : 0;
}

/* Read the results, and begin the document. */
static int report_open(struct report *report, char *const *path, size_t count, const struct report_options *options,
		       struct why *why)
{
	int err = report_read(report, path, count, options);

	if (err)
		return err;
	if (!report->nr_results)
		return why_set(why, -EINVAL, NULL, "none of these files is a result: no report");
	report->document = document_new(options->title);
	return report->document ? 0 : -ENOMEM;
}

int report_make(char *const *path, size_t count, const struct report_options *options, struct why *why)
{
	struct report report = { .nr_results = 0, .observation = options->observation };
	int err = report_open(&report, path, count, options, why);

	if (!err)
		err = write_all(&report, options, why);
	if (!err && (report.nr_unread || report.figures.not_drawn))
		err = report.nr_unread ? -EBADMSG : -ENODATA;
	report_free(&report);
	return err;
}

int report_brief(char *const *path, size_t count, const struct report_options *options, FILE *out, struct why *why)
{
	struct report report = { .nr_results = 0 };
	int err = report_open(&report, path, count, options, why);

	if (!err)
		err = brief_answers(&report);
	if (!err)
		err = document_text(report.document, options->columns, out);
	if (!err && report.nr_unread)
		err = -EBADMSG;
	report_free(&report);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/answer/report.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/answer/parts.h"
#include "report/render/say.h"
#include "report/render/words.h"

enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, RESULTS_MAX = 26 };

extern char **environ;

static const char help[] =
	"usage: zapbench report RESULT... [--out DIR] [OPTION...]\n\n"
	"Say what results files say about which policy costs least, for what, with the evidence: one\n"
	"page of HTML that needs nothing else, the same as Markdown, text of at most 75 columns, and PDF\n"
	"where Chromium is installed. Every plot is there as SVG and PNG, with its data and a script\n"
	"that draws it again: gnuplot NAME.gp. Several results stand side by side.\n\n"
	"  --out DIR       where to (report)\n"
	"  --title TEXT    of the report\n"
	"  --no-pdf        print no PDF\n\n"
	"exit status: 0 done, 1 a result could not be read or a plot not be drawn (the rest is there),\n"
	"2 usage\n\n"
	"examples\n"
	"  zapbench report results/latest.json\n"
	"  zapbench report board.json qemu.json --out /tmp/report --title 'RK3588 and emulation'\n";

struct arguments {
	const char *out, *title;
	bool pdf;
};

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
	free(report->figures.folder);
}

static int report_read(struct report *report, char **path, size_t count)
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
		say_why(0, 0, &unread->why);
		report->nr_unread++;
	}
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
		struct words model = fact_words(record, "cpu", "model"), labels = { "" };

		if (!strcmp(model.text, "not known"))
			model = fact_words(record, "machine", "model");
		for (size_t j = 0; j < record->nr_labels; j++)
			words_add(&labels, "%s%s=%s", j ? ", " : "", record->label[j].key, record->label[j].value);
		document_cell(document, "%s", report->result[i].tag);
		document_cell(document, "%s", model.text);
		document_cell(document, "Linux %s %s", fact_words(record, "kernel", "release").text,
			      fact_words(record, "kernel", "architecture").text);
		document_cell(document, "%s", fact_words(record, "memory", "page_size_bytes").text);
		document_cell(document, "%zu configurations, %zu rounds, %s", record->nr_configs, record->nr_rounds,
			      record->emulated ? "EMULATED: instructions" : "times");
		document_cell(document, "%s", labels.text[0] ? labels.text : "none");
	}
}

static int fill(struct report *report)
{
	static int (*const parts[])(struct report *) = { part_answer,   part_maps,  part_crossovers, part_time,
							 part_evidence, part_model, part_method };
	int err = 0;

	put_results(report);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !err; i++)
		err = parts[i](report);
	return err ? err : report->document->err;
}

/* Write one rendering. @render gets the plots' folder by the report. */
enum rendering { HTML, MARKDOWN, TEXT };

static int write_rendering(const struct report *report, enum rendering rendering, const char *folder, const char *name)
{
	FILE *file;
	char *path;
	int err;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return -ENOMEM;
	file = fopen(path, "w");
	err = file ? 0 : -errno;
	if (!err) {
		if (rendering == HTML)
			err = document_html(report->document, report->figures.folder, file);
		else
			err = (rendering == MARKDOWN ? document_markdown : document_text)(report->document, file);
		if (fclose(file) && !err)
			err = -errno;
	}
	if (err)
		fprintf(stderr, "zapbench: %s: %s\n", path, strerror(-err));
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

static void write_pdf(const char *folder)
{
	char profile[] = "/tmp/zapbench-report-XXXXXX";
	char *html = NULL, *pdf = NULL, *at = realpath(folder, NULL);
	int err = at && mkdtemp(profile) ? 0 : -errno;

	if (!err && (asprintf(&html, "%s/report.html", at) < 0 || asprintf(&pdf, "%s/report.pdf", at) < 0))
		err = -ENOMEM;
	if (!err) {
		unlink(pdf);
		err = print_pdf(html, pdf, profile);
		if (nftw(profile, remove_one, 16, FTW_DEPTH | FTW_PHYS))
			fprintf(stderr, "zapbench: cannot remove %s\n", profile);
	}
	if (!err)
		printf("%s/report.pdf\n", folder);
	else if (err == -ENOENT)
		printf("no PDF: Chromium is not installed; remedy: apt-get install chromium, or print report.html\n");
	else
		printf("no PDF: Chromium could not print it (%s); remedy: print report.html from a browser\n",
		       strerror(-err));
	free(html);
	free(pdf);
	free(at);
}

static int make_folder(const char *path)
{
	if (!mkdir(path, 0777) || errno == EEXIST)
		return 0;
	fprintf(stderr, "zapbench: %s: %s\n", path, strerror(errno));
	return -errno;
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

static int write_all(struct report *report, const struct arguments *arguments)
{
	static const char *const names[] = { "report.html", "report.md", "report.txt" };
	int err = make_folder(arguments->out);

	if (!err && asprintf(&report->figures.folder, "%s/plots", arguments->out) < 0)
		err = -ENOMEM;
	if (!err)
		err = make_folder(report->figures.folder);
	if (!err)
		remove_plots(report->figures.folder);
	if (!err)
		err = fill(report);
	for (enum rendering i = HTML; i <= TEXT && !err; i++) {
		err = write_rendering(report, i, arguments->out, names[i]);
		if (!err)
			printf("%s/%s\n", arguments->out, names[i]);
	}
	if (err)
		return err;
	printf("%s/plots: %zu plots\n", arguments->out, report->figures.drawn);
	if (report->figures.not_drawn) {
		fprintf(stderr, "zapbench: %zu plots are not drawn\n", report->figures.not_drawn);
		say_why(0, 0, &report->figures.why);
	}
	if (arguments->pdf)
		write_pdf(arguments->out);
	return 0;
}

/* Exit status, or -1 to go on. */
static int parse(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{ "out", required_argument, NULL, 'o' },
		{ "title", required_argument, NULL, 't' },
		{ "no-pdf", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'o':
			arguments->out = optarg;
			break;
		case 't':
			arguments->title = optarg;
			break;
		case 'p':
			arguments->pdf = false;
			break;
		case 'h':
			fputs(help, stdout);
			return STATUS_OK;
		default:
			fputs("zapbench: zapbench report --help says how\n", stderr);
			return STATUS_USAGE;
		}
	}
	if (optind < argc && argc - optind <= RESULTS_MAX && arguments->out[0])
		return -1;
	if (optind == argc)
		fputs("zapbench: report of what? Give a results file, e.g. results/latest.json\n", stderr);
	else if (!arguments->out[0])
		fputs("zapbench: --out: expected a folder\n", stderr);
	else
		fprintf(stderr, "zapbench: report takes at most %d results\n", RESULTS_MAX);
	return STATUS_USAGE;
}

int command_report(int argc, char **argv)
{
	struct arguments arguments = { .out = "report",
				       .title = "Which policy costs least: zapbench report",
				       .pdf = true };
	int status = parse(argc, argv, &arguments), err;
	struct report report = { .nr_results = 0 };

	if (status >= 0)
		return status;
	err = report_read(&report, argv + optind, (size_t)(argc - optind));
	if (!err && !report.nr_results) {
		fputs("zapbench: none of these is a result: no report\n", stderr);
		report_free(&report);
		return STATUS_FAILED;
	}
	if (!err) {
		report.document = document_new(arguments.title);
		err = report.document ? write_all(&report, &arguments) : -ENOMEM;
	}
	if (err == -ENOMEM)
		fputs("zapbench: out of memory\n", stderr);
	status = err || report.nr_unread || report.figures.not_drawn ? STATUS_FAILED : STATUS_OK;
	report_free(&report);
	if (fflush(stdout) || ferror(stdout))
		return STATUS_FAILED;
	return status;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/figure.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "plots.h" /* made by make: struct plot_script plot_scripts[] of report/render/plots/ */

static const char *script_of(const char *kind)
{
	for (size_t i = 0; i < sizeof(plot_scripts) / sizeof(plot_scripts[0]); i++) {
		if (!strcmp(plot_scripts[i].name, kind))
			return plot_scripts[i].text;
	}
	return "";
}

/* The file NAME + @suffix of the folder; NULL without memory, to be freed by the caller. */
static char *path_beside(const struct figures *figures, const char *name, const char *suffix)
{
	char *path;

	return asprintf(&path, "%s/%s%s", figures->folder, name, suffix) < 0 ? NULL : path;
}

static FILE *open_beside(const struct figures *figures, const char *name, const char *suffix, int *err)
{
	char *path = path_beside(figures, name, suffix);
	FILE *file = NULL;

	/* A link of that name is replaced, not followed. */
	if (path && (!unlink(path) || errno == ENOENT))
		file = fopen(path, "wxe");
	if (!file && !*err)
		*err = path ? -errno : -ENOMEM;
	free(path);
	return file ? file : figures->nowhere;
}

static int close_beside(const struct figures *figures, FILE *file)
{
	return file != figures->nowhere && (ferror(file) | fclose(file)) ? -EIO : 0;
}

int figures_open(struct figures *figures, const char *folder)
{
	if (asprintf(&figures->folder, "%s/plots", folder) < 0) {
		figures->folder = NULL;
		return -ENOMEM;
	}
	figures->nowhere = fopen("/dev/null", "we");
	return figures->nowhere ? 0 : -errno;
}

void figures_close(struct figures *figures)
{
	if (figures->nowhere)
		fclose(figures->nowhere);
	for (size_t i = 0; i < figures->nr_waiting; i++)
		free(figures->waiting[i]);
	free(figures->waiting);
	free(figures->folder);
}

struct figure figure_begin(struct figures *figures, const char *name, const char *kind)
{
	struct figure figure = { .figures = figures, .kind = kind };

	snprintf(figure.name, sizeof(figure.name), "%s", name);
	figure.data = open_beside(figures, name, figures->later ? ".dat.new" : ".dat", &figure.err);
	figure.script = open_beside(figures, name, figures->later ? ".gp.new" : ".gp", &figure.err);
	figure_text(&figure, "name", name);
	return figure;
}

/* @text as a figure may hold it, freed by the caller; NULL without memory, which is noted. */
static char *clean_copy(struct figure *figure, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		figure->err = -ENOMEM;
	return copy ? text_clean(copy) : NULL;
}

/* In single quotes gnuplot runs nothing, and knows no quote at the beginning: each quote is a text of its own. */
void figure_text(struct figure *figure, const char *variable, const char *text)
{
	char *copy = clean_copy(figure, text);

	if (!copy)
		return;
	fprintf(figure->script, "%s = '", variable);
	for (const char *at = copy; *at; at++) {
		if (*at == '\'')
			fputs("'.\"'\".'", figure->script);
		else
			fputc(*at, figure->script);
	}
	fputs("'\n", figure->script);
	free(copy);
}

void figure_number(struct figure *figure, const char *variable, double number)
{
	fprintf(figure->script, "%s = %.10g\n", variable, number);
}

void figure_lines(struct figure *figure, const struct lines_look *look, const char *styles)
{
	figure_text(figure, "styles", styles);
	figure_number(figure, "lines", look->lines);
	figure_number(figure, "logx", look->logx);
	figure_number(figure, "logy", look->logy);
	figure_number(figure, "fraction", look->fraction);
	figure_number(figure, "signed", look->is_signed);
	figure_number(figure, "joined", !look->scattered);
	figure_number(figure, "marked", look->marked);
	figure_number(figure, "every", look->every ? look->every : 1);
	figure_text(figure, "xformat", look->x_format ? look->x_format : "%.1s%c");
}

void figure_data_text(struct figure *figure, const char *text)
{
	char *copy = clean_copy(figure, text);

	if (!copy)
		return;
	for (char *at = copy; *at; at++) {
		if (*at == '"')
			*at = '\'';
		else if (*at == '\\')
			*at = '/';
	}
	fprintf(figure->data, "\"%s\"", copy);
	free(copy);
}

/* The first line that gnuplot said which is not an echo of the script, for the message. */
static void first_complaint(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "r");
	char line[256];

	text[0] = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[strspn(line, " \t^")] && strstr(line, "line "))
			snprintf(text, size, "%s", line + strspn(line, " \t\""));
	}
	if (file)
		fclose(file);
}

/* gnuplot SCRIPT... in the folder of the figures, its complaints in @log. 0 or -errno; then finish_gnuplot(). */
static int start_gnuplot(const struct figures *figures, char **argv, const char *log, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int err = -posix_spawn_file_actions_init(&actions);

	if (err)
		return err;
	err = -posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (!err)
		err = -posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (!err)
		err = -posix_spawn_file_actions_addchdir_np(&actions, figures->folder);
	if (!err)
		err = -posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

static int finish_gnuplot(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int run_gnuplot(const struct figures *figures, const char *name, const char *log)
{
	char script[sizeof(((struct figure *)0)->name) + 4], *argv[] = { (char *)"gnuplot", script, NULL };
	pid_t pid;
	int err;

	snprintf(script, sizeof(script), "%s.gp", name);
	err = start_gnuplot(figures, argv, log, &pid);
	return err ? err : finish_gnuplot(pid);
}

static void draw(struct figure *figure, struct why *why)
{
	struct figures *figures = figure->figures;
	char complaint[200], *log;
	int err;

	if (asprintf(&log, "%s/%s.log", figures->folder, figure->name) < 0) {
		figure->err = why_set(why, -ENOMEM, NULL, "out of memory");
		return;
	}
	err = figures->no_gnuplot ? -ENOENT : run_gnuplot(figures, figure->name, log);
	if (err == -ENOENT) {
		figures->no_gnuplot = true;
		why_set(why, err, "apt-get install gnuplot-nox", "gnuplot is not installed");
	} else if (err == -ENOMEM || err == -EAGAIN || err == -EMFILE || err == -ENFILE) {
		why_set(why, err, file_remedy(err), "cannot start gnuplot: %s", strerror(-err));
	} else if (err) {
		first_complaint(log, complaint, sizeof(complaint));
		why_set(why, err, "make deps GROUPS=report; the .log beside the script has its messages",
			"gnuplot could not draw %s.gp%s%s", figure->name, complaint[0] ? ": " : "", complaint);
	}
	if (!err || err == -ENOENT)
		unlink(log);
	figure->err = err;
	free(log);
}

static bool same_files(const char *one, const char *other)
{
	FILE *a = fopen(one, "r"), *b = fopen(other, "r");
	char x[16384], y[16384];
	size_t got = 1;
	bool same = a && b;

	while (same && got) {
		got = fread(x, 1, sizeof(x), a);
		same = fread(y, 1, sizeof(y), b) == got && !memcmp(x, y, got);
	}
	if (a)
		fclose(a);
	if (b)
		fclose(b);
	return same;
}

/* Put what was written in its place. @other: set when it is not what was there. */
static int replace_beside(struct figure *figure, const char *suffix, bool *other)
{
	char *to = path_beside(figure->figures, figure->name, suffix), *from = NULL;
	int err = !to || asprintf(&from, "%s.new", to) < 0 ? -ENOMEM : 0;

	if (!err && same_files(from, to))
		err = unlink(from) ? -errno : 0;
	else if (!err) {
		*other = true;
		err = rename(from, to) ? -errno : 0;
	}
	free(from);
	free(to);
	return err;
}

static void wait_for_more(struct figure *figure)
{
	struct figures *figures = figure->figures;
	char *picture = path_beside(figures, figure->name, ".svg"), *script = NULL, **more;
	bool other = !picture || access(picture, R_OK);

	figure->err = picture ? replace_beside(figure, ".dat", &other) : -ENOMEM;
	if (!figure->err)
		figure->err = replace_beside(figure, ".gp", &other);
	if (!figure->err && other) {
		unlink(picture);
		more = reallocarray(figures->waiting, figures->nr_waiting + 1, sizeof(*more));
		if (more)
			figures->waiting = more;
		if (!more || asprintf(&script, "%s.gp", figure->name) < 0)
			figure->err = -ENOMEM;
		else
			figures->waiting[figures->nr_waiting++] = script;
	}
	free(picture);
}

/* What is still not there after a gnuplot has drawn many is drawn alone, so that it is known why not. */
static void draw_missing(struct figures *figures, const char *script)
{
	struct figure figure = { .figures = figures };
	struct why why = { "", "" };
	char *picture;

	snprintf(figure.name, sizeof(figure.name), "%.*s", (int)(strlen(script) - strlen(".gp")), script);
	picture = path_beside(figures, figure.name, ".svg");
	if (!picture || access(picture, R_OK))
		draw(&figure, &why);
	free(picture);
	if (!figure.err)
		figures->drawn++;
	else if (!figures->not_drawn++)
		figures->why = why;
}

void figures_draw(struct figures *figures)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t parts = cpus > 1 ? (size_t)cpus : 1, each = (figures->nr_waiting + parts - 1) / parts, begun = 0;
	char **argv = calloc(each + 2, sizeof(*argv));
	pid_t *pid = calloc(parts, sizeof(*pid));

	/* Whatever goes wrong with many at once comes out when they are drawn one by one. */
	for (size_t i = 0; argv && pid && i < parts && i * each < figures->nr_waiting; i++) {
		size_t from = i * each, count = figures->nr_waiting - from < each ? figures->nr_waiting - from : each;

		argv[0] = (char *)"gnuplot";
		memcpy(argv + 1, figures->waiting + from, count * sizeof(*argv));
		argv[1 + count] = NULL;
		begun += !start_gnuplot(figures, argv, "/dev/null", &pid[begun]);
	}
	while (begun)
		finish_gnuplot(pid[--begun]);
	free(argv);
	free(pid);
	for (size_t i = 0; i < figures->nr_waiting; i++) {
		draw_missing(figures, figures->waiting[i]);
		free(figures->waiting[i]);
	}
	free(figures->waiting);
	figures->waiting = NULL;
	figures->nr_waiting = 0;
}

void figure_end(struct figure *figure, struct document *document, const char *alternative, const char *caption)
{
	struct figures *figures = figure->figures;
	struct why why = { "", "" };
	int err;

	fprintf(figure->script, "\n%s\n%s", script_of("common"), script_of(figure->kind));
	err = close_beside(figures, figure->script) | close_beside(figures, figure->data);
	if (!figure->err)
		figure->err = err;
	if (figure->err)
		why_set(&why, figure->err, file_remedy(figure->err), "cannot write %s/%s.gp: %s", figures->folder,
			figure->name, strerror(-figure->err));
	else if (figures->later)
		wait_for_more(figure);
	else
		draw(figure, &why);
	document_figure(document, figure->name, alternative, "%s", caption);
	/* Memory is nothing that this figure alone lacks. */
	if (figure->err == -ENOMEM)
		document->err = -ENOMEM;
	if (!figure->err) {
		figures->drawn += !figures->later;
		return;
	}
	if (!figures->not_drawn++) {
		figures->why = why;
		figures->missing = why_line(&why);
	}
	if (!document->err)
		document->block[document->nr_blocks - 1].missing = figures->missing.text;
}

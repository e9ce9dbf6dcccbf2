// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/figure.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plots.h" /* made by make: struct plot_script plot_scripts[] of report/plots/ */

extern char **environ;

static const char *script_of(const char *kind)
{
	for (size_t i = 0; i < sizeof(plot_scripts) / sizeof(plot_scripts[0]); i++) {
		if (!strcmp(plot_scripts[i].name, kind))
			return plot_scripts[i].text;
	}
	return "";
}

static FILE *open_beside(const struct figures *figures, const char *name, const char *suffix, int *err)
{
	FILE *file = NULL;
	char *path;

	if (asprintf(&path, "%s/%s%s", figures->folder, name, suffix) < 0) {
		*err = -ENOMEM;
		return NULL;
	}
	file = fopen(path, "w");
	if (!file && !*err)
		*err = -errno;
	free(path);
	return file;
}

struct figure figure_begin(struct figures *figures, const char *name, const char *kind)
{
	struct figure figure = { .figures = figures, .kind = kind };

	snprintf(figure.name, sizeof(figure.name), "%s", name);
	figure.data = open_beside(figures, name, ".dat", &figure.err);
	figure.script = open_beside(figures, name, ".gp", &figure.err);
	/* Written to nowhere, so that who fills it in need not ask. */
	if (!figure.data)
		figure.data = fopen("/dev/null", "w");
	if (!figure.script)
		figure.script = fopen("/dev/null", "w");
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

/* In single quotes gnuplot knows no escape but a doubled quote, and runs nothing. */
void figure_text(struct figure *figure, const char *variable, const char *text)
{
	char *copy = clean_copy(figure, text);

	if (!figure->script || !copy) {
		free(copy);
		return;
	}
	fprintf(figure->script, "%s = '", variable);
	for (const char *at = copy; *at; at++) {
		if (*at == '\'')
			fputc('\'', figure->script);
		fputc(*at, figure->script);
	}
	fputs("'\n", figure->script);
	free(copy);
}

void figure_number(struct figure *figure, const char *variable, double number)
{
	if (figure->script)
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

	if (!figure->data || !copy) {
		free(copy);
		return;
	}
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

/* gnuplot NAME.gp in the folder of the figures, its complaints in @log. 0, -errno of starting it, or -EIO. */
static int run_gnuplot(const struct figures *figures, const char *name, const char *log)
{
	char script[80], *argv[] = { "gnuplot", script, NULL };
	posix_spawn_file_actions_t actions;
	int err, status;
	pid_t pid;

	snprintf(script, sizeof(script), "%s.gp", name);
	err = -posix_spawn_file_actions_init(&actions);
	if (err)
		return err;
	err = -posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (!err)
		err = -posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (!err)
		err = -posix_spawn_file_actions_addchdir_np(&actions, figures->folder);
	if (!err)
		err = -posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return err;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
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
	} else if (err) {
		first_complaint(log, complaint, sizeof(complaint));
		why_set(why, err, "make deps GROUPS=report; what it said is in the .log beside the script",
			"gnuplot could not draw %s.gp%s%s", figure->name, complaint[0] ? ": " : "", complaint);
	}
	if (!err || err == -ENOENT)
		unlink(log);
	figure->err = err;
	free(log);
}

void figure_end(struct figure *figure, struct document *document, const char *alternative, const char *caption)
{
	struct figures *figures = figure->figures;
	struct why why = { "", "" };

	if (figure->script)
		fprintf(figure->script, "\n%s\n%s", script_of("common"), script_of(figure->kind));
	if (figure->script && (ferror(figure->script) | fclose(figure->script)) && !figure->err)
		figure->err = -EIO;
	if (figure->data && (ferror(figure->data) | fclose(figure->data)) && !figure->err)
		figure->err = -EIO;
	if (figure->err)
		why_set(&why, figure->err, "is there room, and may you write there?", "cannot write %s/%s.gp: %s",
			figures->folder, figure->name, strerror(-figure->err));
	else
		draw(figure, &why);
	document_figure(document, figure->name, alternative, "%s", caption);
	if (!figure->err) {
		figures->drawn++;
		return;
	}
	if (!figures->not_drawn++) {
		figures->why = why;
		snprintf(figures->missing, sizeof(figures->missing), "%s; remedy: %s", why.reason, why.remedy);
	}
	if (!document->err)
		document->block[document->nr_blocks - 1].missing = figures->missing;
}

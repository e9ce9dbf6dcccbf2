/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures: the data, a gnuplot script that draws it, and the pictures. The script is one file: its own values,
 * report/render/plots/common.gp and the script of its kind. It is stored with its data, so a reader can change and
 * redraw the figure without this program.
 */
#ifndef ZAPBENCH_FIGURE_H
#define ZAPBENCH_FIGURE_H

#include <stdio.h>

#include "report/render/document.h"
#include "bench/base/why.h"

/* A folder of figures. */
struct figures {
	char *folder;
	FILE *nowhere; /* for what cannot be written, so that who fills a figure in need not ask */
	size_t drawn, not_drawn;
	struct why why;          /* of the first that was not drawn */
	struct why_line missing; /* and for its block */
	bool no_gnuplot;         /* it is not installed: only data and scripts are written */
	/* Many figures, most of which are as they were: figure_end() keeps those, and figures_draw() draws the others.
	 */
	bool later;
	char **waiting;
	size_t nr_waiting;
};

/* One that is being made. */
struct figure {
	struct figures *figures;
	char name[128];
	FILE *data;   /* to be written to, numbers by fprintf() */
	FILE *script; /* its values; use figure_text() and figure_number() */
	const char *kind;
	int err;
};

/* The figures of the folder plots in @folder, which need not be there yet. Return: 0 or -ENOMEM. */
int figures_open(struct figures *figures, const char *folder);
void figures_close(struct figures *figures);
/* @name: letters, digits and hyphens; @kind: a script of report/render/plots. Never fails: figure_end() tells. */
struct figure figure_begin(struct figures *figures, const char *name, const char *kind);
/* A variable of the script. Any text can be given: it is quoted. */
void figure_text(struct figure *figure, const char *variable, const char *text);
void figure_number(struct figure *figure, const char *variable, double number);
/* How lines.gp shall draw: its variables. */
struct lines_look {
	int lines;
	int logx;             /* base of a logarithmic axis, or 0 */
	bool logy;            /* logarithmic to the base of 10 */
	bool fraction;        /* y is one */
	bool is_signed;       /* y may be below 0; else a linear axis begins there */
	bool scattered;       /* points that no line joins */
	bool marked;          /* the last block holds crossings */
	int every;            /* points to a mark; 0: one */
	const char *x_format; /* gnuplot's format of numbers; NULL: as y */
};
void figure_lines(struct figure *figure, const struct lines_look *look, const char *styles);
/* Text into the data, quoted, with what gnuplot would take for a quote or an escape replaced. */
void figure_data_text(struct figure *figure, const char *text);
/*
 * Draw it and put it into @document. When it cannot be drawn the figures' .why says why, and the document says so in
 * its place.
 */
void figure_end(struct figure *figure, struct document *document, const char *alternative, const char *caption);
/* Draw all that wait, by as many gnuplots as there are CPUs. The figures' .why says what could not be drawn. */
void figures_draw(struct figures *figures);

#endif

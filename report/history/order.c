// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/history/order.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/memory.h"
#include "bench/base/array.h"
#include "bench/base/file.h"

/* One line, which is cut. One that was cut off, or that nobody here wrote, says nothing. */
static int read_line(struct order *order, char *line)
{
	struct order_line *more;
	char *end;
	long long sequence = strtoll(line, &end, 10);

	if (end == line || *end != '\t' || !end[1] || sequence < 0 || sequence >= INT64_MAX / 2)
		return 0;
	more = array_room(order->line, order->nr_lines, sizeof(*more));
	if (!more)
		return -ENOMEM;
	order->line = more;
	more[order->nr_lines++] = (struct order_line){ end + 1, sequence };
	if (sequence > order->last)
		order->last = sequence;
	return 0;
}

static int by_run(const void *left, const void *right)
{
	const struct order_line *a = left, *b = right;
	int order = strcmp(a->run, b->run);

	/* Texts lie in the file's order: the later line comes first. */
	return order ? order : (a->run < b->run) - (a->run > b->run);
}

/* The last line of each run, by run. */
static void keep_last(struct order *order)
{
	size_t kept = 0;

	if (order->nr_lines)
		qsort(order->line, order->nr_lines, sizeof(*order->line), by_run);
	for (size_t i = 0; i < order->nr_lines; i++) {
		if (!kept || strcmp(order->line[kept - 1].run, order->line[i].run))
			order->line[kept++] = order->line[i];
	}
	order->nr_lines = kept;
}

int order_read(const char *folder, struct order *order, struct why *why)
{
	char *path, *rest, *line;
	int err;

	*order = (struct order){ .text = NULL };
	if (asprintf(&path, "%s/order", folder) < 0)
		return -ENOMEM;
	err = file_text(path, &order->text, why);
	rest = order->text;
	while (!err && rest && (line = strsep(&rest, "\n"))) {
		/* Without its end it was cut off. */
		if (rest)
			err = read_line(order, line);
	}
	keep_last(order);
	free(path);
	return err;
}

void order_free(struct order *order)
{
	free(order->line);
	free(order->text);
	*order = (struct order){ .text = NULL };
}

static int find_run(const void *run, const void *line)
{
	return strcmp(run, ((const struct order_line *)line)->run);
}

int64_t order_of(const struct order *order, const char *run)
{
	const struct order_line *line = NULL;

	if (order->nr_lines)
		line = bsearch(run, order->line, order->nr_lines, sizeof(*line), find_run);
	return line ? line->sequence : -1;
}

int order_append(const char *folder, const struct order_line *line, size_t count, struct why *why)
{
	char *path = NULL;
	struct memory_text text;
	FILE *lines = memory_open(&text);
	int err = lines && asprintf(&path, "%s/order", folder) >= 0 ? 0 : -ENOMEM;

	/* An empty line in front: the one before may have been cut off. */
	if (!err)
		fputc('\n', lines);
	for (size_t i = 0; i < count && !err; i++)
		fprintf(lines, "%lld\t%s\n", (long long)line[i].sequence, line[i].run);
	if (memory_close(lines))
		err = -ENOMEM;
	if (!err)
		err = file_append(path, text.data, why);
	free(path);
	free(text.data);
	return err;
}

int order_sync(const char *folder, struct why *why)
{
	char *path;
	int err;

	if (asprintf(&path, "%s/order", folder) < 0)
		return -ENOMEM;
	/* A history of an older version may have none. */
	err = access(path, F_OK) ? 0 : file_sync(path, why);
	free(path);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The names of boards. A history knows a machine by a long text, "MODEL or label board, CPU, N bytes per page": the
 * first part is its name here, with as many of the others as tell two machines apart.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/site/pages.h"

enum { NAMES = 3 };

/* The name number @which of a machine, from the shortest to the whole text. */
static struct words name_of(const char *machine, int which)
{
	const char *cpu = strstr(machine, ", "), *page = cpu ? strstr(cpu + 1, ", ") : NULL;
	bool emulated = page && strstr(page, ", emulated");
	struct words name;

	if (!page || which == NAMES - 1)
		return words_of("%s", machine);
	/* A machine without a name goes by its CPU. */
	if (!strncmp(machine, "unnamed,", strlen("unnamed,")))
		name = words_of("%.*s", (int)(page - cpu - 2), cpu + 2);
	else
		name = words_of("%.*s", (int)(cpu - machine), machine);
	if (which)
		words_add(&name, ", %.0fK pages", strtod(page + 2, NULL) / 1024);
	if (emulated)
		words_add(&name, ", emulated");
	return name;
}

static bool is_taken(const struct dashboard *dashboard, const struct board *board, int which)
{
	struct words name = name_of(board->machine, which);

	for (size_t i = 0; i < dashboard->nr_boards; i++) {
		const struct board *other = &dashboard->board[i];

		if (other != board && !strcmp(name_of(other->machine, which).text, name.text))
			return true;
	}
	return false;
}

int boards_name(struct dashboard *dashboard)
{
	dashboard->board = calloc(dashboard->nr_runs + 1, sizeof(*dashboard->board));
	if (!dashboard->board)
		return -ENOMEM;
	for (size_t i = 0; i < dashboard->nr_runs; i++) {
		const char *machine = dashboard->run[i].machine;
		bool known = false;

		for (size_t j = 0; j < dashboard->nr_boards && !known; j++)
			known = !strcmp(dashboard->board[j].machine, machine);
		if (!known)
			dashboard->board[dashboard->nr_boards++].machine = machine;
	}
	for (size_t i = 0; i < dashboard->nr_boards; i++) {
		struct board *board = &dashboard->board[i];
		int which = 0;

		while (which < NAMES - 1 && is_taken(dashboard, board, which))
			which++;
		board->name = name_of(board->machine, which);
	}
	return 0;
}

const char *board_of(const struct dashboard *dashboard, const char *machine)
{
	for (size_t i = 0; i < dashboard->nr_boards; i++) {
		if (!strcmp(dashboard->board[i].machine, machine))
			return dashboard->board[i].name.text;
	}
	return machine;
}

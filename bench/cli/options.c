// SPDX-License-Identifier: GPL-2.0-or-later
/* Options by a command's table, and values of options. */
#include "bench/cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/text.h"

enum { FLAGS_MAX = 32, FIRST_ID = 1000 };

static int unknown_flag(const struct command *command, const char *word)
{
	const char *names[FLAGS_MAX + 1] = { "help" }, *nearest;
	char name[64];
	size_t count = 1;

	for (const struct flag *flag = command->flags; flag && flag->name && count < FLAGS_MAX; flag++)
		names[count++] = flag->name;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	/* A single letter is near everything. */
	nearest = strlen(name) > 2 ? nearest_name(name + strspn(name, "-"), names) : NULL;
	if (nearest)
		return complain(STATUS_USAGE, "%s: unknown option '%s'; did you mean --%s?", command->name, name,
				nearest);
	return complain_usage(command, "%s: unknown option '%s'", command->name, name);
}

/* The table in getopt's form; its val is FIRST_ID and the row. */
static void make_options(const struct flag *flags, struct option *options)
{
	size_t count = 0;

	for (; flags && flags[count].name; count++)
		options[count] =
			(struct option){ flags[count].name, flags[count].argument ? required_argument : no_argument,
					 NULL, FIRST_ID + (int)count };
	options[count] = (struct option){ "help", no_argument, NULL, 'h' };
	options[count + 1] = (struct option){ NULL, 0, NULL, 0 };
}

int parse_flags(const struct command *command, int argc, char **argv, take_fn *take, void *arg)
{
	struct option options[FLAGS_MAX + 2];
	int option;

	make_options(command->flags, options);
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		struct why why = { "", "" };
		int err;

		if (option == 'h') {
			print_help(command, stdout);
			return STATUS_OK;
		}
		if (option == ':')
			return complain_usage(command, "%s: %s needs a value", command->name, argv[optind - 1]);
		if (option == '?' && (optopt >= FIRST_ID || (optopt == 'h' && !strncmp(argv[optind - 1], "--", 2))))
			return complain_usage(command, "%s: --%s takes no value", command->name,
					      optopt == 'h' ? "help" : command->flags[optopt - FIRST_ID].name);
		if (option == '?' && optopt) {
			char word[] = { '-', (char)optopt, '\0' };

			return unknown_flag(command, word);
		}
		if (option == '?')
			return unknown_flag(command, argv[optind - 1]);
		err = take(arg, command->flags[option - FIRST_ID].id, optarg, &why);
		if (err)
			return complain_why(err == -ENOMEM ? command->failure : STATUS_USAGE, err, &why);
	}
	return -1;
}

static int out_of_range(const char *option, const char *text, const char *kind, double least, double most,
			struct why *why)
{
	char hint[64];

	return why_set(why, -EINVAL, number_hint(text, most <= 1, hint, sizeof(hint)),
		       "--%s: expected a %s from %.10g to %.10g, found '%s'", option, kind, least, most, text);
}

int take_number(const char *option, const char *text, double least, double most, double *value, struct why *why)
{
	if (number_parse(text, value) || *value < least || *value > most)
		return out_of_range(option, text, "number", least, most, why);
	return 0;
}

int take_whole(const char *option, const char *text, double least, double most, double *value, struct why *why)
{
	if (number_parse(text, value) || *value < least || *value > most || *value != floor(*value))
		return out_of_range(option, text, "whole number", least, most, why);
	return 0;
}

int take_size(const char *option, const char *text, double least, double most, double *value, struct why *why)
{
	if ((size_parse(text, value) && number_parse(text, value)) || *value < least || *value > most)
		return out_of_range(option, text, "number", least, most, why);
	return 0;
}

int take_list(const char *option, char *text, const char **list, size_t max, struct why *why)
{
	size_t count = 0;
	char *item;

	while (list[count])
		count++;
	while ((item = strsep(&text, ","))) {
		if (!*item)
			return why_set(why, -EINVAL, NULL, "--%s: a name is empty", option);
		if (count == max)
			return why_set(why, -EINVAL, NULL, "--%s: more than %zu names", option, max);
		list[count++] = item;
	}
	return 0;
}

int take_choice(const char *option, const char *text, const char *const *names, unsigned int *chosen, struct why *why)
{
	const char *nearest = nearest_name(text, names);
	char known[400] = "";

	for (unsigned int i = 0; names[i]; i++) {
		size_t used = strlen(known);

		*chosen = i;
		if (!strcmp(text, names[i]))
			return 0;
		snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "", names[i]);
	}
	if (nearest)
		return why_set(why, -EINVAL, NULL, "--%s: unknown value '%s'; did you mean '%s'?", option, text,
			       nearest);
	return why_set(why, -EINVAL, NULL, "--%s: unknown value '%s'; known: %s", option, text, known);
}

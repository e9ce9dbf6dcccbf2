// SPDX-License-Identifier: GPL-2.0-or-later
/* --help and the generated parts of the man page, both from the tables of the commands. */
#include "bench/cli/cli.h"

#include <ctype.h>
#include <string.h>

#include "report/render/wrap.h"

enum { COLUMNS = 80, MAN_COLUMNS = 120, NAME_COLUMNS = 26 };

/* ---- --help ---- */

static void print_named(const char *name, size_t indent, const char *text, FILE *out)
{
	char first[120];

	/* A name that leaves no room has a line of its own. */
	if (strlen(name) + 2 > indent) {
		fprintf(out, "%s\n", name);
		snprintf(first, sizeof(first), "%-*s", (int)indent - 1, "");
	} else {
		snprintf(first, sizeof(first), "%-*s", (int)indent - 1, name);
	}
	print_wrapped(out, COLUMNS, first, indent, text);
}

static void print_values(const struct values *values, FILE *out)
{
	struct named_value value;

	for (size_t i = 0; values->get(i, &value); i++) {
		char name[80], text[600];

		snprintf(name, sizeof(name), "      %s", value.name);
		snprintf(text, sizeof(text), "%s%s%s", value.help, value.choices[0] ? ": " : "", value.choices);
		print_named(name, NAME_COLUMNS, text, out);
	}
}

static void print_flag(const struct flag *flag, FILE *out)
{
	char name[80], text[700];

	if (flag->heading)
		fprintf(out, "\n%s\n", flag->heading);
	snprintf(name, sizeof(name), "  --%s%s%s", flag->name, flag->argument ? " " : "",
		 flag->argument ? flag->argument : "");
	snprintf(text, sizeof(text), "%s%s%s%s", flag->help, flag->preset ? " (default: " : "",
		 flag->preset ? flag->preset : "", flag->preset ? ")" : "");
	print_named(name, NAME_COLUMNS, text, out);
	if (flag->explain)
		print_values(flag->values, out);
}

static void print_verbs(const struct verb *verbs, FILE *out)
{
	fputs("\ncommands\n", out);
	for (const struct verb *verb = verbs; verb->name; verb++) {
		char name[80];

		snprintf(name, sizeof(name), "  %s", verb->name);
		print_named(name, 16, verb->help, out);
	}
}

void print_outcomes(const struct outcome *outcomes, FILE *out)
{
	fputs("\nexit status\n", out);
	for (; outcomes->meaning; outcomes++) {
		char name[40];

		snprintf(name, sizeof(name), "  %d%s", outcomes->status,
			 outcomes->status == STATUS_SIGNAL ? " + signal" : "");
		print_named(name, outcomes->status == STATUS_SIGNAL ? 16 : 5, outcomes->meaning, out);
	}
}

/* @text line by line, each indented. */
static void print_lines(const char *text, const char *indent, FILE *out)
{
	while (*text) {
		int length = (int)strcspn(text, "\n");

		fprintf(out, "%s%.*s\n", indent, length, text);
		text += length;
		text += *text == '\n';
	}
}

void print_help(const struct command *command, FILE *out)
{
	for (size_t i = 0; command->usage[i]; i++)
		fprintf(out, "%s zapbench %s%s%s\n", i ? "      " : "usage:", command->name,
			command->usage[i][0] ? " " : "", command->usage[i]);
	for (const struct verb *verb = command->verbs; verb && verb->name; verb++)
		fprintf(out, "%s zapbench %s %s%s%s\n", verb == command->verbs ? "usage:" : "      ", command->name,
			verb->name, verb->arguments[0] ? " " : "", verb->arguments);
	fputc('\n', out);
	print_wrapped(out, COLUMNS, "", 0, command->about);
	if (command->verbs)
		print_verbs(command->verbs, out);
	if (command->flags && !command->flags->heading)
		fputs("\noptions\n", out);
	for (const struct flag *flag = command->flags; flag && flag->name; flag++)
		print_flag(flag, out);
	if (command->notes) {
		fputc('\n', out);
		print_wrapped(out, COLUMNS, "", 0, command->notes);
	}
	print_outcomes(command->outcomes, out);
	if (command->examples) {
		fputs("\nexamples\n", out);
		print_lines(command->examples, "  ", out);
	}
}

/* ---- the man page: mdoc ---- */

/* Words, wrapped. A line must not begin with what roff takes for a request. */
static void man_text(const char *text, FILE *out)
{
	size_t column = 0;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column && column + 1 + word > MAN_COLUMNS) {
			fputc('\n', out);
			column = 0;
		} else if (column) {
			fputc(' ', out);
		}
		if (!column && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		column += word + 1;
		for (; word; word--, text++)
			fputs(*text == '\\' ? "\\e" : (const char[]){ *text, '\0' }, out);
		text += strspn(text, " ");
		/* A sentence ends a line, as mandoc wants it. */
		if (*text && strchr(".:", text[-2]) && isupper((unsigned char)*text)) {
			fputc('\n', out);
			column = 0;
		}
	}
	fputc('\n', out);
}

static void man_argument(const char *argument, FILE *out)
{
	fputs(" Ar ", out);
	for (; *argument; argument++)
		fputc(*argument == ' ' ? '_' : tolower((unsigned char)*argument), out);
}

static void man_values(const struct values *values, FILE *out)
{
	struct named_value value;

	fputs(".Bl -tag -width granularity\n", out);
	for (size_t i = 0; values->get(i, &value); i++) {
		char text[600];

		snprintf(text, sizeof(text), "%s%s%s.", value.help, value.choices[0] ? ": " : "", value.choices);
		fprintf(out, ".It Cm %s\n", value.name);
		man_text(text, out);
	}
	fputs(".El\n", out);
}

static void man_flag(const struct flag *flag, FILE *out)
{
	char text[700];

	fprintf(out, ".It Fl -%s", flag->name);
	if (flag->argument)
		man_argument(flag->argument, out);
	snprintf(text, sizeof(text), "%s%s%s%s.", flag->help, flag->preset ? " (default: " : "",
		 flag->preset ? flag->preset : "", flag->preset ? ")" : "");
	fputc('\n', out);
	man_text(text, out);
	if (flag->more)
		man_text(flag->more, out);
}

static void man_options(FILE *out)
{
	for (size_t i = 0; commands[i]; i++) {
		if (!commands[i]->flags)
			continue;
		fprintf(out, ".Ss Options of %s\n.Bl -tag -width Ds\n", commands[i]->name);
		for (const struct flag *flag = commands[i]->flags; flag->name; flag++)
			man_flag(flag, out);
		fputs(".El\n", out);
	}
}

/* "[--bytes N] RESULT" as it is: a line of literal text. */
static void man_synopsis(FILE *out)
{
	for (size_t i = 0; commands[i]; i++) {
		const struct command *command = commands[i];

		for (size_t j = 0; command->usage[j]; j++) {
			fprintf(out, ".Nm\n.Cm %s\n", command->name);
			if (command->usage[j][0])
				man_text(command->usage[j], out);
		}
		for (const struct verb *verb = command->verbs; verb && verb->name; verb++) {
			fprintf(out, ".Nm\n.Cm %s %s\n", command->name, verb->name);
			for (const char *id = verb->flags; *id; id++) {
				const struct flag *flag = command->flags;

				while (flag->id != *id)
					flag++;
				fprintf(out, ".Op Fl -%s", flag->name);
				if (flag->argument)
					man_argument(flag->argument, out);
				fputc('\n', out);
			}
			if (verb->arguments[0])
				man_text(verb->arguments, out);
		}
	}
}

static void man_commands(FILE *out)
{
	fputs(".Bl -tag -width recover\n", out);
	for (size_t i = 0; commands[i]; i++) {
		fprintf(out, ".It Cm %s\n", commands[i]->name);
		man_text(commands[i]->about, out);
	}
	fputs(".El\n", out);
}

static void man_verbs(FILE *out)
{
	for (size_t i = 0; commands[i]; i++) {
		const struct verb *verb = commands[i]->verbs;

		if (!verb)
			continue;
		fputs(".Bl -tag -width acknowledge\n", out);
		for (; verb->name; verb++) {
			char text[400];

			snprintf(text, sizeof(text), "%s.", verb->help);
			fprintf(out, ".It Cm %s\n", verb->name);
			man_text(text, out);
		}
		fputs(".El\n", out);
	}
}

static void man_outcomes(const struct outcome *outcomes, FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (; outcomes->meaning; outcomes++) {
		char text[400];

		fprintf(out, ".It %d%s\n", outcomes->status, outcomes->status == STATUS_SIGNAL ? " + signal" : "");
		snprintf(text, sizeof(text), "%s.", outcomes->meaning);
		man_text(text, out);
	}
	fputs(".El\n", out);
}

static void man_status(FILE *out)
{
	man_outcomes(statuses, out);
	for (size_t i = 0; commands[i]; i++) {
		fprintf(out, ".Ss Of zapbench %s\n", commands[i]->name);
		man_outcomes(commands[i]->outcomes, out);
	}
}

static void man_cases(FILE *out)
{
	man_values(&values_cases, out);
}

static void man_sources(FILE *out)
{
	man_values(&values_sources, out);
}

static void man_policies(FILE *out)
{
	man_values(&values_policies, out);
}

static void man_granularities(FILE *out)
{
	man_values(&values_granularities, out);
}

static void man_parameters(FILE *out)
{
	man_values(&values_params, out);
}

static void man_formats(FILE *out)
{
	for (const struct flag *flag = command_export.flags; flag->name; flag++) {
		if (flag->explain)
			man_values(flag->values, out);
	}
}

int print_man(const char *part, FILE *out)
{
	static const struct {
		const char *name;
		void (*print)(FILE *out);
	} parts[] = {
		{ "synopsis", man_synopsis },     { "commands", man_commands }, { "cases", man_cases },
		{ "sources", man_sources },       { "policies", man_policies }, { "granularities", man_granularities },
		{ "parameters", man_parameters }, { "options", man_options },   { "history", man_verbs },
		{ "formats", man_formats },       { "status", man_status },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcmp(parts[i].name, part))
			continue;
		parts[i].print(out);
		return STATUS_OK;
	}
	return complain(STATUS_USAGE, "__man: unknown part '%s'", part);
}

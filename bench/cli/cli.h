/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands share: exit statuses, tables of options, the one place that prints errors, and helpers that parse.
 * Each command is one file in this folder, one struct command, and one line in COMMANDS below. From its tables come
 * --help, the generated parts of the man page (zapbench __man) and the shell completion (zapbench __complete).
 */
#ifndef ZAPBENCH_CLI_H
#define ZAPBENCH_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/base/why.h"

/*
 * All exit statuses; statuses[] says what each means, and the table of a command what it means there. Commands that
 * look for regressions fail with STATUS_BROKEN, so that no failure looks like a regression.
 */
enum status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_REGRESSION = 1,
	STATUS_USAGE = 2,
	STATUS_INVALID = 3,
	STATUS_NOTHING = 3,
	STATUS_BROKEN = 4,
	STATUS_GONE = 5,
	STATUS_SIGNAL = 128, /* plus the signal's number */
};

/* One value of an option or argument, and what it means. */
struct named_value {
	const char *name, *help;
	char choices[160]; /* "read, write"; empty: none */
};

/* The values of an option or argument, for completion and help. */
struct values {
	bool (*get)(size_t index, struct named_value *value); /* false after the last one; NULL: files */
	bool list;                                            /* an argument may hold several, separated by commas */
	bool assigned;     /* KEY=VALUE: the names are keys, and .choices their values */
	const char *files; /* "json json.gz": suffixes, separated by blanks; "": any file; NULL: folders only */
};

/* One option. */
struct flag {
	int id;
	const char *name;     /* without dashes; NULL after the last flag */
	const char *argument; /* "SECONDS"; NULL: takes none */
	const char *help;     /* one or two sentences */
	const char *preset;   /* the default, as --help shows it; NULL: none */
	const char *more;     /* what only the man page says; NULL: nothing */
	const char *heading;  /* --help begins a group with it; NULL: continues the group */
	const struct values *values;
	bool explain; /* --help and the man page list the values with their meaning */
};

/* A command of a command: zapbench history add. */
struct verb {
	const char *name;      /* NULL after the last verb */
	const char *arguments; /* "RUN [CONFIGURATION]"; "": none */
	const char *help;
	int least, most;   /* arguments */
	const char *flags; /* the ids that it takes */
	const struct values *values;
	int (*run)(void *job, char **argument, int count, struct why *why);
};

struct outcome {
	int status;
	const char *meaning; /* NULL after the last outcome */
};

struct command {
	const char *name, *summary;
	const char *const *usage; /* what follows the name, a line each; NULL after the last line */
	const char *about;
	const struct flag *flags; /* without --help, which every command has */
	const struct verb *verbs; /* or NULL */
	const struct values *arguments;
	const char *notes; /* after the options; or NULL */
	const struct outcome *outcomes;
	int failure;          /* its status when it fails: STATUS_FAILED or STATUS_BROKEN */
	const char *examples; /* one per line */
	int (*run)(int argc, char **argv);
};

/* In the order of zapbench --help. */
#define COMMANDS(X) \
	X(run)      \
	X(list)     \
	X(info) X(identify) X(observe) X(compare) X(ab) X(model) X(report) X(explain) X(export) X(history) X(recover)
#define COMMAND_DECLARE(name) extern const struct command command_##name;
COMMANDS(COMMAND_DECLARE)
extern const struct command *const commands[]; /* NULL-terminated */
extern const struct outcome statuses[];        /* of all commands */

/* ---- errors: lines on standard error; bytes of a file that a terminal must not get become '?' ---- */

/* "zapbench: TEXT". Return: @status, for `return complain(...)`. */
int complain(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The reason of @why, or the text of the negative errno @err where there is none, and a line with its fix. */
int complain_why(int status, int err, const struct why *why);
/*
 * The status for a file that could not be read, with the negative errno @err: STATUS_USAGE for one that is not there or
 * is no result, so that all commands end alike; else @failure.
 */
int unread_status(int err, int failure);
/* "zapbench: COMMAND TEXT; try zapbench COMMAND --help". Return: STATUS_USAGE. */
int complain_usage(const struct command *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Let @handler take the signals that stop a program: SIGINT, SIGTERM, SIGHUP. Those that the caller ignores stay
 * ignored, as nohup wants it.
 */
void catch_stops(void (*handler)(int));

/* ---- options ---- */

/* Called per option with its flag's id. 0, or -EINVAL or -ENOMEM with @why. */
typedef int take_fn(void *arg, int id, char *value, struct why *why);

/**
 * parse_flags() - parse a command's options by its table
 * @command: whose --help it prints
 * @take: called per option, in order
 * @arg: handed to @take
 *
 * Arguments begin at argv[optind] afterwards. Return: -1 to go on, or the exit status of the program: help was printed,
 * or an error.
 */
int parse_flags(const struct command *command, int argc, char **argv, take_fn *take, void *arg);

/* A number from @least to @most; whole; or a size such as 4M too. 0 or -EINVAL with @why. */
int take_number(const char *option, const char *text, double least, double most, double *value, struct why *why);
int take_whole(const char *option, const char *text, double least, double most, double *value, struct why *why);
int take_size(const char *option, const char *text, double least, double most, double *value, struct why *why);
/* Split at commas in place and append to the NULL-terminated @list with room for @max names. */
int take_list(const char *option, char *text, const char **list, size_t max, struct why *why);
/* Which of the NULL-terminated @names @text is. */
int take_choice(const char *option, const char *text, const char *const *names, unsigned int *chosen, struct why *why);

/*
 * The path that the user means by a results file, a folder of them or a journal: that path where it exists, else the
 * same name below runs/, where results are since 0.2.0, else @argument. @path has room for @size bytes.
 * Return: @argument or @path.
 */
const char *result_path(const char *argument, char *path, size_t size);

/* The columns of a line on standard output: the terminal's, at least 60, at most 200; @otherwise where it is none. */
size_t output_columns(size_t otherwise);

/* ---- what is made of the tables ---- */

void print_help(const struct command *command, FILE *out);
void print_outcomes(const struct outcome *outcomes, FILE *out);
/* zapbench __man PART: a generated part of the man page. Return: exit status. */
int print_man(const char *part, FILE *out);
/* zapbench __complete WORD...: candidates for the last word, one per line. Return: exit status. */
int complete(int count, char **words, FILE *out);

/* zapbench __model-counts COUNTS RECORD: add the plugin's counts to the record, print its table. Exit status. */
int add_model_counts(const char *counts, const char *path);

/* Values that several commands take. */
extern const struct values values_cases, values_sources, values_policies, values_granularities, values_params;
extern const struct values values_results, values_journals, values_files, values_folders;

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/base/text.h"

#define COMMAND_POINTER(name) &command_##name,
const struct command *const commands[] = { COMMANDS(COMMAND_POINTER) NULL };

const struct outcome statuses[] = {
	{ STATUS_OK, "done; no regression" },
	{ STATUS_FAILED, "failed; compare, ab and history: a regression" },
	{ STATUS_USAGE, "wrong usage, or a file that is not a result or journal" },
	{ STATUS_INVALID, "run: some samples are invalid; recover: some lines are damaged; others: nothing to compare, "
			  "export or check" },
	{ STATUS_BROKEN, "compare, ab and history: failed" },
	{ STATUS_GONE, "history check: a configuration is no longer measured" },
	{ STATUS_SIGNAL, "interrupted by a signal" },
	{ 0, NULL },
};

/* ---- errors ---- */

static void print_error(const char *text)
{
	char plain[1200];

	fprintf(stderr, "zapbench: %s\n", plain_text(text, plain, sizeof(plain)));
}

int complain(int status, const char *fmt, ...)
{
	char text[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	print_error(text);
	return status;
}

int complain_why(int status, int err, const struct why *why)
{
	print_error(why->reason[0] ? why->reason : strerror(-err));
	if (why->remedy[0])
		complain(status, "fix: %s", why->remedy);
	return status;
}

int unread_status(int err, int failure)
{
	return err == -EINVAL || err == -ENOENT || err == -EISDIR ? STATUS_USAGE : failure;
}

int complain_usage(const struct command *command, const char *fmt, ...)
{
	char text[1000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return complain(STATUS_USAGE, "%s; try zapbench %s --help", text, command->name);
}

void catch_stops(void (*handler)(int))
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = handler }, before;

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		if (!sigaction(stops[i], NULL, &before) && before.sa_handler != SIG_IGN)
			sigaction(stops[i], &action, NULL);
	}
}

/* ---- results ---- */

/* "DIR/NAME" below runs/ of the same folder. */
static bool in_runs(const char *argument, char *path, size_t size)
{
	const char *slash = strrchr(argument, '/'), *name = slash ? slash + 1 : argument;
	int length = snprintf(path, size, "%.*sruns/%s", (int)(name - argument), argument, name);

	return length > 0 && (size_t)length < size && !access(path, F_OK);
}

/* A folder without results, whose runs/ has some: results/ itself. */
static bool has_runs(const char *argument, char *path, size_t size)
{
	glob_t found;
	bool none;

	snprintf(path, size, "%s/*.json*", argument);
	none = glob(path, 0, NULL, &found) == GLOB_NOMATCH;
	globfree(&found);
	if (!none || (size_t)snprintf(path, size, "%s%sruns", argument,
				      argument[0] && argument[strlen(argument) - 1] == '/' ? "" : "/") >= size)
		return false;
	return !access(path, F_OK);
}

const char *result_path(const char *argument, char *path, size_t size)
{
	struct stat status;

	if (!strcmp(argument, "-"))
		return argument;
	if (stat(argument, &status))
		return in_runs(argument, path, size) ? path : argument;
	return S_ISDIR(status.st_mode) && has_runs(argument, path, size) ? path : argument;
}

size_t output_columns(size_t otherwise)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return otherwise;
	return size.ws_col < 60 ? 60 : size.ws_col > 200 ? 200 : size.ws_col;
}

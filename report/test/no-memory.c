// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A command of zapbench without memory: its Nth allocation fails, alone ("one") or with all that follow ("rest"), for
 * many N. Arguments: the folder with the files of the command; how many N at most (0: all of them; =N: this one); one
 * or rest; which status a failure has; the command, as zapbench gets it. The command runs in a copy of the folder. Each
 * try must
 *
 *   - not crash, and end within 60 s
 *   - succeed with the very output and files of a try with memory, or fail with that status and say that it was memory
 *   - leave no more memory allocated than a try with memory
 *   - if it failed, succeed when it is repeated with memory, with the files of a try with memory: nothing is lost, and
 *     no half file is left
 *
 * Libraries that end the program themselves without memory, as GLib does, are in none of these processes: gnuplot and
 * the browser are programs of their own. The output is one line of TAP, and lines with # per try that broke a promise.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/cli/cli.h"

/* The allocator of the C library, under the names that it has for this. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

enum { SHOWN = 5, TRY_SECONDS = 60 };

static long fail_at; /* 0: none */
static bool fail_rest;
static bool fail_abort; /* NO_MEMORY_ABORT: for a look with gdb at who asks for it */
static struct count {
	long calls, live;
} * count; /* shared with the processes of tries */
static bool counting;

static bool refused(void)
{
	if (!counting)
		return false;
	count->calls++;
	if (!fail_at || (fail_rest ? count->calls < fail_at : count->calls != fail_at))
		return false;
	if (fail_abort)
		abort();
	errno = ENOMEM;
	return true;
}

static void *taken(void *memory)
{
	if (counting)
		count->live += memory != NULL;
	return memory;
}

void *malloc(size_t size)
{
	return refused() ? NULL : taken(__libc_malloc(size));
}

void *calloc(size_t number, size_t size)
{
	return refused() ? NULL : taken(__libc_calloc(number, size));
}

void *realloc(void *memory, size_t size)
{
	if (refused())
		return NULL;
	return memory ? __libc_realloc(memory, size) : taken(__libc_realloc(memory, size));
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size)
{
	return refused() ? NULL : taken(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	*memory = memalign(alignment, size);
	return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
	if (counting)
		count->live -= memory != NULL;
	__libc_free(memory);
}

static const struct command *command_of(const char *name)
{
	for (size_t i = 0; commands[i]; i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	fprintf(stderr, "no-memory: no command %s\n", name);
	exit(2);
}

static void shell(const char *line)
{
	if (system(line)) {
		fprintf(stderr, "no-memory: %s failed\n", line);
		exit(2);
	}
}

static void redirect(const char *name, int to)
{
	int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (file < 0 || dup2(file, to) < 0)
		_exit(99);
	close(file);
}

/* What main() does with it. Return: the status of the process. */
static int run(const char *folder, long at, int argc, char **argv)
{
	pid_t process;
	int status;

	fflush(stdout);
	*count = (struct count){ 0, 0 };
	process = fork();
	if (!process) {
		if (chdir(folder))
			_exit(99);
		redirect("../stdout", 1);
		redirect("../stderr", 2);
		alarm(TRY_SECONDS);
		fail_at = at;
		counting = true;
		status = command_of(argv[0])->run(argc, argv);
		counting = false;
		_exit(fclose(stdout) ? command_of(argv[0])->failure : status);
	}
	if (process < 0 || waitpid(process, &status, 0) != process)
		exit(2);
	return status;
}

static bool same(const char *what)
{
	char line[200];

	snprintf(line, sizeof(line), "diff -r -x 'index.db*' %s >difference 2>&1", what);
	return !system(line);
}

static bool has_memory(const char *name)
{
	char line[4096];
	FILE *file = fopen(name, "r");
	bool has = false;

	while (file && !has && fgets(line, sizeof(line), file))
		has = strcasestr(line, "memory") != NULL;
	if (file)
		fclose(file);
	return has;
}

static bool says_memory(void)
{
	return has_memory("first-stderr") || has_memory("stdout");
}

/* What is wrong with a try that ended with @status; NULL: nothing. */
static const char *judge(int status, int right, int failure, long live, int argc, char **argv)
{
	static char text[120];

	if (WIFSIGNALED(status)) {
		snprintf(text, sizeof(text), "ended by signal %d", WTERMSIG(status));
		return text;
	}
	if (count->live > live) {
		snprintf(text, sizeof(text), "leaks: %ld allocations are left, with memory %ld", count->live, live);
		return text;
	}
	if (WEXITSTATUS(status) == right && (right != failure || !says_memory()))
		return !same("right/ try/")                 ? "other files than with memory"
		       : !same("right-stdout stdout")       ? "another output than with memory"
		       : !same("right-stderr first-stderr") ? "another message than with memory"
							    : NULL;
	if (WEXITSTATUS(status) != failure) {
		snprintf(text, sizeof(text), "status %d", WEXITSTATUS(status));
		return text;
	}
	if (!says_memory())
		return "does not say that memory is missing";
	status = run("try", 0, argc, argv);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != right)
		return "cannot be repeated";
	return same("right/ try/") ? NULL : "other files when it is repeated";
}

/* Try the @at-th allocation. Return: whether all promises were kept. */
static bool try(const char *base, long at, int right, int failure, long live, int argc, char **argv)
{
	char line[300];
	const char *wrong;
	int status;

	snprintf(line, sizeof(line), "rm -rf try && cp -r '%s' try", base);
	shell(line);
	status = run("try", at, argc, argv);
	if (rename("stderr", "first-stderr"))
		exit(2);
	wrong = judge(status, right, failure, live, argc, argv);
	if (wrong) {
		printf("# allocation %ld: %s\n", at, wrong);
		fflush(stdout);
		if (system("head -n 4 first-stderr | sed 's/^/#   /'; head -n 4 difference 2>/dev/null | sed 's/^/#   "
			   "/'"))
			exit(2);
	}
	unlink("difference");
	return !wrong;
}

int main(int argc, char **argv)
{
	long calls, live, tries, bad = 0, done = 0;
	char line[300];
	int right;

	if (argc < 6) {
		fprintf(stderr, "usage: no-memory FOLDER TRIES one|rest STATUS COMMAND...\n");
		return 2;
	}
	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (count == MAP_FAILED)
		return 2;
	fail_rest = !strcmp(argv[3], "rest");
	fail_abort = getenv("NO_MEMORY_ABORT") != NULL;
	tries = argv[2][0] == '=' ? 1 : atol(argv[2]);
	snprintf(line, sizeof(line), "rm -rf right && cp -r '%s' right", argv[1]);
	shell(line);
	right = run("right", 0, argc - 5, argv + 5);
	calls = count->calls;
	live = count->live;
	shell("mv stdout right-stdout && mv stderr right-stderr");
	if (!WIFEXITED(right) || calls < 1)
		return 2;
	right = WEXITSTATUS(right);
	/* Spread over all calls, the first and the last included. */
	for (long i = 0; bad < SHOWN && i < (tries && tries < calls ? tries : calls); i++) {
		long at = tries && tries < calls ? 1 + (calls - 1) * i / (tries > 1 ? tries - 1 : 1) : i + 1;

		if (argv[2][0] == '=')
			at = atol(argv[2] + 1);
		bad += !try(argv[1], at, right, atoi(argv[4]), live, argc - 5, argv + 5);
		done++;
	}
	printf("%sok - %s fails of %ld allocations, %ld tries:", bad ? "not " : "", fail_rest ? "the rest" : "one",
	       calls, done);
	for (int i = 5; i < argc; i++)
		printf(" %s", argv[i]);
	printf("\n");
	return bad != 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cache maintenance by userspace. An instruction for a line that may not be read faults, as a load does. So pages that
 * may not be read show which lines the loop reaches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure/maintain.h"

static const enum maintain_by kinds[] = { MAINTAIN_CLEAN, MAINTAIN_FLUSH };

/* NULL: this CPU has no such instruction; the test is skipped where it has neither. */
static const struct maintain *find(enum maintain_by kind)
{
	static struct maintain found;
	struct why why = { "", "" };
	int err = maintain_find(kind, &found, &why);

	assert_true(!err || (err == -EOPNOTSUPP && *why.reason));
	return err ? NULL : &found;
}

/* Does the loop over [@address, @address + @bytes) meet a page that may not be read? */
static bool meets(const struct maintain *maintain, const char *address, size_t bytes)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		signal(SIGSEGV, SIG_DFL);
		maintain->run(address, bytes, maintain->line_bytes);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) || WTERMSIG(status) == SIGSEGV);
	return WIFSIGNALED(status);
}

static void the_loop_reaches_the_range_and_no_more(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), ran = 0;
	char *memory = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *middle = memory + page;

	(void)state;
	assert_true(memory != MAP_FAILED);
	memset(memory, 1, 3 * page);
	assert_int_equal(mprotect(memory, page, PROT_NONE), 0);
	assert_int_equal(mprotect(memory + 2 * page, page, PROT_NONE), 0);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct maintain *maintain = find(kinds[i]);

		if (!maintain)
			continue;
		ran++;
		assert_true(maintain->line_bytes >= 16 && maintain->line_bytes <= page);
		assert_false(meets(maintain, middle, page));
		assert_false(meets(maintain, middle + 1, page - 1));
		assert_false(meets(maintain, middle, 0));
		/* One byte of the next page: also where the range does not begin at a line. */
		assert_true(meets(maintain, middle, page + 1));
		assert_true(meets(maintain, middle + page - 1, 2));
		assert_true(meets(maintain, middle - 1, 1));
	}
	munmap(memory, 3 * page);
	if (!ran)
		skip();
}

static void no_byte_changes(void **state)
{
	enum { BYTES = 1 << 20 };
	unsigned char *memory = malloc(BYTES);

	(void)state;
	assert_non_null(memory);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct maintain *maintain = find(kinds[i]);

		for (size_t at = 0; at < BYTES; at++)
			memory[at] = (unsigned char)(at * 7 + i);
		if (maintain)
			maintain->run((char *)memory, BYTES, maintain->line_bytes);
		for (size_t at = 0; at < BYTES; at++)
			assert_int_equal(memory[at], (unsigned char)(at * 7 + i));
	}
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_loop_reaches_the_range_and_no_more),
		cmocka_unit_test(no_byte_changes),
	};

	return cmocka_run_group_tests_name("maintain", tests, NULL, NULL);
}

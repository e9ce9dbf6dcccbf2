// SPDX-License-Identifier: GPL-2.0-or-later
/* A text in memory: whole, or an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/base/json-memory.h"
#include "bench/base/memory.h"

static void a_text_is_whole(void **state)
{
	struct memory_text text;
	FILE *stream = memory_open(&text);

	(void)state;
	assert_non_null(stream);
	assert_int_equal(memory_close(stream), 0);
	assert_string_equal(text.data, "");
	free(text.data);

	stream = memory_open(&text);
	assert_non_null(stream);
	for (int i = 0; i < 100000; i++)
		fprintf(stream, "%d\n", i % 10);
	assert_int_equal(memory_close(stream), 0);
	assert_int_equal(text.size, 200000);
	assert_int_equal(strlen(text.data), 200000);
	assert_string_equal(text.data + 199996, "8\n9\n");
	free(text.data);
	assert_int_equal(memory_close(NULL), -ENOMEM);
}

/* In the middle memory ends, and is there again: open_memstream() loses that part, and calls it a success. */
static void a_text_that_lost_a_part_is_an_error(void **state)
{
	static char block[1 << 20];
	struct memory_text text;
	struct rlimit limit, little;
	FILE *stream;

	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	skip(); /* its shadow needs more than any limit */
#endif
	stream = memory_open(&text);
	assert_non_null(stream);
	memset(block, 'x', sizeof(block));
	assert_int_equal(fwrite(block, 1, sizeof(block), stream), sizeof(block));
	assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
	little = (struct rlimit){ 1 << 20, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_AS, &little), 0);
	for (int i = 0; i < 4; i++)
		fwrite(block, 1, sizeof(block), stream);
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	fputs("end", stream);
	assert_int_equal(memory_close(stream), -ENOMEM);
	free(text.data);
}

/* Jansson may call a reading a success that lacked memory on its way. */
static void a_reading_that_lacked_memory_has_no_result(void **state)
{
	static char block[8 << 20];
	struct rlimit limit, little;
	char *text;

	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	skip(); /* its shadow needs more than any limit */
#endif
	memset(block, 'x', sizeof(block));
	json_watch_reading();
	assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
	little = (struct rlimit){ 1 << 20, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_AS, &little), 0);
	assert_null(json_stringn(block, sizeof(block)));
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	assert_null(json_whole(json_object()));

	json_watch_reading();
	text = json_dumps(json_null(), JSON_ENCODE_ANY);
	assert_string_equal(text, "null");
	free(text);
	assert_ptr_equal(json_whole(json_null()), json_null());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_whole),
		cmocka_unit_test(a_text_that_lost_a_part_is_an_error),
		cmocka_unit_test(a_reading_that_lacked_memory_has_no_result),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/base/params.h"

static void sizes_are_powers_of_1024(void **state)
{
	double bytes;

	(void)state;
	assert_int_equal(size_parse("4096", &bytes), 0);
	assert_true(bytes == 4096);
	assert_int_equal(size_parse("4K", &bytes), 0);
	assert_true(bytes == 4096);
	assert_int_equal(size_parse("4m", &bytes), 0);
	assert_true(bytes == 4 << 20);
	assert_int_equal(size_parse("2GiB", &bytes), 0);
	assert_true(bytes == ldexp(1, 31));
	assert_int_equal(size_parse("1T", &bytes), 0);
	assert_true(bytes == ldexp(1, 40));
}

static void nonsense_is_no_size(void **state)
{
	static const char *const wrong[] = {
		"",       "-1",   " 4K", "4KB", "4 K", "K", "4Q", "0x1000", "1e6", "4.5M", "99999999999999999999",
		"16384T", "4KiBs"
	};
	double bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(size_parse(wrong[i], &bytes), -EINVAL);
}

static void sizes_read_back(void **state)
{
	static const double sizes[] = { 1, 4096, 65536, 4 << 20, 6144, 3145728, 1ull << 40 };
	char text[32];
	double bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_format(sizes[i], text, sizeof(text));
		assert_int_equal(size_parse(text, &bytes), 0);
		assert_true(bytes == sizes[i]);
	}
	size_format(4 << 20, text, sizeof(text));
	assert_string_equal(text, "4M");
	size_format(6144, text, sizeof(text));
	assert_string_equal(text, "6K");
}

static void a_sweep_takes_lists(void **state)
{
	struct sweep sweep = { 0 };
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(sweep_parse(&sweep, "size=1M,4M,32M", &why), 0);
	assert_int_equal(sweep.count[PARAM_SIZE], 3);
	assert_true(sweep.value[PARAM_SIZE][2] == 32 << 20);
	assert_int_equal(sweep_parse(&sweep, "access=write,read", &why), 0);
	assert_true(sweep.value[PARAM_ACCESS][0] == ACCESS_WRITE);
	assert_true(sweep.value[PARAM_ACCESS][1] == ACCESS_READ);
	assert_int_equal(sweep_parse(&sweep, "touched=0.015625", &why), 0);
	assert_true(sweep.value[PARAM_TOUCHED][0] == 0.015625);
	/* said again, it is replaced, not lengthened */
	assert_int_equal(sweep_parse(&sweep, "size=8M", &why), 0);
	assert_int_equal(sweep.count[PARAM_SIZE], 1);
}

static void wrong_sweeps_say_what_was_meant(void **state)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{ "size", "expected key=value[,value...], found 'size'" },
		{ "sise=4M", "unknown parameter 'sise'; did you mean 'size'?" },
		{ "acess=read", "did you mean 'access'?" },
		{ "colour=red", "unknown parameter 'colour'" },
		{ "access=wirte", "access: unknown value 'wirte'; did you mean 'write'? Known: read, write" },
		{ "policy=egaer", "did you mean 'eager'?" },
		{ "size=4097", "not a whole number of pages" },
		{ "size=0", "expected a whole number from 1 to 64T, found '0'" },
		{ "size=-4M", "found '-4M'" },
		{ "touched=0", "expected a number above 0 and at most 1, found '0'" },
		{ "touched=1.5", "found '1.5'" },
		{ "touched=nan", "found 'nan'" },
		{ "maps=65", "expected a whole number from 1 to 64, found '65'" },
		{ "maps=", "found ''" },
		{ "maps=1,,2", "found ''" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct sweep sweep = { 0 };
		struct why why = { "", "" };

		assert_int_equal(sweep_parse(&sweep, wrong[i].text, &why), -EINVAL);
		if (!strstr(why.reason, wrong[i].says))
			fail_msg("'%s' gave '%s', expected '%s'", wrong[i].text, why.reason, wrong[i].says);
	}
}

static void a_sweep_has_an_end(void **state)
{
	char text[400] = "maps=1";
	struct sweep sweep = { 0 };
	struct why why = { "", "" };

	(void)state;
	for (int i = 0; i < SWEEP_MAX - 1; i++)
		strcat(text, ",1");
	assert_int_equal(sweep_parse(&sweep, text, &why), 0);
	strcat(text, ",1");
	assert_int_equal(sweep_parse(&sweep, text, &why), -EINVAL);
}

static void nearest_names(void **state)
{
	static const char *const names[] = { "memfd", "udmabuf", "dma-heap", NULL };

	(void)state;
	assert_string_equal(nearest_name("memdf", names), "memfd");
	assert_string_equal(nearest_name("udambuf", names), "udmabuf");
	assert_string_equal(nearest_name("dmaheap", names), "dma-heap");
	assert_null(nearest_name("ashmem", names));
	assert_null(nearest_name("", names));
	assert_null(nearest_name("a-name-that-is-far-longer-than-any-name-there-is-in-here", names));
}

static void every_parameter_is_described(void **state)
{
	(void)state;
	for (enum param i = 0; i < NR_PARAMS; i++) {
		struct sweep sweep = { 0 };
		struct why why = { "", "" };
		char text[128], value[64];

		assert_non_null(param_key(i));
		assert_non_null(param_help(i));
		/* what is shown of a default is what a user could have written */
		param_format(i, param_default(i), value, sizeof(value));
		snprintf(text, sizeof(text), "%s=%s", param_key(i), value);
		assert_int_equal(sweep_parse(&sweep, text, &why), 0);
		assert_true(sweep.value[i][0] == param_default(i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_powers_of_1024),
		cmocka_unit_test(nonsense_is_no_size),
		cmocka_unit_test(sizes_read_back),
		cmocka_unit_test(a_sweep_takes_lists),
		cmocka_unit_test(wrong_sweeps_say_what_was_meant),
		cmocka_unit_test(a_sweep_has_an_end),
		cmocka_unit_test(nearest_names),
		cmocka_unit_test(every_parameter_is_described),
	};

	return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* What is left out on a kernel without transparent huge pages, by its /sys: one line per configuration says why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/measure/environment-survey.h"
#include "bench/run/plan.h"
#include "bench/source/source.h"

/* The folders of this machine's /sys. */
static bool has_mm, has_huge_pages;

/* What the program calls in place of the C library's. */
int access(const char *path, int mode)
{
	bool there;

	if (!strcmp(path, THP_DIR))
		there = has_huge_pages;
	else if (!strcmp(path, "/sys/kernel/mm"))
		there = has_mm;
	else
		return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
	errno = there ? 0 : ENOENT;
	return there ? 0 : -1;
}

static void planned(const char *granularities, struct plan *plan, struct why *why, int expected)
{
	const char *cases[] = { "refault", NULL }, *memfd[] = { "memfd", NULL };
	struct request request = { .cases = cases, .sources = memfd };

	*why = (struct why){ "", "" };
	assert_int_equal(sweep_parse(&request.set, "policy=eager", why), 0);
	assert_int_equal(sweep_parse(&request.set, "timing=batch", why), 0);
	assert_int_equal(sweep_parse(&request.set, "access=write", why), 0);
	assert_int_equal(sweep_parse(&request.set, granularities, why), 0);
	request.set.count[PARAM_SIZE] = 1;
	request.set.value[PARAM_SIZE][0] = (double)pmd_bytes();
	assert_int_equal(plan_make(&request, plan, why), expected);
}

static void huge_is_left_out_and_the_rest_is_measured(void **state)
{
	struct plan plan;
	struct why why;

	(void)state;
	has_mm = true;
	has_huge_pages = false;
	planned("granularity=page,huge", &plan, &why, 0);
	assert_int_equal(plan.count, 1);
	assert_non_null(strstr(plan.config[0].name, "/page/"));
	assert_int_equal(plan.nr_skipped, 1);
	assert_non_null(strstr(plan.skipped[0].name, "/huge/"));
	assert_string_equal(plan.skipped[0].why.reason,
			    "this kernel has no transparent huge pages (CONFIG_TRANSPARENT_HUGEPAGE)");
	assert_non_null(strstr(plan.skipped[0].why.remedy, "hugetlb"));
	plan_free(&plan);
	/* Alone: nothing is left, for that reason. */
	planned("granularity=huge", &plan, &why, -ENOENT);
	assert_non_null(strstr(why.reason, "no transparent huge pages"));
	assert_null(strchr(why.reason, '\n'));
}

/* Where /sys is not mounted, as in some containers, nobody knows: it is tried. */
static void huge_is_tried_elsewhere(void **state)
{
	struct plan plan;
	struct why why;

	(void)state;
	for (int there = 0; there < 2; there++) {
		has_mm = has_huge_pages = there;
		planned("granularity=huge", &plan, &why, 0);
		assert_int_equal(plan.count, 1);
		plan_free(&plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(huge_is_left_out_and_the_rest_is_measured),
		cmocka_unit_test(huge_is_tried_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

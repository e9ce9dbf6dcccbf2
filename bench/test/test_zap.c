// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the case zap says that it zapped, against the present bits of /proc/self/pagemap, which this test reads by
 * itself around every zap.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/case/case.h"
#include "bench/run/plan.h"
#include "bench/source/mappings.h"

#define PRESENT (UINT64_C(1) << 63) /* Documentation/admin-guide/mm/pagemap.rst */

static int64_t before, after, zaps; /* pages that were present, summed over the zaps and mappings */

static int64_t present(const char *address, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), count = bytes / page;
	uint64_t *entry = calloc(count, sizeof(*entry));
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	int64_t sum = 0;

	assert_non_null(entry);
	assert_true(pagemap >= 0);
	assert_int_equal(
		pread(pagemap, entry, count * sizeof(*entry), (off_t)((uintptr_t)address / page * sizeof(*entry))),
		count * sizeof(*entry));
	for (size_t i = 0; i < count; i++)
		sum += (entry[i] & PRESENT) != 0;
	close(pagemap);
	free(entry);
	return sum;
}

static int64_t present_in_all(const struct buffer *buffer)
{
	int64_t sum = 0;

	for (size_t i = 0; i < buffer->params->value[PARAM_MAPS]; i++)
		sum += present(mappings_address(buffer, i), buffer->bytes);
	return sum;
}

static int watched_step(struct buffer *buffer, enum step step)
{
	int err;

	if (step == STEP_ZAP)
		before += present_in_all(buffer);
	err = source_memfd.step(buffer, step);
	if (step == STEP_ZAP) {
		after += present_in_all(buffer);
		zaps++;
	}
	return err;
}

/* One sample of the case under @set, on a memfd whose zaps are watched. */
static void run_zap(const struct config *config, struct source *watched, struct sample *sample)
{
	char *place = mmap(NULL, UINT64_C(1) << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t aligned = ((uintptr_t)place + (UINT64_C(1) << 25)) & ~((UINT64_C(1) << 25) - 1);
	struct buffer buffer;
	struct context context = { .buffer = &buffer, .params = &config->params, .repetitions = 3, .sample = sample };
	struct why why = { "", "" };
	struct clock clock;

	assert_true(place != MAP_FAILED);
	munmap(place, UINT64_C(1) << 30);
	clock_choose("", &clock);
	context.clock = &clock;
	buffer = (struct buffer){ .source = watched,
				  .instance = "",
				  .params = &config->params,
				  .clock = &clock,
				  .bytes = params_bytes(&config->params) };
	assert_int_equal(touch_list_make(&context.pages, context.params, 1, &why), 0);
	assert_int_equal(touch_list_all(&context.all, context.params, &why), 0);
	assert_int_equal(watched->open(&buffer, (char *)aligned, &why), 0);
	memset(sample, 0, sizeof(*sample));
	before = after = zaps = 0;
	assert_int_equal(case_zap.run(&context), 0);
	watched->close(&buffer);
	touch_list_free(&context.pages);
	touch_list_free(&context.all);
}

static void zapped_pages_are_those_that_were_present(void **state)
{
	static const char *const sets[] = { "policy=eager",      "granularity=page,around",
					    "access=write,read", "size=256K,1060K",
					    "maps=1,3",          "owners=self" };
	const char *cases[] = { "zap", NULL }, *sources_wanted[] = { "memfd", NULL };
	struct request request = { .cases = cases, .sources = sources_wanted };
	struct source watched = source_memfd;
	struct why why = { "", "" };
	struct plan plan;

	(void)state;
	watched.step = watched_step;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		char set[64];

		strcpy(set, sets[i]);
		assert_int_equal(sweep_parse(&request.set, set, &why), 0);
	}
	assert_int_equal(plan_make(&request, &plan, &why), 0);
	assert_true(plan.count >= 8);
	for (size_t i = 0; i < plan.count; i++) {
		struct sample sample;

		run_zap(&plan.config[i], &watched, &sample);
		assert_int_equal(zaps, 3);
		assert_true(sample.operations > 0);
		assert_int_equal(before, sample.operations);
		assert_int_equal(after, 0);
	}
	plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zapped_pages_are_those_that_were_present),
	};

	return cmocka_run_group_tests_name("zap", tests, NULL, NULL);
}

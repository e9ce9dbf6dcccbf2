// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of policies is complete, and a policy that a source does not know is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/base/params.h"
#include "bench/base/policy.h"
#include "bench/source/player.h"

static void every_policy_is_described(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NR_POLICIES; i++) {
		const struct policy_row *row = policy_row(i);

		assert_non_null(row->name);
		assert_non_null(row->meaning);
		assert_int_not_equal(row->zaps, ZAP_UNKNOWN);
		assert_int_not_equal(row->memory, MEMORY_ANY);
		assert_int_not_equal(row->device_turn, MEMORY_ANY);
		assert_ptr_equal(policy_find(row->name), row);
		assert_string_equal(param_choice(PARAM_POLICY, i), row->name);
		/* A policy that zaps is nothing without the zap. */
		assert_true(row->zaps == ZAP_NEVER || row->needs & POLICY_PART_ZAP);
	}
	assert_null(policy_row(NR_POLICIES));
	assert_null(policy_find("eager+lazy"));
	assert_null(param_choice(PARAM_POLICY, NR_POLICIES));
}

/* What README and man page promise of each; the plan, the model and the report follow the table. */
static void policies_zap_when_they_promise(void **state)
{
	(void)state;
	assert_int_equal(policy_row(POLICY_EAGER)->zaps, ZAP_AT_FIRST_MAP);
	assert_int_equal(policy_row(POLICY_LAZY)->zaps, ZAP_AT_WRITE_END);
	assert_int_equal(policy_row(POLICY_CACHED)->zaps, ZAP_NEVER);
	assert_int_equal(policy_row(POLICY_UNCACHED)->zaps, ZAP_NEVER);
	assert_int_equal(policy_row(POLICY_REFUSE)->zaps, ZAP_NEVER);
}

static void every_granularity_is_described(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NR_GRANULARITIES; i++) {
		assert_non_null(granularity_table[i].meaning);
		assert_int_equal(granularity_find(granularity_table[i].name), i);
		assert_string_equal(param_choice(PARAM_GRANULARITY, i), granularity_table[i].name);
	}
	assert_int_equal(granularity_find("half"), NR_GRANULARITIES);
}

static int supports(unsigned int policy, unsigned int parts, struct why *why)
{
	struct params params;

	for (enum param i = 0; i < NR_PARAMS; i++)
		params.value[i] = param_default(i);
	params.value[PARAM_POLICY] = policy;
	*why = (struct why){ "", "" };
	return player_supports(&params, parts, why);
}

static void userspace_refuses_what_it_cannot_carry_out(void **state)
{
	struct why why;

	(void)state;
	assert_int_equal(supports(POLICY_EAGER, POLICY_PART_ZAP, &why), 0);
	assert_int_equal(supports(POLICY_LAZY, POLICY_PART_ZAP, &why), 0);
	assert_int_equal(supports(POLICY_CACHED, 0, &why), 0);
	assert_int_equal(supports(POLICY_EAGER, 0, &why), -EOPNOTSUPP);
	assert_string_equal(why.reason, "userspace cannot imitate policy eager: this memory has no zap");
	assert_int_equal(supports(POLICY_UNCACHED, POLICY_PART_ZAP | POLICY_PART_MAINTENANCE, &why), -EOPNOTSUPP);
	assert_non_null(strstr(why.remedy, "or load its modules"));
	assert_int_equal(supports(POLICY_REFUSE, POLICY_PART_ZAP | POLICY_PART_MAINTENANCE, &why), -EOPNOTSUPP);
	assert_string_equal(why.reason, "userspace cannot imitate policy refuse: this memory has no "
					"write-combined attributes");
	/* The modules have no policy refuse. */
	assert_null(strstr(why.remedy, "modules"));
	/* A policy that is added to the table and to no source is refused. It is not taken for one that never zaps. */
	assert_int_equal(supports(NR_POLICIES, POLICY_PARTS_ALL, &why), -EOPNOTSUPP);
}

static void parts_are_said_in_words(void **state)
{
	char text[200];

	(void)state;
	policy_parts_words(POLICY_PARTS_ALL & ~POLICY_PART_ZAP, text, sizeof(text));
	assert_string_equal(
		text, "write-combined attributes, cache maintenance, mapping by a device, memory type (its driver "
		      "chose it: see zapbench identify)");
	policy_parts_words(0, text, sizeof(text));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_policy_is_described),
		cmocka_unit_test(policies_zap_when_they_promise),
		cmocka_unit_test(every_granularity_is_described),
		cmocka_unit_test(userspace_refuses_what_it_cannot_carry_out),
		cmocka_unit_test(parts_are_said_in_words),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}

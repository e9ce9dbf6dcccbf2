// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cli/cli.h"
#include "bench/run/plan.h"

static void list_cases(void)
{
	puts("cases");
	for (size_t i = 0; benches[i]; i++) {
		printf("  %-18s%s\n", benches[i]->name, benches[i]->summary);
		printf("  %-18s  parameters:", "");
		for (enum param j = 0; j < NR_PARAMS; j++) {
			if (benches[i]->uses & PARAM_BIT(j))
				printf(" %s", param_key(j));
		}
		putchar('\n');
	}
}

static void list_sources(void)
{
	puts("\nsources");
	for (size_t i = 0; sources[i]; i++) {
		char instances[16][INSTANCE_MAX], missing[200];
		struct why why = { "", "" };

		printf("  %-18s%s\n", sources[i]->name, sources[i]->summary);
		if (sources[i]->probe(&why)) {
			printf("  %-18s  not here: %s\n", "", why.reason);
			if (why.remedy[0])
				printf("  %-18s  fix: %s\n", "", why.remedy);
			continue;
		}
		if (sources[i]->instances) {
			size_t count = sources[i]->instances(instances, 16);

			for (size_t j = 0; j < count; j++)
				printf("  %-18s  --source %s:%s\n", "", sources[i]->name, instances[j]);
		}
		if (sources[i]->played_by_user[0])
			printf("  %-18s  imitated by userspace: %s\n", "", sources[i]->played_by_user);
		policy_parts_words(POLICY_PARTS_ALL & ~sources[i]->parts, missing, sizeof(missing));
		if (missing[0])
			printf("  %-18s  NOT measured: %s\n", "", missing);
	}
}

static void print_calls(const struct config *config)
{
	unsigned int access = params_choice(&config->params, PARAM_ACCESS);

	printf("    %-12s %-7s %-6s %s\n", config->policy,
	       param_choice(PARAM_GRANULARITY, params_choice(&config->params, PARAM_GRANULARITY)),
	       param_choice(PARAM_ACCESS, access), config->calls[0] ? config->calls : "no call");
}

/* Reasons once each: many combinations share one. */
static void print_skipped(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nr_skipped; i++) {
		bool told = false;

		for (size_t j = 0; j < i && !told; j++)
			told = !strcmp(plan->skipped[i].why.reason, plan->skipped[j].why.reason);
		if (told)
			continue;
		printf("    not here: %s\n", plan->skipped[i].why.reason);
		if (plan->skipped[i].why.remedy[0])
			printf("              fix: %s\n", plan->skipped[i].why.remedy);
	}
}

/* The first @count values of a choice. */
static void sweep_first(const struct bench *bench, struct sweep *sweep, enum param param, size_t count)
{
	/* A parameter that the case does not use is refused. */
	if (!(bench->uses & PARAM_BIT(param)))
		return;
	sweep->count[param] = count;
	for (size_t i = 0; i < count; i++)
		sweep->value[param][i] = (double)i;
}

static int list_case(const struct bench *bench, const struct source *source)
{
	const char *cases[] = { bench->name, NULL }, *names[] = { source->name, NULL };
	struct request request = { .cases = cases, .sources = names };
	struct why why = { "", "" };
	struct plan plan;
	int err;

	for (enum param i = 0; i < NR_PARAMS; i++) {
		if (bench->uses & PARAM_BIT(i)) {
			request.set.count[i] = 1;
			request.set.value[i][0] = param_default(i);
		}
	}
	sweep_first(bench, &request.set, PARAM_POLICY, NR_POLICIES);
	sweep_first(bench, &request.set, PARAM_GRANULARITY, GRANULARITY_NONE);
	sweep_first(bench, &request.set, PARAM_ACCESS, ACCESS_BOTH);
	err = plan_make(&request, &plan, &why);
	printf("\n  %s on %s\n", bench->name, source->name);
	if (err) {
		printf("    not here: %s\n", why.reason);
		return err == -ENOMEM ? complain_why(STATUS_FAILED, err, &why) : 0;
	}
	for (size_t i = 0; i < plan.count; i++)
		print_calls(&plan.config[i]);
	print_skipped(&plan);
	plan_free(&plan);
	return 0;
}

/* What the words mean: one line each. */
static void list_meanings(void)
{
	puts("\npolicies");
	for (size_t i = 0; i < NR_POLICIES; i++)
		printf("  %-18s%s\n", policy_table[i].name, policy_table[i].meaning);
	puts("\ngranularities");
	for (size_t i = 0; i < NR_GRANULARITIES; i++)
		printf("  %-18s%s\n", granularity_table[i].name, granularity_table[i].meaning);
}

static int list_calls(void)
{
	int status = 0;

	puts("\nsystem calls, by case and source: policy, granularity, first access, calls");
	for (size_t i = 0; sources[i] && !status; i++) {
		if (sources[i]->probe(NULL))
			continue;
		for (size_t j = 0; benches[j] && !status; j++) {
			if (benches[j]->uses_source)
				status = list_case(benches[j], sources[i]);
		}
	}
	return status;
}

static const char *const usage[] = { "", NULL };

static const struct outcome outcomes[] = {
	{ STATUS_OK, "printed" },
	{ STATUS_FAILED, "failed" },
	{ STATUS_USAGE, "wrong usage" },
	{ 0, NULL },
};

static int run_list(int argc, char **argv)
{
	int status = parse_flags(&command_list, argc, argv, NULL, NULL);

	if (status >= 0)
		return status;
	if (optind < argc)
		return complain_usage(&command_list, "list takes no argument");
	list_cases();
	list_sources();
	list_meanings();
	return list_calls();
}

const struct command command_list = {
	.name = "list",
	.summary = "list cases, sources and policies, and what this machine can measure",
	.usage = usage,
	.about = "List cases, sources of memory, policies and granularities. For each case and source, show what this "
		 "machine can measure and by which system calls. For the rest, show the reason and a fix. Nothing is "
		 "measured.",
	.outcomes = outcomes,
	.failure = STATUS_FAILED,
	.run = run_list,
};

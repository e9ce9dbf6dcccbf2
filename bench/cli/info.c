// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "bench/cli/cli.h"
#include "bench/measure/clock.h"
#include "bench/measure/counters.h"
#include "bench/measure/environment.h"
#include "bench/measure/topology.h"
#include "bench/base/params.h"

static const char help[] = "usage: zapbench info [--cpu N]\n\n"
			   "This machine as a result would record it: what was found, what could not be read and\n"
			   "why, the clock, the events that can be counted, and the states that spoil figures with\n"
			   "the command that mends each. Nothing is changed.\n";

static void print_fact(const struct fact *fact)
{
	printf("  %-36s ", fact->key);
	switch (fact->value.kind) {
	case VALUE_BOOL:
		puts(fact->value.boolean ? "yes" : "no");
		break;
	case VALUE_INT:
		printf("%lld\n", (long long)fact->value.integer);
		break;
	case VALUE_REAL:
		printf("%.6g\n", fact->value.real);
		break;
	case VALUE_TEXT:
		puts(fact->value.text);
		break;
	case VALUE_MISSING:
		printf("not known: %s\n", fact->why_missing);
		break;
	}
}

static void print_facts(const struct facts *facts, const char *title)
{
	const char *group = "";

	if (title)
		puts(title);
	for (size_t i = 0; i < facts->count; i++) {
		if (!title && facts->item[i].group && strcmp(group, facts->item[i].group)) {
			group = facts->item[i].group;
			puts(group);
		}
		print_fact(&facts->item[i]);
	}
}

static int print_events(int cpu, struct why *why)
{
	struct counters *counters;
	size_t count = 0;
	int err;

	while (counters_own_events[count])
		count++;
	err = counters_open("", cpu, counters_own_events, count, &counters, why);
	if (err)
		return err;
	puts("events");
	for (size_t i = 0; i < count; i++) {
		const struct counter_event *event = counters_event(counters, i);

		if (event->open)
			printf("  %-36s counted by %s\n", event->name, event->pmu);
		else
			printf("  %-36s not counted: %s%s%s\n", event->name, event->why_not.reason,
			       event->why_not.remedy[0] ? "; remedy: " : "", event->why_not.remedy);
	}
	counters_close(counters);
	return 0;
}

static void print_warnings(const struct record *record)
{
	if (record->nr_warnings)
		puts("what spoils figures");
	for (size_t i = 0; i < record->nr_warnings; i++)
		printf("  %s\n    remedy: %s\n", record->warning[i].text, record->warning[i].remedy);
}

static int info(int wanted)
{
	struct record *record = record_new();
	struct topology *topology = NULL;
	struct why why = { "", "" };
	struct clock clock;
	char reason[256];
	int cpu, err;

	if (!record)
		return complain(STATUS_FAILED, &why);
	err = topology_open("", &topology, &why);
	if (err)
		goto out_free;
	err = cpu = topology_choose_cpu(topology, wanted, reason, sizeof(reason), &why);
	if (cpu < 0)
		goto out_close;
	printf("measuring on CPU %d: %s\n", cpu, reason);
	clock_choose("", &clock);
	err = environment_read("", cpu, &record->environment);
	if (!err)
		err = topology_facts(topology, &record->environment);
	if (!err)
		err = environment_warn(&record->environment, cpu, record);
	if (!err)
		err = clock_facts(&clock, &record->clock);
	if (err)
		goto out_close;
	print_facts(&record->environment, NULL);
	print_facts(&record->clock, "clock");
	err = print_events(cpu, &why);
	print_warnings(record);
out_close:
	topology_close(topology);
out_free:
	record_free(record);
	return err < 0 ? complain(err == -EINVAL ? STATUS_USAGE : STATUS_FAILED, &why) : STATUS_OK;
}

int command_info(int argc, char **argv)
{
	static const struct option options[] = {
		{ "cpu", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	double cpu = -1;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return STATUS_OK;
		}
		if (option != 'c' || number_parse(optarg, &cpu) || cpu < 0 || cpu > 1e6 || cpu != (int)cpu)
			return complain_usage("info");
	}
	if (optind < argc)
		return complain_usage("info");
	return info((int)cpu);
}

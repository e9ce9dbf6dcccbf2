// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cli/cli.h"
#include "bench/measure/clock.h"
#include "bench/measure/counters.h"
#include "bench/measure/environment.h"
#include "bench/measure/published.h"
#include "bench/measure/topology.h"
#include "bench/base/params.h"
#include "bench/base/text.h"

static void print_fact(const struct fact *fact)
{
	char text[32];

	printf("  %-36s ", fact->key);
	if (fact->value.kind == VALUE_MISSING)
		printf("unknown: %s\n", fact->why_missing);
	else
		puts(fact->value.kind == VALUE_TEXT ? fact->value.text : fact_format(fact, text, sizeof(text)));
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
			printf("  %-36s not counted: %s\n", event->name, why_line(&event->why_not).text);
	}
	counters_close(counters);
	return 0;
}

static void print_warnings(const struct record *record)
{
	if (record->nr_warnings)
		puts("what makes figures less reliable");
	for (size_t i = 0; i < record->nr_warnings; i++)
		printf("  %s\n    fix: %s\n", record->warning[i].text, record->warning[i].remedy);
}

static void print_speed(const char *name, double ghz, double read_ns, double copy_mb_s, const double *fault_ns,
			const char *note)
{
	char clock[32], read[32], copy[32], least[32], most[32], fault[80];

	figure_format(fault_ns[0], least, sizeof(least));
	figure_format(fault_ns[1], most, sizeof(most));
	snprintf(fault, sizeof(fault), "%s%s%s", least, fault_ns[1] > fault_ns[0] ? " to " : "",
		 fault_ns[1] > fault_ns[0] ? most : "");
	printf("  %-22s %5s %9s %9s %15s  %s\n", name, figure_format(ghz, clock, sizeof(clock)),
	       figure_format(read_ns, read, sizeof(read)), figure_format(copy_mb_s, copy, sizeof(copy)), fault, note);
}

/* Is this board as fast as others of its kind? */
static int print_published(const struct record *record, struct why *why)
{
	const struct fact *midr = facts_find(&record->environment, "cpu", "midr");
	unsigned long number = midr && midr->value.kind == VALUE_TEXT ? strtoul(midr->value.text, NULL, 0) : 0;
	struct machine_speed speed = { NAN, NAN, NAN, NAN };
	bool emulated = environment_emulated(&record->environment);
	char note[80] = "not measured: it is emulated";
	int err = emulated ? 0 : machine_speed(&speed, why);

	if (err)
		return err;
	if (!emulated)
		snprintf(note, sizeof(note), "measured now, in one process; a fault maps %.0f pages",
			 speed.pages_per_fault);
	puts("speed of memory, beside what others have published");
	puts("                           GHz   read ns copy MB/s   fault ns/page");
	print_speed("this machine", NAN, speed.random_read_ns, speed.copy_mb_s,
		    (const double[]){ speed.fault_ns, speed.fault_ns }, note);
	for (size_t i = 0; i < nr_published; i++) {
		const struct published *row = &published[i];
		char name[64];

		snprintf(name, sizeof(name), "%s%s, %s", published_is_like(row, number) ? "like this: " : "", row->core,
			 row->chip);
		print_speed(name, row->ghz, row->random_read_ns, row->copy_mb_s, row->fault_ns, row->source);
	}
	puts("  Random reads in 64 MiB, beyond the first-level cache; memcpy(). Others measured in other ways: a "
	     "factor "
	     "of 2 means something.");
	return 0;
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
		return complain_why(STATUS_FAILED, -ENOMEM, &why);
	err = topology_open("", &topology, &why);
	if (err)
		goto out_free;
	err = cpu = topology_choose_cpu(topology, wanted, reason, sizeof(reason), &why);
	if (cpu >= 0)
		err = topology_pin(topology, cpu, &why);
	if (err)
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
	if (!err)
		err = print_published(record, &why);
	print_warnings(record);
out_close:
	topology_close(topology);
out_free:
	record_free(record);
	return err < 0 ? complain_why(err == -EINVAL ? STATUS_USAGE : STATUS_FAILED, err, &why) : STATUS_OK;
}

static const char *const usage[] = { "[--cpu N]", NULL };

static const struct flag flags[] = {
	{ .id = 'c',
	  .name = "cpu",
	  .argument = "N",
	  .help = "the CPU to describe",
	  .preset = "the CPU that zapbench run would choose" },
	{ .name = NULL },
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, "printed" },
	{ STATUS_FAILED, "failed" },
	{ STATUS_USAGE, "wrong usage" },
	{ 0, NULL },
};

static int take(void *arg, int id, char *value, struct why *why)
{
	(void)id;
	return take_whole("cpu", value, 0, 1e6, arg, why);
}

static int run_info(int argc, char **argv)
{
	double cpu = -1;
	int status = parse_flags(&command_info, argc, argv, take, &cpu);

	if (status >= 0)
		return status;
	if (optind < argc)
		return complain_usage(&command_info, "info takes no argument");
	return info((int)cpu);
}

const struct command command_info = {
	.name = "info",
	.summary = "show the facts about this machine that a result records",
	.usage = usage,
	.about = "Show the facts about this machine that a result records, and the reason if a fact is unknown. Show "
		 "the clock and the events that can be counted. Show how fast memory is, beside figures of boards that "
		 "others have published. Show settings that make figures less reliable, each "
		 "with a command that fixes it. Nothing is changed.",
	.flags = flags,
	.outcomes = outcomes,
	.failure = STATUS_FAILED,
	.run = run_info,
};

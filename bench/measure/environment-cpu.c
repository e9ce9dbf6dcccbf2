// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/environment-cpu.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure/environment-survey.h"

static int read_cpu(struct survey *survey)
{
	struct sysfile file;
	char text[SURVEY_TEXT], model[256];
	int64_t max_khz, hardware_khz;
	int err;

	err = facts_add_int(survey->facts, "cpu", "number", survey->cpu);
	sysfile_path(&file, survey->root, "/proc/cpuinfo");
	if (!err && !sysfile_text(&file, text, sizeof(text)) &&
	    !survey_field_text(text, "model name", model, sizeof(model)))
		err = facts_add_text(survey->facts, "cpu", "model", model);
	else if (!err)
		err = facts_add_missing(survey->facts, "cpu", "model", "/proc/cpuinfo has no model name; see midr");
	if (!err)
		err = survey_reading(survey, "cpu", "frequency_khz", survey->now.frequency_khz, survey_frequency_hint);
	if (err || survey->policy < 0)
		return err;
	err = facts_add_int(survey->facts, "cpu", "frequency_policy", survey->policy);
	survey_path(survey, POLICY_DIR "scaling_max_freq", &file);
	if (err || sysfile_integer(&file, &max_khz))
		return err;
	survey_path(survey, POLICY_DIR "cpuinfo_max_freq", &file);
	if (sysfile_integer(&file, &hardware_khz) || hardware_khz <= 0)
		return 0;
	return facts_add_real(survey->facts, "cpu", "frequency_limit_percent",
			      100.0 * (double)max_khz / (double)hardware_khz);
}

/* The first other CPU that shares the core. */
static int read_sibling(struct survey *survey)
{
	struct sysfile file;
	char list[256];

	survey_path(survey, CPU_DIR "cpu#/topology/thread_siblings_list", &file);
	if (sysfile_text(&file, list, sizeof(list)) || cpulist_count(list) < 2)
		return 0;
	for (int cpu = 0; cpu < 65536; cpu++) {
		if (cpu != survey->cpu && cpulist_has(list, cpu))
			return facts_add_int(survey->facts, "cpu", "smt_sibling", cpu);
	}
	return 0;
}

int environment_cpu(struct survey *survey)
{
	int err = read_cpu(survey);

	if (!err)
		err = read_sibling(survey);
	return err;
}

static int read_thermal(struct survey *survey)
{
	if (survey_reading(survey, "thermal", "temperature_millicelsius", survey->now.temperature_millicelsius,
			   "no thermal zone in /sys/class/thermal can be read"))
		return -ENOMEM;
	return survey_reading(survey, "thermal", "throttle_events", survey->now.throttle_events,
			      "there are no thermal_throttle counts and no cooling devices of CPUs");
}

/* The distance of this zone from its nearest passive trip point, where the kernel begins to slow CPUs down. */
static void zone_headroom(const struct survey *survey, const char *zone, double *headroom)
{
	struct sysfile file;
	int64_t now, trip;
	char type[32];

	sysfile_path(&file, survey->root, "/sys/class/thermal/%s/temp", zone);
	if (sysfile_integer(&file, &now))
		return;
	for (int i = 0; i < 32; i++) {
		sysfile_path(&file, survey->root, "/sys/class/thermal/%s/trip_point_%d_type", zone, i);
		if (sysfile_text(&file, type, sizeof(type)))
			return;
		sysfile_path(&file, survey->root, "/sys/class/thermal/%s/trip_point_%d_temp", zone, i);
		/* Drivers write nothing, or a negative number, for an unused trip point. */
		if (strcmp(type, "passive") != 0 || sysfile_integer(&file, &trip) || trip <= 0)
			continue;
		if (isnan(*headroom) || (double)trip - (double)now < *headroom)
			*headroom = (double)trip - (double)now;
	}
}

static int read_headroom(struct survey *survey)
{
	struct sysfile folder;
	double headroom = NAN;
	char **names;

	sysfile_path(&folder, survey->root, "/sys/class/thermal");
	names = sysfile_names(&folder);
	for (char **name = names; name && *name; name++) {
		if (strncmp(*name, "thermal_zone", strlen("thermal_zone")) == 0)
			zone_headroom(survey, *name, &headroom);
	}
	sysfile_free_names(names);
	return survey_reading(survey, "thermal", "headroom_millicelsius", headroom,
			      "no thermal zone has a passive trip point");
}

int environment_thermal(struct survey *survey)
{
	int err = read_thermal(survey);

	if (!err)
		err = read_headroom(survey);
	return err;
}

/* A machine with a battery and no active mains supply runs on battery. */
int environment_power(struct survey *survey)
{
	bool battery = false, mains = false;
	struct sysfile folder, file;
	char **names, type[32];
	int64_t online;

	sysfile_path(&folder, survey->root, "/sys/class/power_supply");
	names = sysfile_names(&folder);
	for (char **name = names; name && *name; name++) {
		sysfile_path(&file, survey->root, "/sys/class/power_supply/%s/scope", *name);
		/* The battery of a mouse. */
		if (!sysfile_text(&file, type, sizeof(type)) && strcmp(type, "Device") == 0)
			continue;
		sysfile_path(&file, survey->root, "/sys/class/power_supply/%s/type", *name);
		if (sysfile_text(&file, type, sizeof(type)))
			continue;
		battery |= strcmp(type, "Battery") == 0;
		sysfile_path(&file, survey->root, "/sys/class/power_supply/%s/online", *name);
		mains |= strcmp(type, "Battery") != 0 && !sysfile_integer(&file, &online) && online > 0;
	}
	sysfile_free_names(names);
	return facts_add_bool(survey->facts, "power", "on_battery", battery && !mains);
}

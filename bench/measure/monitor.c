// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/measure/environment-files.h"
#include "bench/measure/steal.h"
#include "bench/measure/topology.h"
#include "bench/record/record.h"

enum { FILES_MAX = 64, NUMBER_MAX = 32 };

/* Files of one number each, kept open: reading again costs one system call. */
struct files {
	int fd[FILES_MAX];
	int count;
};

struct monitor {
	struct files zones, frequency, throttle;
	struct steal *steal;
	char *root;
	int cpu;
};

static void files_add(struct files *files, const struct sysfile *file)
{
	int fd;

	if (files->count == FILES_MAX)
		return;
	fd = open(file->text, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0)
		files->fd[files->count++] = fd;
}

static void files_close(struct files *files)
{
	while (files->count)
		close(files->fd[--files->count]);
}

static double read_number(int fd)
{
	char text[NUMBER_MAX], *end;
	ssize_t got = pread(fd, text, sizeof(text) - 1, 0);
	double number;

	if (got <= 0)
		return NAN;
	text[got] = '\0';
	/* Not strtod() alone: it accepts "nan", "inf" and hexadecimal. */
	if (strspn(text, "-0123456789\n") != (size_t)got)
		return NAN;
	number = strtod(text, &end);
	return end != text && (*end == '\0' || *end == '\n') ? number : NAN;
}

static double add(double sum, double number)
{
	return sum + number;
}

/* Combine all files into one number, without those that cannot be read now. NAN: none can be read. */
static double files_fold(const struct files *files, double (*fold)(double, double))
{
	double result = NAN;

	for (int i = 0; i < files->count; i++) {
		double number = read_number(files->fd[i]);

		if (isnan(number))
			continue;
		result = isnan(result) ? number : fold(result, number);
	}
	return result;
}

int monitor_frequency_policy(const char *root, int cpu)
{
	struct sysfile folder, file;
	char **names, list[1024];
	int policy = -1;

	sysfile_path(&folder, root, "/sys/devices/system/cpu/cpufreq");
	names = sysfile_names(&folder);
	for (char **name = names; name && *name && policy < 0; name++) {
		if (strncmp(*name, "policy", strlen("policy")) != 0)
			continue;
		sysfile_path(&file, root, "/sys/devices/system/cpu/cpufreq/%s/related_cpus", *name);
		if (!sysfile_text(&file, list, sizeof(list)) && cpulist_has(list, cpu))
			policy = (int)strtol(*name + strlen("policy"), NULL, 10);
	}
	sysfile_free_names(names);
	return policy;
}

static void find_zones(const char *root, struct files *files)
{
	struct sysfile file;
	char **names;

	sysfile_path(&file, root, "/sys/class/thermal");
	names = sysfile_names(&file);
	for (char **name = names; name && *name; name++) {
		if (strncmp(*name, "thermal_zone", strlen("thermal_zone")) != 0)
			continue;
		sysfile_path(&file, root, "/sys/class/thermal/%s/temp", *name);
		files_add(files, &file);
	}
	sysfile_free_names(names);
}

/* x86 counts throttling per CPU. Elsewhere use the states of cooling devices that slow CPUs down. */
static void find_throttle(const char *root, int cpu, struct files *files)
{
	struct sysfile file;
	char **names, type[64];

	sysfile_path(&file, root, "/sys/devices/system/cpu/cpu%d/thermal_throttle/core_throttle_count", cpu);
	files_add(files, &file);
	sysfile_path(&file, root, "/sys/devices/system/cpu/cpu%d/thermal_throttle/package_throttle_count", cpu);
	files_add(files, &file);
	if (files->count)
		return;
	sysfile_path(&file, root, "/sys/class/thermal");
	names = sysfile_names(&file);
	for (char **name = names; name && *name; name++) {
		sysfile_path(&file, root, "/sys/class/thermal/%s/type", *name);
		if (strncmp(*name, "cooling_device", strlen("cooling_device")) != 0 ||
		    sysfile_text(&file, type, sizeof(type)) || (!strstr(type, "cpu") && !strstr(type, "Processor")))
			continue;
		sysfile_path(&file, root, "/sys/class/thermal/%s/cur_state", *name);
		files_add(files, &file);
	}
	sysfile_free_names(names);
}

int monitor_open(const char *root, int cpu, struct monitor **monitor)
{
	struct monitor *new = calloc(1, sizeof(*new));
	struct sysfile file;
	int err;

	if (!new)
		return -ENOMEM;
	new->cpu = cpu;
	new->root = strdup(root);
	err = new->root ? steal_open(root, cpu, &new->steal) : -ENOMEM;
	if (err) {
		free(new->root);
		free(new);
		return err;
	}
	sysfile_path(&file, root, "/sys/devices/system/cpu/cpufreq/policy%d/scaling_cur_freq",
		     monitor_frequency_policy(root, cpu));
	files_add(&new->frequency, &file);
	find_zones(root, &new->zones);
	find_throttle(root, cpu, &new->throttle);
	*monitor = new;
	return 0;
}

static double read_load(const char *root)
{
	struct sysfile file;
	char text[64], *end;
	double load;

	sysfile_path(&file, root, "/proc/loadavg");
	if (sysfile_text(&file, text, sizeof(text)))
		return NAN;
	load = strtod(text, &end);
	return end != text && isfinite(load) ? load : NAN;
}

void monitor_read(struct monitor *monitor, struct monitor_reading *reading)
{
	reading->temperature_millicelsius = files_fold(&monitor->zones, fmax);
	reading->frequency_khz = files_fold(&monitor->frequency, fmax);
	reading->steal_ticks = steal_read(monitor->steal);
	reading->load = read_load(monitor->root);
	reading->interrupts = topology_interrupts(monitor->root, monitor->cpu);
	reading->throttle_events = files_fold(&monitor->throttle, add);
}

unsigned int monitor_disturbed(const struct monitor_reading *before, const struct monitor_reading *after)
{
	unsigned int disturbed = 0;

	/* Comparisons with NAN are false: an unknown value is no evidence. */
	if (after->steal_ticks > before->steal_ticks)
		disturbed |= DISTURBED_STEAL;
	if (fabs(after->throttle_events - before->throttle_events) > 0)
		disturbed |= DISTURBED_THROTTLE;
	if (fabs(after->frequency_khz - before->frequency_khz) > 0.01 * before->frequency_khz)
		disturbed |= DISTURBED_FREQUENCY;
	return disturbed;
}

void monitor_close(struct monitor *monitor)
{
	if (!monitor)
		return;
	files_close(&monitor->zones);
	files_close(&monitor->frequency);
	files_close(&monitor->throttle);
	steal_close(monitor->steal);
	free(monitor->root);
	free(monitor);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor reads the CPU's state between rounds. It keeps its files open, so that a reading is cheap.
 */
#ifndef ZAPBENCH_MONITOR_H
#define ZAPBENCH_MONITOR_H

struct monitor;

struct monitor_reading {
	double temperature_millicelsius; /* hottest zone; NAN: not known */
	double frequency_khz;            /* of the CPU; NAN: not known */
	double steal_ticks;              /* of the CPU since boot, in USER_HZ; NAN: not known */
	double load;                     /* of the last minute; NAN: not known */
	double interrupts;               /* of the CPU since boot; NAN: not known */
	double throttle_events; /* of the CPU since boot (x86 counts), or summed cooling states (Arm); NAN: not known */
};

/**
 * monitor_open() - find and open the files with the CPU's state
 * @root: "" for this machine, or a folder that holds proc/ and sys/ of another (tests)
 * @cpu: the measuring CPU
 *
 * Return: 0 or -ENOMEM; a file that is missing is no error.
 */
int monitor_open(const char *root, int cpu, struct monitor **monitor);
void monitor_read(struct monitor *monitor, struct monitor_reading *reading);
/*
 * Evidence between two readings: DISTURBED_STEAL, DISTURBED_THROTTLE (a count increased, or a cooling
 * state changed), DISTURBED_FREQUENCY (changed by more than 1 %). A value that is unknown in one of them is no
 * evidence.
 */
unsigned int monitor_disturbed(const struct monitor_reading *before, const struct monitor_reading *after);
void monitor_close(struct monitor *monitor);

/* The cpufreq policy that @cpu belongs to: the N of policyN, or -1. */
int monitor_frequency_policy(const char *root, int cpu);

#endif

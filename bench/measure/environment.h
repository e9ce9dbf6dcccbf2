/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the machine was like: everything that can change a figure and can be read. Nothing is changed here.
 */
#ifndef ZAPBENCH_ENVIRONMENT_H
#define ZAPBENCH_ENVIRONMENT_H

#include <stdbool.h>

#include "bench/measure/monitor.h"
#include "bench/record/record.h"

/**
 * environment_read() - collect the facts
 * @root: "" for this machine, or a folder that holds proc/ and sys/ of another (tests)
 * @cpu: the CPU that will be measured on (its governor, limits, type)
 * @facts: appended to; what cannot be read is a missing fact with the reason
 *
 * Kernel release, version, build and command line, config highlights (preemption, HZ, debug options that slow it);
 * architecture; mitigations; page size; THP, shmem THP and every mTHP size; fault_around_bytes; huge page pool;
 * governor, driver, frequency and its limits; memory clock; clocksource; PMUs and perf_event_paranoid,
 * perf_user_access; virtualisation and steal; ASLR; swap; swappiness; load; memory total and available; temperature and
 * how far it is from throttling; battery; whether emulated (told by the kernel command line word zapbench.emulated=1,
 * or by device tree, DMI or CPU naming QEMU while nothing of KVM is seen; zapbench.emulated=0 overrules); the zapbench
 * kernel patch's configuration where the kernel tells (/proc/config.gz, or /boot/config-RELEASE: CONFIG_*ZAP*). Return:
 * 0 or -ENOMEM.
 */
int environment_read(const char *root, int cpu, struct facts *facts);

/**
 * environment_warn() - states that spoil figures
 * @facts: from environment_read()
 * @cpu: the CPU that will be measured on
 * @record: record_add_warning() is called for each: a stable code, what it does to the figures, and the exact command
 *          that mends it (with the CPU's or policy's number filled in)
 *
 * Return: 0 or -ENOMEM.
 */
int environment_warn(const struct facts *facts, int cpu, struct record *record);

/* Does this machine only emulate a CPU, so that its times mean nothing? From the facts. */
bool environment_emulated(const struct facts *facts);

#endif

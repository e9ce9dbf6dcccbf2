/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the machine: everything that can change a figure and can be read. Nothing is changed here.
 */
#ifndef ZAPBENCH_ENVIRONMENT_H
#define ZAPBENCH_ENVIRONMENT_H

#include <stdbool.h>

#include "bench/measure/monitor.h"
#include "bench/record/record.h"

/**
 * environment_read() - collect the facts
 * @root: "" for this machine, or a folder that holds proc/ and sys/ of another (tests)
 * @cpu: the measuring CPU (its governor, limits, type)
 * @facts: appended to; what cannot be read is a missing fact with the reason
 *
 * Kernel release, version, build and command line, config highlights (preemption, HZ, debug options that slow it);
 * architecture; mitigations; page size; THP, shmem THP and every mTHP size; fault_around_bytes; huge page pool;
 * governor, driver, frequency and its limits; memory clock; clocksource; PMUs and perf_event_paranoid,
 * perf_user_access; virtualisation and steal; ASLR; swap; swappiness; load; memory total and available; temperature and
 * its distance from throttling; battery; whether emulated; the configuration of the zapbench kernel patch, if the
 * kernel tells it (CONFIG_*ZAP* in /proc/config.gz or /boot/config-RELEASE).
 *
 * A machine is emulated if its kernel command line has zapbench.emulated=1, or if device tree, DMI or CPU name QEMU and
 * there is no sign of KVM. zapbench.emulated=0 on the command line overrides the latter. Return: 0 or -ENOMEM.
 */
int environment_read(const char *root, int cpu, struct facts *facts);

/**
 * environment_warn() - warn of states that spoil figures
 * @facts: from environment_read()
 * @cpu: the measuring CPU
 * @record: gets a warning per state: a stable code, the effect on the figures, and the exact command that fixes it
 *
 * Return: 0 or -ENOMEM.
 */
int environment_warn(const struct facts *facts, int cpu, struct record *record);

/* Is the CPU emulated, so that its times are meaningless? From the facts. */
bool environment_emulated(const struct facts *facts);

#endif

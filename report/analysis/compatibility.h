/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether runs can be compared: what of the machine, the kernel, the program and the run must be the same. */
#ifndef ZAPBENCH_COMPATIBILITY_H
#define ZAPBENCH_COMPATIBILITY_H

#include "report/analysis/run-set.h"

/* What must be the same for a comparison to mean something. Overrides are bits: 1 << kind. */
enum compatibility {
	COMPATIBLE_KERNEL,    /* within a run set; between run sets it is what is compared, and only stated */
	COMPATIBLE_MACHINE,   /* model, CPU, number of CPUs, hypervisor */
	COMPATIBLE_PAGE_SIZE, /* and the PMD size */
	COMPATIBLE_EMULATION, /* emulated or timed: cannot be overridden, instructions are no times */
	COMPATIBLE_ZAP_HEAPS, /* the patch's, or a module's: the same fault costs more in one of them */
	COMPATIBLE_PROGRAM,   /* zapbench's version and commit */
	COMPATIBLE_SETTINGS,  /* governor, boost, SMT, huge pages, fault-around */
	COMPATIBLE_RUN,       /* layout and clock; of emulated runs also the seed: another seed makes other rounds */
	/* Those of the rounds: what runs before a configuration is a part of its cost, `huge` makes `page` 22 % slower.
	 */
	COMPATIBLE_CONFIGURATIONS,
	NR_COMPATIBILITIES
};

/* Are its zap heaps those of a module? Records that do not say it are of the patch: the modules came later. */
bool compatibility_of_module(const struct record *record);

extern const char *const compatibility_names[NR_COMPATIBILITIES + 1]; /* "kernel", ..., NULL */

/* A fact that is not the same in all runs of two run sets. */
struct difference {
	enum compatibility kind;
	char *kind_name; /* not owned */
	char *key;       /* "kernel.release" */
	char *base, *new;
	bool overridden; /* or, of the kernel, what is compared */
};

/* Call @each for every fact of a record that must be the same, known or not. */
void compatibility_each(const struct record *record,
			void (*each)(void *arg, enum compatibility kind, const char *key, const char *value),
			void *arg);

/**
 * compatibility_check() - find what differs between two run sets
 * @override: bits of enum compatibility whose differences are allowed
 * @difference: grows by one for each; the caller frees it with compatibility_free()
 * @count: of @difference
 * @why: on -EXDEV
 *
 * Return: 0, -EXDEV when a difference is not overridden, or -ENOMEM.
 */
int compatibility_check(const struct run_set *base, const struct run_set *new, unsigned int override,
			struct difference **difference, size_t *count, struct why *why);
void compatibility_free(struct difference *difference, size_t count);

#endif

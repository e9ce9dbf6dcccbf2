/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read the environment share. Private to bench/measure/. */
#ifndef ZAPBENCH_ENVIRONMENT_SURVEY_H
#define ZAPBENCH_ENVIRONMENT_SURVEY_H

#include <stdbool.h>

#include "bench/base/facts.h"
#include "bench/measure/environment-files.h"
#include "bench/measure/monitor.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define CPU_DIR "/sys/devices/system/cpu/"
#define POLICY_DIR CPU_DIR "cpufreq/policy@/"
#define THP_DIR "/sys/kernel/mm/transparent_hugepage/"
#define KERNEL_DIR "/proc/sys/kernel/"

enum { SURVEY_TEXT = 4096 }; /* of a small file */

/* The machine that is being looked at. */
struct survey {
	const char *root;
	int cpu;
	int policy; /* of cpufreq; -1: none */
	struct monitor_reading now;
	struct facts *facts;
};

enum survey_kind {
	AS_TEXT,
	AS_NUMBER,
	AS_FLAG,   /* 0 or 1 */
	AS_CHOICE, /* "always [madvise] never" */
};

/* Why a fact about the CPU's frequency is missing. */
extern const char survey_frequency_hint[];

/* Fill in @path ('#': the CPU's number, '@': that of its frequency policy) below the root. */
void survey_path(const struct survey *survey, const char *path, struct sysfile *file);

/* The word in brackets takes the place of the whole text. 0, or -EINVAL without one. */
int survey_choose_word(char *text);

/* May this process count events in the kernel, whatever perf_event_paranoid says? CAP_PERFMON or CAP_SYS_ADMIN. */
bool survey_may_count(const char *root);
/* The text after "@field:" in a file of such lines (meminfo, smaps, cpuinfo). 0, -ENOENT or -EINVAL. */
int survey_field_text(const char *text, const char *field, char *value, size_t size);
/* The same as a number, in bytes where the line says kB. */
int survey_field_number(const char *text, const char *field, int64_t *number);

/* Each of these adds one fact: what a file holds, a missing fact with the reason, a number (NAN: missing, @why). 0 or
 * -ENOMEM. @hint, which may be NULL, says what would make the file readable. */
int survey_file(struct survey *survey, const char *group, const char *key, const struct sysfile *file,
		enum survey_kind kind, const char *hint);
int survey_missing(struct survey *survey, const char *group, const char *key, const struct sysfile *file, int err,
		   const char *hint);
int survey_reading(struct survey *survey, const char *group, const char *key, double number, const char *why);

#endif

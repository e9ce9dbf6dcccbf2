// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/environment-memory.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/measure/environment-survey.h"

/*
 * sysconf() knows the page size of this machine only. Its kernel may be built without smaps, so use smaps only for
 * another root.
 */
static int read_page_size(struct survey *survey)
{
	struct sysfile file;
	char text[SURVEY_TEXT];
	int64_t bytes;
	int err;

	if (!survey->root[0])
		return facts_add_int(survey->facts, "memory", "page_size_bytes", sysconf(_SC_PAGESIZE));
	sysfile_path(&file, survey->root, "/proc/self/smaps");
	err = sysfile_text(&file, text, sizeof(text));
	if (!err)
		err = survey_field_number(text, "KernelPageSize", &bytes);
	if (err)
		return survey_missing(survey, "memory", "page_size_bytes", &file, err, NULL);
	return facts_add_int(survey->facts, "memory", "page_size_bytes", bytes);
}

int64_t environment_meminfo(const char *root, const char *field)
{
	struct sysfile file;
	char text[SURVEY_TEXT];
	int64_t number;
	int err;

	sysfile_path(&file, root, "/proc/meminfo");
	err = sysfile_text(&file, text, sizeof(text));
	if (!err)
		err = survey_field_number(text, field, &number);
	return err ? err : number;
}

static int read_meminfo(struct survey *survey)
{
	static const struct {
		const char *key, *field;
	} fields[] = {
		{ "total_bytes", "MemTotal" },
		{ "available_bytes", "MemAvailable" },
		{ "free_bytes", "MemFree" },
		{ "swap_total_bytes", "SwapTotal" },
		{ "swap_free_bytes", "SwapFree" },
		{ "huge_pool_pages", "HugePages_Total" },
		{ "huge_pool_page_bytes", "Hugepagesize" },
	};
	int64_t values[ROWS(fields)] = { 0 };
	struct sysfile file;
	char text[SURVEY_TEXT];
	int read_err, err = 0;

	sysfile_path(&file, survey->root, "/proc/meminfo");
	read_err = sysfile_text(&file, text, sizeof(text));
	for (size_t i = 0; i < ROWS(fields) && !err; i++) {
		int field_err = read_err ? read_err : survey_field_number(text, fields[i].field, &values[i]);

		if (field_err)
			values[i] = -1;
		err = field_err ? survey_missing(survey, "memory", fields[i].key, &file, field_err, NULL)
				: facts_add_int(survey->facts, "memory", fields[i].key, values[i]);
	}
	/* The warnings use these. */
	if (!err && values[0] > 0 && values[1] >= 0)
		err = facts_add_real(survey->facts, "memory", "available_percent",
				     100.0 * (double)values[1] / (double)values[0]);
	if (!err && values[3] >= 0 && values[4] >= 0)
		err = facts_add_int(survey->facts, "memory", "swap_used_bytes", values[3] - values[4]);
	return err;
}

/*
 * One fact per size of multi-size THP. One more fact lists the sizes that shmem uses unasked: they decide how many
 * pages one refault of a memfd maps.
 */
static int read_mthp(struct survey *survey)
{
	char **names, text[128], used[256] = "", key[64];
	struct sysfile folder, file;
	size_t length = 0;
	int err = 0;

	sysfile_path(&folder, survey->root, THP_DIR);
	names = sysfile_names(&folder);
	for (char **name = names; name && *name && !err; name++) {
		if (strncmp(*name, "hugepages-", strlen("hugepages-")) != 0)
			continue;
		snprintf(key, sizeof(key), "mthp_%.40s", *name + strlen("hugepages-"));
		sysfile_path(&file, survey->root, THP_DIR "%s/enabled", *name);
		/* Some sizes exist for shared memory only. */
		if (sysfile_text(&file, text, sizeof(text)) != -ENOENT)
			err = survey_file(survey, "memory", key, &file, AS_CHOICE, NULL);
		sysfile_path(&file, survey->root, THP_DIR "%s/shmem_enabled", *name);
		if (err || sysfile_text(&file, text, sizeof(text)) || survey_choose_word(text))
			continue;
		/* "inherit" means the setting of shmem_enabled, a fact of its own. "advise" needs a request. */
		if (strcmp(text, "always") != 0 && strcmp(text, "within_size") != 0)
			continue;
		if (length < sizeof(used))
			length += (size_t)snprintf(used + length, sizeof(used) - length, "%s%s=%s", length ? "," : "",
						   *name + strlen("hugepages-"), text);
	}
	sysfile_free_names(names);
	return err ? err : facts_add_text(survey->facts, "memory", "mthp_shmem", length ? used : "none");
}

/* The speed of uncached accesses depends on the memory clock, which some boards scale on its own. */
static int read_memory_clock(struct survey *survey)
{
	static const char *const words[] = { "dmc", "ddr", "emc", "memory", "mif", "bwmon" };
	struct sysfile folder, file;
	char **names, *found = NULL;
	int err;

	sysfile_path(&folder, survey->root, "/sys/class/devfreq");
	names = sysfile_names(&folder);
	for (char **name = names; name && *name && !found; name++) {
		for (size_t i = 0; i < ROWS(words) && !found; i++)
			found = strstr(*name, words[i]) ? *name : NULL;
	}
	if (!found) {
		err = facts_add_missing(survey->facts, "memory", "clock_device",
					"/sys/class/devfreq lists no memory clock");
	} else {
		err = facts_add_text(survey->facts, "memory", "clock_device", found);
		sysfile_path(&file, survey->root, "/sys/class/devfreq/%s/governor", found);
		if (!err)
			err = survey_file(survey, "memory", "clock_governor", &file, AS_TEXT, NULL);
		sysfile_path(&file, survey->root, "/sys/class/devfreq/%s/cur_freq", found);
		if (!err)
			err = survey_file(survey, "memory", "clock_hz", &file, AS_NUMBER, NULL);
	}
	sysfile_free_names(names);
	return err;
}

int environment_memory(struct survey *survey)
{
	int err = read_page_size(survey);

	if (!err)
		err = read_meminfo(survey);
	if (!err)
		err = read_mthp(survey);
	if (!err)
		err = read_memory_clock(survey);
	return err;
}

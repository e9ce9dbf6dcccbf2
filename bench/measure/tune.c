// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/tune.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/measure/environment-files.h"

#define CPUFREQ "/sys/devices/system/cpu/cpufreq"
#define THP "/sys/kernel/mm/transparent_hugepage"
#define AS_ROOT "run as root: sudo zapbench run --tune ..."

enum kind { GOVERNOR, FREQUENCY, BOOST, HUGE_PAGES, NUMA, INTERRUPT, NR_KINDS };

static const char *const kind_names[NR_KINDS] = {
	[GOVERNOR] = "governors performance", [FREQUENCY] = "frequencies fixed", [BOOST] = "boost off",
	[HUGE_PAGES] = "rules of huge pages", [NUMA] = "NUMA balancing off",     [INTERRUPT] = "interrupts moved",
};

enum { VALUE_BYTES = 256, STATE_BYTES = 1 << 20, CPUS_MOST = 4096 };

struct setting {
	enum kind kind;
	char path[SYSFILE_PATH]; /* without the root */
	char before[VALUE_BYTES], tuned[VALUE_BYTES];
};

struct tuning {
	const char *root; /* owned */
	int state;        /* the open, locked state file */
	size_t count;
	struct setting *setting;
};

static void tuning_free(struct tuning *tuning)
{
	if (!tuning)
		return;
	if (tuning->state >= 0)
		close(tuning->state);
	free((char *)tuning->root);
	free(tuning->setting);
	free(tuning);
}

static struct tuning *tuning_new(const char *root)
{
	struct tuning *tuning = calloc(1, sizeof(*tuning));

	if (!tuning)
		return NULL;
	tuning->state = -1;
	tuning->root = strdup(root);
	if (!tuning->root) {
		free(tuning);
		return NULL;
	}
	return tuning;
}

/* "always [advise] never" has the value advise; any other text is the value itself. */
static int read_value(const struct sysfile *file, char *value)
{
	char text[VALUE_BYTES], *from, *to;
	int err = sysfile_text(file, text, sizeof(text));

	if (err)
		return err;
	from = strchr(text, '[');
	to = from ? strchr(from, ']') : NULL;
	if (to)
		*to = '\0';
	snprintf(value, VALUE_BYTES, "%s", to ? from + 1 : text);
	return strpbrk(value, "\n\t") ? -EINVAL : 0;
}

static int write_value(const struct sysfile *file, const char *value)
{
	size_t length = strlen(value);
	int fd = open(file->text, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, length) != (ssize_t)length)
		err = errno ? -errno : -EIO;
	close(fd);
	return err;
}

/*
 * Note that @file needs @tuned, where it exists and has another value; "": that it is to stay as it is. 0 or -ENOMEM.
 */
static int need(struct tuning *tuning, enum kind kind, const struct sysfile *file, const char *tuned)
{
	struct setting *more, *setting;
	char before[VALUE_BYTES];

	if (read_value(file, before) || !strcmp(before, tuned))
		return 0;
	more = realloc(tuning->setting, (tuning->count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	tuning->setting = more;
	setting = &more[tuning->count++];
	setting->kind = kind;
	snprintf(setting->path, sizeof(setting->path), "%s", file->name);
	snprintf(setting->before, sizeof(setting->before), "%s", before);
	snprintf(setting->tuned, sizeof(setting->tuned), "%s", tuned);
	return 0;
}

/* The same for each folder of @folder whose name begins with @prefix. */
static int need_each(struct tuning *tuning, const char *folder, const char *prefix,
		     int (*needs)(struct tuning *tuning, const char *folder, const void *argument),
		     const void *argument)
{
	struct sysfile at;
	char **names;
	int err = 0;

	sysfile_path(&at, tuning->root, "%s", folder);
	names = sysfile_names(&at);
	for (char **name = names; name && *name && !err; name++) {
		if (strncmp(*name, prefix, strlen(prefix)) != 0)
			continue;
		sysfile_path(&at, tuning->root, "%s/%s", folder, *name);
		err = needs(tuning, at.name, argument);
	}
	sysfile_free_names(names);
	return err;
}

static int need_policy(struct tuning *tuning, const char *folder, const void *argument)
{
	struct sysfile file;
	char most[VALUE_BYTES];
	int err;

	(void)argument;
	sysfile_path(&file, tuning->root, "%s/scaling_governor", folder);
	err = need(tuning, GOVERNOR, &file, "performance");
	sysfile_path(&file, tuning->root, "%s/scaling_max_freq", folder);
	if (err || read_value(&file, most))
		return err;
	sysfile_path(&file, tuning->root, "%s/scaling_min_freq", folder);
	return need(tuning, FREQUENCY, &file, most);
}

/* The owner's limit: some drivers overwrite it when boost is written (Linux 6.12: cppc_cpufreq, cpufreq.c). */
static int need_limit(struct tuning *tuning, const char *folder, const void *argument)
{
	struct sysfile file;

	(void)argument;
	sysfile_path(&file, tuning->root, "%s/scaling_max_freq", folder);
	return need(tuning, FREQUENCY, &file, "");
}

static int need_huge_size(struct tuning *tuning, const char *folder, const void *argument)
{
	struct sysfile file;
	char now[VALUE_BYTES];

	(void)argument;
	sysfile_path(&file, tuning->root, "%s/shmem_enabled", folder);
	/* Whoever inherits follows the setting above. */
	if (read_value(&file, now) || !strcmp(now, "inherit"))
		return 0;
	return need(tuning, HUGE_PAGES, &file, "never");
}

/* The CPUs of @list that are online and not of @cpus: ranges, as the kernel prints them. "" for none. */
static void other_cpus(const char *list, const char *online, const char *cpus, char *others)
{
	size_t used = 0;

	others[0] = '\0';
	for (int i = 0, first = -1; i <= CPUS_MOST; i++) {
		bool has = i < CPUS_MOST && !cpulist_has(cpus, i) && cpulist_has(list, i) && cpulist_has(online, i);

		if (has && first < 0)
			first = i;
		if (has || first < 0)
			continue;
		if (used + sizeof(",4095-4095") < VALUE_BYTES)
			used += (size_t)snprintf(others + used, VALUE_BYTES - used, first < i - 1 ? "%s%d-%d" : "%s%d",
						 used ? "," : "", first, i - 1);
		first = -1;
	}
}

static bool has_one_of(const char *list, const char *cpus)
{
	for (int i = 0; i < CPUS_MOST; i++) {
		if (cpulist_has(cpus, i) && cpulist_has(list, i))
			return true;
	}
	return false;
}

/* Off the CPUs that measure: all its other CPUs, or all others of the machine. */
static int need_interrupt(struct tuning *tuning, const char *folder, const void *argument)
{
	const char *measuring = argument;
	char now[VALUE_BYTES], others[VALUE_BYTES], online[VALUE_BYTES];
	struct sysfile file, cpus;

	sysfile_path(&file, tuning->root, "%s/smp_affinity_list", folder);
	sysfile_path(&cpus, tuning->root, "/sys/devices/system/cpu/online");
	if (read_value(&file, now) || !has_one_of(now, measuring) || read_value(&cpus, online))
		return 0;
	other_cpus(now, online, measuring, others);
	if (!others[0])
		other_cpus(online, online, measuring, others);
	return others[0] ? need(tuning, INTERRUPT, &file, others) : 0;
}

static int find_needs(struct tuning *tuning, const char *cpus)
{
	size_t before_boost;
	struct sysfile file;
	char now[VALUE_BYTES];
	int err = need_each(tuning, CPUFREQ, "policy", need_policy, NULL);

	before_boost = tuning->count;
	sysfile_path(&file, tuning->root, CPUFREQ "/boost");
	if (!err)
		err = need(tuning, BOOST, &file, "0");
	if (!err && tuning->count > before_boost)
		err = need_each(tuning, CPUFREQ, "policy", need_limit, NULL);
	sysfile_path(&file, tuning->root, "/sys/devices/system/cpu/intel_pstate/no_turbo");
	if (!err)
		err = need(tuning, BOOST, &file, "1");
	sysfile_path(&file, tuning->root, THP "/shmem_enabled");
	/* "never" keeps what asks for huge pages from being measured. */
	if (!err && !read_value(&file, now) && strcmp(now, "never") != 0)
		err = need(tuning, HUGE_PAGES, &file, "advise");
	if (!err)
		err = need_each(tuning, THP, "hugepages-", need_huge_size, NULL);
	sysfile_path(&file, tuning->root, "/proc/sys/kernel/numa_balancing");
	if (!err)
		err = need(tuning, NUMA, &file, "0");
	if (!err)
		err = need_each(tuning, "/proc/irq", "", need_interrupt, cpus);
	return err;
}

/* Open and lock the state file. -EBUSY: its run goes on; -ENOENT: there is none and @flags do not make it. */
static int open_state(struct tuning *tuning, int flags, struct why *why)
{
	struct sysfile file;
	struct stat status;
	int err;

	sysfile_path(&file, tuning->root, TUNE_STATE);
	for (;;) {
		tuning->state = open(file.text, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
		if (tuning->state < 0) {
			err = -errno;
			if (err == -ENOENT && !(flags & O_CREAT))
				return err;
			return why_set(why, err, err == -EACCES || err == -EROFS ? AS_ROOT : NULL, "%s: %s", file.name,
				       strerror(-err));
		}
		if (flock(tuning->state, LOCK_EX | LOCK_NB))
			return why_set(why, -EBUSY, "wait until it ends", "another zapbench run --tune is going on");
		/* Its owner may have removed it before it was locked here. */
		if (fstat(tuning->state, &status))
			return -errno;
		if (status.st_nlink)
			return 0;
		close(tuning->state);
	}
}

/* One line per setting: its file, what it was, what it is now. On the disk before the first of them changes. */
static int note(const struct tuning *tuning, struct why *why)
{
	FILE *file = ftruncate(tuning->state, 0) ? NULL : fdopen(dup(tuning->state), "w");
	int err = 0;

	if (!file)
		return why_set(why, -errno, NULL, TUNE_STATE ": %s", strerror(errno));
	for (size_t i = 0; i < tuning->count; i++)
		fprintf(file, "%s\t%s\t%s\n", tuning->setting[i].path, tuning->setting[i].before,
			tuning->setting[i].tuned);
	if (ferror(file) || fflush(file) || fsync(fileno(file)))
		err = errno ? -errno : -EIO;
	if (fclose(file) && !err)
		err = -errno;
	return err ? why_set(why, err, NULL, TUNE_STATE ": %s", strerror(-err)) : 0;
}

/* Only what this program sets: nobody restores anything else through this file. */
static bool may_restore(const char *path)
{
	return (!strncmp(path, "/sys/devices/system/cpu/", 24) || !strncmp(path, THP, strlen(THP)) ||
		!strncmp(path, "/proc/irq/", 10) || !strcmp(path, "/proc/sys/kernel/numa_balancing")) &&
	       !strstr(path, "..");
}

/* The settings that a killed run noted. A line that it did not finish was not followed by a change. 0 or -errno. */
static int read_state(struct tuning *tuning)
{
	char *text = calloc(1, STATE_BYTES + 1), *rest = text, *line;
	ssize_t got = text ? pread(tuning->state, text, STATE_BYTES, 0) : -1;
	int err = text ? (got < 0 ? -errno : 0) : -ENOMEM;

	while (!err && (line = strsep(&rest, "\n"))) {
		char *path = strsep(&line, "\t"), *before = strsep(&line, "\t"), *tuned = line;
		struct setting *more;

		if (!before || !tuned || !rest || !may_restore(path))
			continue;
		more = realloc(tuning->setting, (tuning->count + 1) * sizeof(*more));
		if (!more) {
			err = -ENOMEM;
			break;
		}
		tuning->setting = more;
		snprintf(more[tuning->count].path, SYSFILE_PATH, "%s", path);
		snprintf(more[tuning->count].before, VALUE_BYTES, "%s", before);
		snprintf(more[tuning->count].tuned, VALUE_BYTES, "%s", tuned);
		tuning->count++;
	}
	free(text);
	return err;
}

/* Is it one that is to stay as it is? */
static bool is_limit(const struct setting *setting)
{
	return !setting->tuned[0];
}

/*
 * Before boost is written back: the limit that is to stay. It is the one noted, unless somebody else has set another
 * one since. The most that the CPU has is none: that is what writing boost makes of it.
 */
static void find_limits(struct tuning *tuning)
{
	for (size_t i = 0; i < tuning->count; i++) {
		struct setting *setting = &tuning->setting[i];
		char now[VALUE_BYTES], most[VALUE_BYTES];
		struct sysfile file, largest;

		if (!is_limit(setting))
			continue;
		sysfile_path(&file, tuning->root, "%s", setting->path);
		sysfile_path(&largest, tuning->root, "%.*s/cpuinfo_max_freq",
			     (int)(strrchr(setting->path, '/') - setting->path), setting->path);
		if (!read_value(&file, now) && !read_value(&largest, most) && strcmp(now, most) != 0)
			snprintf(setting->before, sizeof(setting->before), "%s", now);
	}
}

static void say_left(const struct setting *setting, char *said)
{
	snprintf(said, TUNE_SAID, "not restored; fix: echo %.100s | sudo tee %.120s", setting->before, setting->path);
}

/* After boost was written. Return: how many had to be written back. @said: the last one that could not be. */
static size_t keep_limits(const struct tuning *tuning, char *said)
{
	size_t kept = 0;

	for (size_t i = 0; i < tuning->count; i++) {
		const struct setting *setting = &tuning->setting[i];
		char now[VALUE_BYTES];
		struct sysfile file;

		sysfile_path(&file, tuning->root, "%s", setting->path);
		if (!is_limit(setting) || read_value(&file, now) || !strcmp(now, setting->before))
			continue;
		if (!write_value(&file, setting->before))
			kept++;
		else
			say_left(setting, said);
	}
	return kept;
}

static void forget(struct tuning *tuning)
{
	struct sysfile file;

	/* While it is locked: whoever opens it later makes another one. */
	sysfile_path(&file, tuning->root, TUNE_STATE);
	unlink(file.text);
	tuning_free(tuning);
}

int tune_set(const char *root, const char *cpus, struct tuning **result, char *said, struct why *why)
{
	struct tuning *tuning = tuning_new(root);
	size_t set[NR_KINDS] = { 0 }, failed = 0, used = 0, settings = 0;
	struct sysfile file;
	int err, first = 0;

	said[0] = '\0';
	*result = NULL;
	if (!tuning)
		return -ENOMEM;
	err = open_state(tuning, O_CREAT, why);
	if (err) {
		tuning_free(tuning);
		return err;
	}
	err = find_needs(tuning, cpus);
	if (!err)
		err = note(tuning, why);
	for (size_t i = 0; i < tuning->count && !err; i++) {
		struct setting *setting = &tuning->setting[i];
		int refused;

		if (is_limit(setting))
			continue;
		sysfile_path(&file, root, "%s", setting->path);
		refused = write_value(&file, setting->tuned);

		set[setting->kind] += !refused;
		failed += refused && setting->kind == INTERRUPT;
		settings += !refused;
		/* An interrupt of one CPU cannot move; any other refusal tells who may not do it. */
		first = first || setting->kind == INTERRUPT ? first : refused;
		if (refused)
			snprintf(setting->tuned, sizeof(setting->tuned), "%s", setting->before);
	}
	if (!err)
		keep_limits(tuning, said);
	if (!err && !settings && first)
		err = why_set(why, first, first == -EACCES || first == -EROFS ? AS_ROOT : NULL,
			      "no setting of this machine can be changed: %s", strerror(-first));
	if (err) {
		forget(tuning);
		return err;
	}
	used = (size_t)snprintf(said, TUNE_SAID, "tuned:");
	for (size_t kind = 0; kind < NR_KINDS && used < TUNE_SAID; kind++) {
		if (set[kind])
			used += (size_t)snprintf(said + used, TUNE_SAID - used, "%s %zu %s", used > 6 ? "," : "",
						 set[kind], kind_names[kind]);
	}
	if (!settings)
		used += (size_t)snprintf(said + used, TUNE_SAID - used, " nothing to change");
	if (failed && used < TUNE_SAID)
		used += (size_t)snprintf(said + used, TUNE_SAID - used, "; %zu interrupt%s cannot leave CPU %s", failed,
					 failed == 1 ? "" : "s", cpus);
	if (first && used < TUNE_SAID)
		used += (size_t)snprintf(said + used, TUNE_SAID - used, "; some settings refused: %s",
					 strerror(-first));
	if (used < TUNE_SAID)
		snprintf(said + used, TUNE_SAID - used, "; restored at the end");
	*result = tuning;
	return 0;
}

/* Return: how many settings were restored. @said: the last one that was not. */
static size_t restore(struct tuning *tuning, char *said)
{
	size_t restored = 0;

	find_limits(tuning);
	/* From the last to the first: a minimum above a maximum is refused. */
	for (size_t i = tuning->count; i-- > 0;) {
		const struct setting *setting = &tuning->setting[i];
		struct sysfile file;
		char now[VALUE_BYTES];

		sysfile_path(&file, tuning->root, "%s", setting->path);
		if (is_limit(setting) || !strcmp(setting->before, setting->tuned) || read_value(&file, now) ||
		    strcmp(now, setting->tuned) != 0)
			continue;
		if (!write_value(&file, setting->before))
			restored++;
		else
			say_left(setting, said);
	}
	return restored + keep_limits(tuning, said);
}

void tune_restore(struct tuning *tuning, char *said)
{
	said[0] = '\0';
	if (!tuning)
		return;
	restore(tuning, said);
	forget(tuning);
}

int tune_recover(const char *root, char *said, struct why *why)
{
	struct tuning *tuning = tuning_new(root);
	size_t restored;
	int err;

	said[0] = '\0';
	if (!tuning)
		return -ENOMEM;
	err = open_state(tuning, 0, NULL);
	if (!err)
		err = read_state(tuning);
	if (err) {
		tuning_free(tuning);
		if (err == -ENOENT || err == -EBUSY)
			return 0;
		/* Whoever may not open it cannot see whether its run holds the lock. */
		if (err == -EACCES)
			return why_set(
				why, err, "if no run goes on, restore as root: sudo zapbench run null --budget 1",
				TUNE_STATE " is of a run by root that goes on or was killed: %s", strerror(-err));
		return why_set(why, err, "run once as root: sudo zapbench run null --budget 1",
			       TUNE_STATE " of a run that was killed: %s", strerror(-err));
	}
	restored = restore(tuning, said);
	if (!said[0])
		snprintf(said, TUNE_SAID, "restored %zu setting%s that a killed run --tune left", restored,
			 restored == 1 ? "" : "s");
	forget(tuning);
	return 1;
}

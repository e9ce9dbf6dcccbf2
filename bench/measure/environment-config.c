// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/environment-config.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "bench/measure/environment-files.h"

enum { COMMAND_LINE = 4096, CONFIG_CHUNK = 65536, CONFIG_MAX = 4 << 20 };

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* Legitimate options that change the cost of a fault, a zap or a TLB fill. */
static const char *const recorded[] = {
	"HZ",
	"ARM64_CONTPTE",
	"ARM64_HW_AFDBM",
	"PER_VMA_LOCK",
	"TRANSPARENT_HUGEPAGE",
	"READ_ONLY_THP_FOR_FS",
	"NUMA_BALANCING",
	"KFENCE",
	"INIT_ON_ALLOC_DEFAULT_ON",
	"UNMAP_KERNEL_AT_EL0",
	"RANDOMIZE_BASE",
	"PERF_EVENTS",
};

/* The first one that is set names the preemption model. */
static const struct {
	const char *option, *name;
} preemptions[] = {
	{ "PREEMPT_RT", "rt" }, { "PREEMPT_DYNAMIC", "dynamic" },     { "PREEMPT_LAZY", "lazy" },
	{ "PREEMPT", "full" },  { "PREEMPT_VOLUNTARY", "voluntary" }, { "PREEMPT_NONE", "none" },
};

/* What makes a kernel slow, and its evidence: the configuration, the command line, or a file of such kernels. */
static const struct {
	const char *name, *option, *word, *path;
} debug_options[] = {
	{ "KASAN", "KASAN", NULL, NULL },
	{ "KMSAN", "KMSAN", NULL, NULL },
	{ "KCSAN", "KCSAN", NULL, NULL },
	{ "lockdep", "LOCKDEP", NULL, "/proc/lockdep" },
	{ "DEBUG_PAGEALLOC", "DEBUG_PAGEALLOC_ENABLE_DEFAULT", "debug_pagealloc=on", NULL },
	{ "slub_debug", "SLUB_DEBUG_ON", "slub_debug", NULL },
	{ "slab_debug", NULL, "slab_debug", NULL },
	{ "PAGE_TABLE_CHECK", "PAGE_TABLE_CHECK_ENFORCED", "page_table_check=on", NULL },
	{ "page_poison", NULL, "page_poison=1", NULL },
	{ "page_owner", NULL, "page_owner=on", NULL },
	{ "DEBUG_VM", "DEBUG_VM", NULL, NULL },
	{ "KCOV", "KCOV", NULL, NULL },
	{ "GCOV", "GCOV_KERNEL", NULL, NULL },
};

bool command_line_word(const char *command_line, const char *name, char *value, size_t size)
{
	size_t length = strlen(name);

	for (const char *at = command_line; *at; at += strcspn(at, " \t\n")) {
		at += strspn(at, " \t\n");
		if (strncmp(at, name, length) != 0 || (at[length] && !strchr("= \t\n", at[length])))
			continue;
		if (value) {
			const char *from = at + length + (at[length] == '=');

			snprintf(value, size, "%.*s", (int)strcspn(from, " \t\n"), from);
		}
		return true;
	}
	return false;
}

/* zlib reads a file that is not compressed as it is. NULL with -errno in @err. */
static char *read_config(const struct sysfile *file, int *err)
{
	gzFile stream = gzopen(file->text, "rbe");
	char *config = NULL;
	size_t length = 0;
	int got = 0;

	if (!stream) {
		*err = errno ? -errno : -ENOMEM;
		return NULL;
	}
	do {
		char *longer = realloc(config, length + CONFIG_CHUNK + 1);

		if (!longer) {
			*err = -ENOMEM;
			goto out_free;
		}
		config = longer;
		got = gzread(stream, config + length, CONFIG_CHUNK);
		length += got > 0 ? (size_t)got : 0;
	} while (got > 0 && length < CONFIG_MAX);
	config[length] = '\0';
	*err = got < 0 || !strstr(config, "CONFIG_") ? -EINVAL : 0;
out_free:
	/* Only closing reports a truncated stream. */
	if (gzclose(stream) != Z_OK && !*err)
		*err = -EINVAL;
	if (*err) {
		free(config);
		config = NULL;
	}
	return config;
}

/* The value of CONFIG_@name in the text of a configuration: 0, or -ENOENT for what is not set. */
static int config_value(const char *config, const char *name, char *value, size_t size)
{
	char option[80];
	size_t length = (size_t)snprintf(option, sizeof(option), "CONFIG_%s=", name);

	for (const char *at = strstr(config, option); at; at = strstr(at + 1, option)) {
		if (at != config && at[-1] != '\n')
			continue;
		snprintf(value, size, "%.*s", (int)strcspn(at + length, "\n"), at + length);
		return 0;
	}
	return -ENOENT;
}

static bool config_on(const char *config, const char *name)
{
	char value[8];

	return name && config && !config_value(config, name, value, sizeof(value)) && value[0] == 'y';
}

static int add_recorded(const char *config, const char *missing, struct facts *facts)
{
	for (size_t i = 0; i < ROWS(recorded); i++) {
		char key[80], value[64];
		int err;

		snprintf(key, sizeof(key), "config_%s", recorded[i]);
		for (char *c = key; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (!config)
			err = facts_add_missing(facts, "kernel", key, missing);
		else
			err = facts_add_text(facts, "kernel", key,
					     config_value(config, recorded[i], value, sizeof(value)) ? "n" : value);
		if (err)
			return err;
	}
	return 0;
}

/* The preemption model of the build; a dynamic kernel may use another one since boot. */
static int add_preemption(const char *config, const char *missing, const char *command_line, struct facts *facts)
{
	char value[32];

	if (command_line_word(command_line, "preempt", value, sizeof(value)) && value[0])
		return facts_add_text(facts, "kernel", "preemption", value);
	for (size_t i = 0; i < ROWS(preemptions) && config; i++) {
		if (config_on(config, preemptions[i].option))
			return facts_add_text(facts, "kernel", "preemption", preemptions[i].name);
	}
	return facts_add_missing(facts, "kernel", "preemption", config ? "the kernel configuration has none" : missing);
}

static int add_debug_options(const char *root, const char *config, const char *missing, const char *command_line,
			     struct facts *facts)
{
	char list[400] = "", value[64];
	size_t used = 0;

	for (size_t i = 0; i < ROWS(debug_options); i++) {
		const char *word = debug_options[i].word;
		bool on = config_on(config, debug_options[i].option);
		struct sysfile file;
		int64_t unused;

		/* "slub_debug=-" switches off what was built in. */
		if (word && command_line_word(command_line, word, value, sizeof(value)))
			on = value[0] != '-';
		if (debug_options[i].path) {
			sysfile_path(&file, root, "%s", debug_options[i].path);
			on |= sysfile_integer(&file, &unused) != -ENOENT;
		}
		if (on && used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? "," : "",
						 debug_options[i].name);
	}
	if (!used && !config)
		return facts_add_missing(facts, "kernel", "debug_options", missing);
	return facts_add_text(facts, "kernel", "debug_options", used ? list : "none");
}

/* Every line CONFIG_...ZAP... that is set, without the prefix: "ZAP_EAGER=y,ZAP_LAZY=y". */
static int add_zap_options(const char *config, const char *missing, struct facts *facts)
{
	char list[1024];
	size_t used = 0;

	for (const char *line = config; line && *line; line += strcspn(line, "\n"), line += *line == '\n') {
		int length = (int)strcspn(line, "\n"), name = (int)strcspn(line, "=\n");
		const char *zap = strstr(line, "ZAP");

		if (strncmp(line, "CONFIG_", strlen("CONFIG_")) != 0 || !zap || zap >= line + name ||
		    used >= sizeof(list))
			continue;
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%.*s", used ? "," : "",
					 length - (int)strlen("CONFIG_"), line + strlen("CONFIG_"));
	}
	if (used)
		return facts_add_text(facts, "kernel", "zap_options", list);
	return facts_add_missing(facts, "kernel", "zap_options",
				 config ? "this kernel is not patched: its configuration has no CONFIG_*ZAP* option"
					: missing);
}

/* The configuration of the running kernel, else the file that was installed with it. */
static char *find_config(const char *root, struct sysfile *file, char *missing, size_t size)
{
	struct sysfile release_file;
	char release[128], *config;
	int err;

	sysfile_path(file, root, "/proc/config.gz");
	config = read_config(file, &err);
	if (config)
		return config;
	sysfile_why(file, err, "to read it: sudo modprobe configs", missing, size);
	sysfile_path(&release_file, root, "/proc/sys/kernel/osrelease");
	if (sysfile_text(&release_file, release, sizeof(release)))
		return NULL;
	sysfile_path(file, root, "/boot/config-%s", release);
	config = read_config(file, &err);
	if (!config) {
		size_t used = strlen(missing);

		snprintf(missing + used, size - used, "; and ");
		used = strlen(missing);
		sysfile_why(file, err, NULL, missing + used, size - used);
	}
	return config;
}

int environment_config(const char *root, struct facts *facts)
{
	char missing[400] = "", command_line[COMMAND_LINE];
	struct sysfile file, command_line_file;
	char *config;
	int err;

	sysfile_path(&command_line_file, root, "/proc/cmdline");
	sysfile_text(&command_line_file, command_line, sizeof(command_line));
	config = find_config(root, &file, missing, sizeof(missing));
	if (config)
		err = facts_add_text(facts, "kernel", "config_source", file.name);
	else
		err = facts_add_missing(facts, "kernel", "config_source", missing);
	if (!err)
		err = add_recorded(config, missing, facts);
	if (!err)
		err = add_preemption(config, missing, command_line, facts);
	if (!err)
		err = add_debug_options(root, config, missing, command_line, facts);
	if (!err)
		err = add_zap_options(config, missing, facts);
	free(config);
	return err;
}

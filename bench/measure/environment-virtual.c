// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/environment-virtual.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/measure/environment-config.h"
#include "bench/measure/environment-survey.h"

/* The share of stolen time since boot shows whether figures of this guest are trustworthy. */
static int read_steal(struct survey *survey)
{
	struct sysfile file;
	char text[64];
	double uptime_s;

	if (survey_reading(survey, "virtualization", "steal_ticks", survey->now.steal_ticks,
			   "/proc/stat has no steal time of this CPU"))
		return -ENOMEM;
	sysfile_path(&file, survey->root, "/proc/uptime");
	sysfile_text(&file, text, sizeof(text));
	uptime_s = strtod(text, NULL);
	if (isnan(survey->now.steal_ticks) || !isfinite(uptime_s) || uptime_s <= 0)
		return 0;
	return facts_add_real(survey->facts, "virtualization", "steal_percent",
			      100 * survey->now.steal_ticks / (uptime_s * (double)sysconf(_SC_CLK_TCK)));
}

/* Is there a sign of KVM? On x86 it is a clock source, elsewhere a PTP clock. */
static bool sees_kvm(const struct survey *survey)
{
	struct sysfile folder, file;
	char **names, text[128];
	bool found = strstr(facts_text(survey->facts, "kernel", "clocksources", ""), "kvm-clock");

	sysfile_path(&folder, survey->root, "/sys/class/ptp");
	names = sysfile_names(&folder);
	for (char **name = names; name && *name && !found; name++) {
		sysfile_path(&file, survey->root, "/sys/class/ptp/%s/clock_name", *name);
		found = !sysfile_text(&file, text, sizeof(text)) && strstr(text, "KVM");
	}
	sysfile_free_names(names);
	return found;
}

/* Does firmware or the CPU name QEMU? Its Arm machine is "linux,dummy-virt". */
static bool names_qemu(const struct facts *facts)
{
	static const struct {
		const char *group, *key, *word;
	} places[] = {
		{ "machine", "vendor", "QEMU" }, { "machine", "product", "QEMU" },
		{ "machine", "model", "QEMU" },  { "machine", "compatible", "linux,dummy-virt" },
		{ "cpu", "model", "QEMU" },
	};

	for (size_t i = 0; i < ROWS(places); i++) {
		if (strstr(facts_text(facts, places[i].group, places[i].key, ""), places[i].word))
			return true;
	}
	return false;
}

static const char *hypervisor_name(const struct survey *survey, char *text, size_t size)
{
	static const char *const paths[] = { "/sys/hypervisor/type", "/proc/device-tree/hypervisor/compatible" };
	struct sysfile file;
	char cpuinfo[SURVEY_TEXT], flags[SURVEY_TEXT];

	for (size_t i = 0; i < ROWS(paths); i++) {
		sysfile_path(&file, survey->root, "%s", paths[i]);
		if (!sysfile_text(&file, text, size))
			return text;
	}
	if (sees_kvm(survey))
		return "kvm";
	if (names_qemu(survey->facts))
		return "qemu";
	sysfile_path(&file, survey->root, "/proc/cpuinfo");
	sysfile_text(&file, cpuinfo, sizeof(cpuinfo));
	if (!survey_field_text(cpuinfo, "flags", flags, sizeof(flags)) && strstr(flags, " hypervisor"))
		return "unknown";
	return "none seen";
}

/*
 * Times of an emulated CPU are meaningless. The kernel command line overrides everything, since on Arm neither firmware
 * nor CPU is reliable evidence.
 */
static int read_virtualization(struct survey *survey)
{
	char text[128], word[16] = "";
	const char *name = hypervisor_name(survey, text, sizeof(text)), *evidence;
	bool emulated;

	if (command_line_word(facts_text(survey->facts, "kernel", "command_line", ""), "zapbench.emulated", word,
			      sizeof(word))) {
		emulated = strcmp(word, "0") != 0;
		evidence = "zapbench.emulated on the kernel command line";
	} else if (names_qemu(survey->facts)) {
		emulated = !sees_kvm(survey);
		evidence = emulated ? "firmware or CPU name QEMU, no sign of KVM" : "KVM detected";
	} else {
		emulated = false;
		evidence = "no sign of an emulator";
	}
	if (facts_add_text(survey->facts, "virtualization", "hypervisor", name) ||
	    facts_add_bool(survey->facts, "virtualization", "emulated", emulated))
		return -ENOMEM;
	return facts_add_text(survey->facts, "virtualization", "emulated_evidence", evidence);
}

int environment_virtualization(struct survey *survey)
{
	int err = read_steal(survey);

	if (!err)
		err = read_virtualization(survey);
	return err;
}

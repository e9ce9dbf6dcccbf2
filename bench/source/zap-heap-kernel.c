// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/source/zap-heap-kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/zap_bench.h>

#include "bench/measure/environment-files.h"

#define PATCH "boot a kernel with the zapbench patch (make kpatch) and all policies on"
/* What the modules are built for: kpatch/module/stock.h. */
static const struct {
	const char *machine, *release;
} modules_for[] = {
	{ "aarch64", "6.1." }, { "aarch64", "6.12." }, { "x86_64", "6.1." },
	{ "x86_64", "6.12." }, { "armv7l", "6.1." },
};

/* Is there such a file? Then its text is in @text. */
static bool read_text(const char *root, const char *path, char *text, size_t size)
{
	struct sysfile file;

	sysfile_path(&file, root, "%s", path);
	return !sysfile_text(&file, text, size);
}

/* Only the modules have a version. */
static bool module_level(const char *root, char *text, size_t size)
{
	return read_text(root, "/sys/module/zap_heap/version", text, size);
}

void zap_heap_build(const char *root, char *text, size_t size)
{
	char level[32];

	if (module_level(root, level, sizeof(level)))
		snprintf(text, size, "module, shim %s", level);
	else
		snprintf(text, size, "patch");
}

static bool has_modules(const char *release, const char *machine)
{
	bool found = false;

	for (size_t i = 0; i < sizeof(modules_for) / sizeof(modules_for[0]); i++)
		found |= strcmp(machine, modules_for[i].machine) == 0 &&
			 strncmp(release, modules_for[i].release, strlen(modules_for[i].release)) == 0;
	return found;
}

/* Why the kernel would not load them, and what can be done about it; NULL: it would. */
static const char *refuses_modules(const char *root)
{
	char text[80];

	if (read_text(root, "/sys/kernel/security/lockdown", text, sizeof(text)) && !strstr(text, "[none]"))
		return "the kernel is locked down and loads no unsigned module: sign the modules (make module), or "
		       "switch "
		       "secure boot off";
	if (read_text(root, "/sys/module/module/parameters/sig_enforce", text, sizeof(text)) && text[0] == 'Y')
		return "the kernel loads signed modules only: sign the modules (make module), or boot without "
		       "module.sig_enforce";
	return NULL;
}

/* Has zapbench-dkms built them for this kernel? */
static bool dkms_has_built(const char *root, const char *release)
{
	static const char *const suffixes[] = { "", ".xz", ".zst", ".gz" };
	bool found = false;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && !found; i++) {
		struct sysfile file;

		sysfile_path(&file, root, "/lib/modules/%s/updates/dkms/zap_bench.ko%s", release, suffixes[i]);
		found = !access(file.text, F_OK);
	}
	return found;
}

void zap_heap_fix(const char *root, const char *missing, char *text, size_t size)
{
	char release[80] = "", machine[32] = "", level[32];
	const char *refused = refuses_modules(root);

	read_text(root, "/proc/sys/kernel/osrelease", release, sizeof(release));
	read_text(root, "/proc/sys/kernel/arch", machine, sizeof(machine));
	if (strcmp(missing, ZAP_BENCH_DEVICE) != 0)
		snprintf(text, size, PATCH "%s",
			 module_level(root, level, sizeof(level)) ? "; the modules do not have this heap" : "");
	else if (module_level(root, level, sizeof(level)))
		snprintf(text, size, "zap_heap is loaded: sudo %s, too",
			 dkms_has_built(root, release) ? "modprobe zap_bench" : "insmod zap_bench.ko");
	else if (!has_modules(release, machine))
		snprintf(text, size,
			 PATCH "; its modules (make module) need Linux 6.1 or 6.12 on aarch64 or x86_64, or 6.1 on "
			       "armv7l; this is %.60s on %.20s",
			 release, machine);
	else if (refused)
		snprintf(text, size, "%s", refused);
	else if (dkms_has_built(root, release))
		snprintf(text, size, "load the modules of the heaps: sudo modprobe zap_bench");
	else
		snprintf(text, size, "load the modules of the heaps (make module); or " PATCH);
}

int zap_bench_open(void)
{
	int fd = open(ZAP_BENCH_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int zap_bench_mapped(int device, const char *address, struct mapped *mapped)
{
	static const enum mapped_as types[] = {
		[ZAP_BENCH_MEM_NONE] = MAPPED_NOT,    [ZAP_BENCH_MEM_CACHED] = MAPPED_CACHED,
		[ZAP_BENCH_MEM_WC] = MAPPED_WC,       [ZAP_BENCH_MEM_DEVICE] = MAPPED_OTHER,
		[ZAP_BENCH_MEM_OTHER] = MAPPED_OTHER,
	};
	struct zap_bench_pte pte = { .address = (uintptr_t)address };

	if (ioctl(device, ZAP_BENCH_IOC_PTE, &pte))
		return -errno;
	*mapped = (struct mapped){ pte.memtype <= ZAP_BENCH_MEM_OTHER ? types[pte.memtype] : MAPPED_OTHER,
				   pte.size_bytes };
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/source/source.h"

#include <string.h>
#include <unistd.h>

#define SOURCE_ADDRESS(name) &source_##name,
const struct source *const sources[] = { SOURCES(SOURCE_ADDRESS) NULL };

const struct source *source_find(const char *name)
{
	for (size_t i = 0; sources[i]; i++) {
		if (!strcmp(sources[i]->name, name))
			return sources[i];
	}
	return NULL;
}

unsigned int source_parts(const struct source *source, const struct params *params)
{
	if (params_choice(params, PARAM_DEVICE) != DEVICE_DRM)
		return source->parts;
	/* Where the exporter maps cached memory, its map for the device cleans the caches. */
	return source->parts | POLICY_PART_DEVICE | (source->parts & POLICY_PART_CACHED ? POLICY_PART_MAINTENANCE : 0);
}

const char *step_name(enum step step)
{
	static const char *const names[NR_STEPS] = {
		[STEP_ZAP] = "zap",
		[STEP_FAULT_IN] = "fault-in",
		[STEP_WRITE_START] = "write START",
		[STEP_WRITE_END] = "write END",
		[STEP_DEVICE_MAP] = "device map",
		[STEP_DEVICE_UNMAP] = "device unmap",
		[STEP_READ_START] = "read START",
		[STEP_READ_END] = "read END",
	};

	return names[step];
}

size_t pmd_bytes(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	/* One page of page table holds page/8 entries of a page each, on every 64-bit architecture that Linux runs
	 * here. */
	return page / sizeof(uint64_t) * page;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cores that can be modelled. TRM: Arm's Technical Reference Manual of the core. A size that its maker chooses is
 * that of a common chip, which the source names. A pseudo-LRU policy is modelled as LRU.
 */
#include "bench/qemu/memory-model.h"

#include <string.h>

#define KIB(n) ((size_t)(n) << 10)

const struct core_model core_models[] = {
	{
		.name = "cortex-a53",
		.target = "aarch64",
		.cache = { { KIB(32), 4, REPLACE_RANDOM, RELATION_NONE,
			     "TRM DDI 0500: 4-way, pseudo-random; 32K as in RK3399" },
			   { KIB(512), 16, REPLACE_RANDOM, RELATION_NONE,
			     "TRM DDI 0500: 16-way; 512K as in RK3399; policy and inclusion not in the TRM: "
			     "assumed" } },
		.tlb = { { 10, 10, 0, "Intel 683222 (Stratix 10 TRM): 10 entries, fully associative" },
			 { 512, 4, 0, "Intel 683222 (Stratix 10 TRM): 512 entries, 4-way" } },
	},
	{
		.name = "cortex-a55",
		.target = "aarch64",
		.cache = { { KIB(32), 4, REPLACE_RANDOM, RELATION_NONE,
			     "TRM 100442: 4-way; 32K as in RK3588; policy assumed" },
			   { KIB(128), 4, REPLACE_LRU, RELATION_VICTIM,
			     "TRM 100442: gets what L1 evicts, 4-way; 128K as in RK3588; policy assumed" },
			   { KIB(3072), 12, REPLACE_LRU, RELATION_VICTIM,
			     "RK3588: 3M; ways, policy and inclusion assumed" } },
		.tlb = { { 16, 16, 0, "Intel 814346 (Agilex 5 TRM): 16 entries, fully associative" },
			 { 1024, 4, 0, "Intel 814346 (Agilex 5 TRM): 1024 entries, 4-way" } },
	},
	{
		.name = "cortex-a72",
		.target = "aarch64",
		.cache = { { KIB(32), 2, REPLACE_LRU, RELATION_NONE, "TRM 100095: 32K, 2-way, LRU" },
			   { KIB(1024), 16, REPLACE_LRU, RELATION_INCLUSIVE,
			     "TRM 100095: 16-way, inclusive of L1D, pseudo-LRU can be chosen; 1M as in BCM2711" } },
		.tlb = { { 32, 32, KIB(1024), "TRM 100095: 32 entries, fully associative, pages of up to 1M" },
			 { 1024, 4, 0, "TRM 100095: 1024 entries, 4-way" } },
	},
	{
		.name = "cortex-a76",
		.target = "aarch64",
		.cache = { { KIB(64), 4, REPLACE_LRU, RELATION_NONE, "TRM 100798, A6.1: 64K, 4-way, pseudo-LRU" },
			   { KIB(512), 8, REPLACE_LRU, RELATION_INCLUSIVE,
			     "TRM 100798, A7: 8-way, inclusive of L1D; 512K as in RK3588; policy assumed" },
			   { KIB(3072), 12, REPLACE_LRU, RELATION_VICTIM,
			     "RK3588: 3M; ways, policy and inclusion assumed" } },
		.tlb = { { 48, 48, 0, "TRM 100798, A5.2: 48 entries, fully associative" },
			 { 1280, 5, 0, "TRM 100798, A5.2: 1280 entries, 5-way" } },
		.ivac_cleans = true, /* TRM 100798, A6.2.4 */
	},
	/* CPUID: of an EPYC 9004, family 19h, model 11h, as AMD's APM, volume 3, appendix E.4, describes its leaves. */
	{
		.name = "zen4",
		.target = "x86_64",
		.cache = { { KIB(32), 8, REPLACE_LRU, RELATION_NONE, "CPUID 8000_001D: 32K, 8-way; policy assumed" },
			   { KIB(1024), 8, REPLACE_LRU, RELATION_INCLUSIVE,
			     "CPUID 8000_001D: 1M, 8-way, inclusive of L1D; policy assumed" },
			   { KIB(32768), 16, REPLACE_LRU, RELATION_VICTIM,
			     "CPUID 8000_001D: 32M, 16-way, not inclusive; policy, and that it gets victims, "
			     "assumed" } },
		.tlb = { { 72, 72, 0, "CPUID 8000_0005: 72 entries, fully associative" },
			 { 3072, 8, 0, "CPUID 8000_0006: 3072 entries, 8-way for pages of 4K" } },
	},
};

const size_t nr_core_models = sizeof(core_models) / sizeof(core_models[0]);

const struct core_model *core_model_find(const char *name)
{
	for (size_t i = 0; i < nr_core_models; i++) {
		if (!strcmp(core_models[i].name, name))
			return &core_models[i];
	}
	return NULL;
}

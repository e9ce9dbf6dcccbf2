// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/maintain.h"

#include <errno.h>
#include <stdint.h>

/*
 * A loop of @instruction over lines, and @barrier after it. Lines begin at multiples of their size, wherever the range
 * begins.
 */
#define MAINTAIN(name, instruction, operand, barrier)                                                   \
	static void name(const char *address, size_t bytes, size_t line_bytes)                          \
	{                                                                                               \
		const char *line = (const char *)((uintptr_t)(address) & ~((uintptr_t)(line_bytes)-1)); \
                                                                                                        \
		for (; line < address + bytes; line += line_bytes)                                      \
			__asm__ volatile(instruction " %0" : : operand : "memory");                     \
		__asm__ volatile(barrier : : : "memory");                                               \
	}

#if defined(__x86_64__)
#include <cpuid.h>

#define CPUID_CLFSH (1u << 19) /* EDX of leaf 1; <cpuid.h> has no name for it */

MAINTAIN(clean_clwb, "clwb", "m"(*line), "sfence")
/* A flush may come before reads of what a device wrote; SFENCE does not order loads. */
MAINTAIN(flush_clflushopt, "clflushopt", "m"(*line), "mfence")
MAINTAIN(flush_clflush, "clflush", "m"(*line), "mfence")

int maintain_find(enum maintain_by kind, struct maintain *found, struct why *why)
{
	unsigned int a = 0, b = 0, c = 0, d = 0, more = 0, unused;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(d & CPUID_CLFSH))
		return why_set(why, -EOPNOTSUPP, NULL, "this CPU has no CLFLUSH");
	__get_cpuid_count(7, 0, &unused, &more, &unused, &unused);
	found->line_bytes = 8 * (b >> 8 & 0xff);
	if (kind == MAINTAIN_CLEAN && !(more & bit_CLWB))
		return why_set(why, -EOPNOTSUPP, "use maintain=user-flush", "this CPU has no CLWB");
	if (kind == MAINTAIN_CLEAN)
		found->run = clean_clwb;
	else
		found->run = more & bit_CLFLUSHOPT ? flush_clflushopt : flush_clflush;
	return 0;
}

#elif defined(__aarch64__)

MAINTAIN(clean_cvac, "dc cvac,", "r"(line), "dsb sy")
MAINTAIN(flush_civac, "dc civac,", "r"(line), "dsb sy")

int maintain_find(enum maintain_by kind, struct maintain *found, struct why *why)
{
	uint64_t ctr;

	(void)why;
	/* DminLine: the logarithm of the words of the smallest data cache line (Arm ARM, CTR_EL0). */
	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	found->run = kind == MAINTAIN_CLEAN ? clean_cvac : flush_civac;
	found->line_bytes = (size_t)4 << (ctr >> 16 & 0xf);
	return 0;
}

#else

int maintain_find(enum maintain_by kind, struct maintain *found, struct why *why)
{
	(void)kind;
	(void)found;
	return why_set(why, -EOPNOTSUPP, "use maintain=kernel",
		       "userspace cannot clean caches on this architecture (32-bit Arm: only the kernel can)");
}

#endif

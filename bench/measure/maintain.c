// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/maintain.h"

#include <errno.h>
#include <stdint.h>

/* Lines begin at multiples of their size, wherever the range begins. */
#define FOR_EACH_LINE(line, address, bytes, line_bytes)                                              \
	for (const char *line = (const char *)((uintptr_t)(address) & ~((uintptr_t)(line_bytes)-1)), \
			*line##_end = (const char *)(address) + (bytes);                             \
	     line < line##_end; line += (line_bytes))

#if defined(__x86_64__)
#include <cpuid.h>

#define CPUID_CLFSH (1u << 19) /* EDX of leaf 1; <cpuid.h> has no name for it */

static void clean_clwb(const char *address, size_t bytes, size_t line_bytes)
{
	FOR_EACH_LINE(line, address, bytes, line_bytes)
	__asm__ volatile("clwb %0" : : "m"(*line) : "memory");
	__asm__ volatile("sfence" : : : "memory");
}

static void flush_clflushopt(const char *address, size_t bytes, size_t line_bytes)
{
	FOR_EACH_LINE(line, address, bytes, line_bytes)
	__asm__ volatile("clflushopt %0" : : "m"(*line) : "memory");
	__asm__ volatile("sfence" : : : "memory");
}

static void flush_clflush(const char *address, size_t bytes, size_t line_bytes)
{
	FOR_EACH_LINE(line, address, bytes, line_bytes)
	__asm__ volatile("clflush %0" : : "m"(*line) : "memory");
	__asm__ volatile("sfence" : : : "memory");
}

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
		*found = (struct maintain){ clean_clwb, "CLWB", found->line_bytes };
	else if (more & bit_CLFLUSHOPT)
		*found = (struct maintain){ flush_clflushopt, "CLFLUSHOPT", found->line_bytes };
	else
		*found = (struct maintain){ flush_clflush, "CLFLUSH", found->line_bytes };
	return 0;
}

#elif defined(__aarch64__)

static void clean_cvac(const char *address, size_t bytes, size_t line_bytes)
{
	FOR_EACH_LINE(line, address, bytes, line_bytes)
	__asm__ volatile("dc cvac, %0" : : "r"(line) : "memory");
	__asm__ volatile("dsb sy" : : : "memory");
}

static void flush_civac(const char *address, size_t bytes, size_t line_bytes)
{
	FOR_EACH_LINE(line, address, bytes, line_bytes)
	__asm__ volatile("dc civac, %0" : : "r"(line) : "memory");
	__asm__ volatile("dsb sy" : : : "memory");
}

int maintain_find(enum maintain_by kind, struct maintain *found, struct why *why)
{
	uint64_t ctr;

	(void)why;
	/* DminLine: the logarithm of the words of the smallest data cache line (Arm ARM, CTR_EL0). */
	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	*found = (struct maintain){ kind == MAINTAIN_CLEAN ? clean_cvac : flush_civac,
				    kind == MAINTAIN_CLEAN ? "DC CVAC" : "DC CIVAC", (size_t)4 << (ctr >> 16 & 0xf) };
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Marks that tell the plugin of QEMU where a timed region begins and ends: HINT instructions that do nothing on
 * hardware. The program makes them in a pass of its own, only with zapbench run --model.
 */
#ifndef ZAPBENCH_MARKS_H
#define ZAPBENCH_MARKS_H

#include <stdint.h>

#define MARK_BEGIN 100 /* x0: the number of the configuration, as in the record */
#define MARK_END 101
#define MARK_ON 102 /* accesses from here on go through the model */
#define MARK_OFF 103

#if defined(__aarch64__)
#define MARK_INSTRUCTION(hint, value)                                        \
	do {                                                                 \
		register uint64_t x0 asm("x0") = (value);                    \
		asm volatile("hint #%c1" : "+r"(x0) : "i"(hint) : "memory"); \
	} while (0)
#else
#define MARK_INSTRUCTION(hint, value) ((void)(value))
#endif

static inline void mark_begin(uint64_t configuration)
{
	MARK_INSTRUCTION(MARK_BEGIN, configuration);
}

static inline void mark_end(void)
{
	MARK_INSTRUCTION(MARK_END, 0);
}

static inline void mark_on(void)
{
	MARK_INSTRUCTION(MARK_ON, 0);
}

static inline void mark_off(void)
{
	MARK_INSTRUCTION(MARK_OFF, 0);
}

#endif

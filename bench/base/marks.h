/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Marks that tell the plugin of QEMU where a timed region begins and ends: instructions that do nothing on hardware,
 * HINT on arm64, a NOP with an address on x86-64. The program makes them in a pass of its own, only with zapbench run
 * --model.
 */
#ifndef ZAPBENCH_MARKS_H
#define ZAPBENCH_MARKS_H

#include <stdint.h>

#define MARK_BEGIN 100 /* x0, rax: the number of the configuration, as in the record */
#define MARK_END 101
#define MARK_ON 102 /* accesses from here on go through the model */
#define MARK_OFF 103

/* Added to a mark, it is the displacement of the NOP's address, which a compiler's own NOPs do not have. */
#define MARK_X86 0x7a620000

#if defined(__aarch64__)
#define MARK_INSTRUCTION(hint, value)                                        \
	do {                                                                 \
		register uint64_t x0 asm("x0") = (value);                    \
		asm volatile("hint #%c1" : "+r"(x0) : "i"(hint) : "memory"); \
	} while (0)
#elif defined(__x86_64__)
#define MARK_INSTRUCTION(hint, value)                                                            \
	do {                                                                                     \
		uint64_t rax = (value);                                                          \
		asm volatile("nopl %c1(%%rax)" : "+a"(rax) : "i"(MARK_X86 + (hint)) : "memory"); \
	} while (0)
#else
#define MARK_INSTRUCTION(hint, value) ((void)(value))
#endif

/* QEMU goes on with code that the plugin has seen at the next jump. */
#if defined(__aarch64__)
#define MARK_JUMP() asm volatile("b 1f\n1:" : : : "memory")
#elif defined(__x86_64__)
#define MARK_JUMP() asm volatile("jmp 1f\n1:" : : : "memory")
#else
#define MARK_JUMP() ((void)0)
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
	MARK_JUMP();
}

static inline void mark_off(void)
{
	MARK_INSTRUCTION(MARK_OFF, 0);
}

#endif

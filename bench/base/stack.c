// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/stack.h"

#include <stddef.h>

enum { STACK_BYTES = 65536 };

/* Many small frames and not one large one: a sanitizer notes each frame in memory of its own, which faults too. */
static __attribute__((noinline)) void use_stack(size_t bytes)
{
	volatile char frame[1024];

	frame[0] = 0;
	if (bytes > sizeof(frame))
		use_stack(bytes - sizeof(frame));
	frame[0] = 1; /* not a tail call */
}

void stack_fault_in(void)
{
	use_stack(STACK_BYTES);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A separate touching loop, not one of those in touch.c. On known architectures it is in assembly. Every run compares
 * its cost with the cost of the loops in touch.c.
 */
#include "bench/measure/touch.h"

/* As in touch.c: no address sanitizer. */
__attribute__((no_sanitize("address"))) void touch_check(const struct touch_list *list, char *base, bool writes)
{
	const uint32_t *page = list->page, *end = page + list->count;
	uint64_t offset = 0;

	if (page == end)
		return;
#if defined(__x86_64__)
	if (writes)
		__asm__ volatile("1:	movl (%[page]), %k[offset]\n"
				 "	imulq %[bytes], %[offset]\n"
				 "	movq %[bytes], (%[base], %[offset])\n"
				 "	addq $4, %[page]\n"
				 "	cmpq %[end], %[page]\n"
				 "	jne 1b\n"
				 : [page] "+r"(page), [offset] "+r"(offset)
				 : [base] "r"(base), [bytes] "r"(list->page_bytes), [end] "r"(end)
				 : "memory", "cc");
	else
		__asm__ volatile("1:	movl (%[page]), %k[offset]\n"
				 "	imulq %[bytes], %[offset]\n"
				 "	movq (%[base], %[offset]), %[offset]\n"
				 "	addq $4, %[page]\n"
				 "	cmpq %[end], %[page]\n"
				 "	jne 1b\n"
				 : [page] "+r"(page), [offset] "+r"(offset)
				 : [base] "r"(base), [bytes] "r"(list->page_bytes), [end] "r"(end)
				 : "memory", "cc");
#elif defined(__aarch64__)
	if (writes)
		__asm__ volatile("1:	ldr %w[offset], [%[page]], #4\n"
				 "	mul %[offset], %[offset], %[bytes]\n"
				 "	str %[bytes], [%[base], %[offset]]\n"
				 "	cmp %[page], %[end]\n"
				 "	b.ne 1b\n"
				 : [page] "+r"(page), [offset] "+r"(offset)
				 : [base] "r"(base), [bytes] "r"(list->page_bytes), [end] "r"(end)
				 : "memory", "cc");
	else
		__asm__ volatile("1:	ldr %w[offset], [%[page]], #4\n"
				 "	mul %[offset], %[offset], %[bytes]\n"
				 "	ldr %[offset], [%[base], %[offset]]\n"
				 "	cmp %[page], %[end]\n"
				 "	b.ne 1b\n"
				 : [page] "+r"(page), [offset] "+r"(offset)
				 : [base] "r"(base), [bytes] "r"(list->page_bytes), [end] "r"(end)
				 : "memory", "cc");
#else
	for (; page != end; page++) {
		volatile uint64_t *word = (volatile uint64_t *)(base + *page * list->page_bytes);

		if (writes)
			*word = list->page_bytes;
		else
			offset += *word;
	}
#endif
	(void)offset;
}

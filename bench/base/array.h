/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arrays that grow by one and store no capacity: it is the count rounded up to a power of two.
 */
#ifndef ZAPBENCH_ARRAY_H
#define ZAPBENCH_ARRAY_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What array_room() has made room for when it holds @count; who allocates at once must keep to it. */
static inline size_t array_capacity(size_t count)
{
	size_t capacity = 1;

	while (capacity < count)
		capacity *= 2;
	return capacity;
}

/* @array with room for one more than @count, maybe moved; NULL without memory, and @array is as it was. */
static inline void *array_room(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}

/*
 * One more element of an array, all zero, at its end. @array points to the pointer to it. NULL without memory, and the
 * array is as it was.
 */
static inline void *array_more(void *array, size_t *count, size_t size)
{
	void *old, *new;

	memcpy(&old, array, sizeof(old));
	new = array_room(old, *count, size);
	if (!new)
		return NULL;
	memcpy(array, &new, sizeof(new));
	return memset((char *)new + (*count)++ *size, 0, size);
}

#endif

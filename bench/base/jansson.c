// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Without memory Jansson says that a text is wrong ("invalid token"), or returns a string that lacks a letter. So its
 * allocations are watched. Set before main(), so that unit tests run as the program does.
 */
#include "bench/base/json-memory.h"

#include <math.h>
#include <stdlib.h>

json_t *json_number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static _Thread_local bool ran_out;

/*
 * While Jansson reads a word that it has no memory to note, an assertion of it fails: it takes back a letter that it
 * could not note. The room for a word begins with 16 bytes and doubles, and every value needs memory of another size.
 * So a reserve serves the sizes of that room, and what is refused next ends the reading.
 */
enum { WORD_LEAST = 32, WORD_MOST = 2048 };
static _Thread_local bool reading;
static _Thread_local size_t reserved;
static _Thread_local _Alignas(16) char reserve[2 * WORD_MOST];

void json_watch_memory(void)
{
	ran_out = false;
}

void json_watch_reading(void)
{
	json_watch_memory();
	reading = true;
	reserved = 0;
}

bool json_ran_out(void)
{
	return ran_out;
}

json_t *json_whole(json_t *root)
{
	reading = false;
	if (!ran_out)
		return root;
	json_decref(root);
	return NULL;
}

static void *room_of_word(size_t size)
{
	char *room = reserve + reserved;

	if (size < WORD_LEAST || (size & (size - 1)) || size > sizeof(reserve) - reserved)
		return NULL;
	reserved += size;
	return room;
}

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	if (memory)
		return memory;
	ran_out = true;
	return reading ? room_of_word(size) : NULL;
}

static void release(void *memory)
{
	if ((char *)memory < reserve || (char *)memory >= reserve + sizeof(reserve))
		free(memory);
}

static void __attribute__((constructor)) watch_allocations(void)
{
	json_set_alloc_funcs(allocate, release);
}

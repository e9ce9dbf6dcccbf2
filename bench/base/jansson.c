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

void json_watch_memory(void)
{
	ran_out = false;
}

bool json_ran_out(void)
{
	return ran_out;
}

json_t *json_whole(json_t *root)
{
	if (!ran_out)
		return root;
	json_decref(root);
	return NULL;
}

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	if (!memory)
		ran_out = true;
	return memory;
}

static void __attribute__((constructor)) watch_allocations(void)
{
	json_set_alloc_funcs(allocate, free);
}

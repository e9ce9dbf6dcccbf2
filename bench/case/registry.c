// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/case/case.h"

#include <string.h>

#define CASE_ADDRESS(name) &case_##name,
const struct bench *const benches[] = { CASES(CASE_ADDRESS) NULL };

const struct bench *bench_find(const char *name)
{
	for (size_t i = 0; benches[i]; i++) {
		if (!strcmp(benches[i]->name, name))
			return benches[i];
	}
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/why.h"

#include <stdarg.h>
#include <stdio.h>

int why_set(struct why *why, int err, const char *remedy, const char *fmt, ...)
{
	va_list ap;

	if (!why || why->reason[0])
		return err;
	va_start(ap, fmt);
	vsnprintf(why->reason, sizeof(why->reason), fmt, ap);
	va_end(ap);
	snprintf(why->remedy, sizeof(why->remedy), "%s", remedy ? remedy : "");
	return err;
}

struct why_line why_line(const struct why *why)
{
	struct why_line line;

	snprintf(line.text, sizeof(line.text), "%s%s%s", why->reason, why->remedy[0] ? "; fix: " : "", why->remedy);
	return line;
}

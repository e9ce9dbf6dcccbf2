// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/text.h"

int say(int status, const char *fmt, ...)
{
	char text[1000], plain[1000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "zapbench: %s\n", plain_text(text, plain, sizeof(plain)));
	return status;
}

int say_why(int status, int err, const struct why *why)
{
	say(status, "%s", why->reason[0] ? why->reason : strerror(-err));
	if (why->remedy[0])
		say(status, "remedy: %s", why->remedy);
	return status;
}

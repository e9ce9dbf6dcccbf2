// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GSL's own error handler ends the program. Without it each call reports its failure. It is switched off before main(),
 * so that unit tests run as the program does.
 */
#include <gsl/gsl_errno.h>

static void __attribute__((constructor)) switch_handler_off(void)
{
	gsl_set_error_handler_off();
}

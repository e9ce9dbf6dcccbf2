/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a history: zapbench history check, and the changes below zapbench history show. */
#ifndef ZAPBENCH_CHECK_H
#define ZAPBENCH_CHECK_H

#include "report/history/findings.h"

/* Print one change with what changed with it. */
void say_finding(const struct finding *finding);

enum history_state { HISTORY_QUIET, HISTORY_REGRESSION, HISTORY_GONE, HISTORY_TOO_FEW };

/* Print what is news of @machine, or of all for NULL, and say in @state what it comes to. Return: 0 or -errno. */
int history_check(struct history *history, const char *machine, double threshold_percent, enum history_state *state,
		  struct why *why);

/* Print the cases to be measured again, one per line. Return: 0 or -errno. */
int history_suspects(struct history *history, const char *machine, double threshold_percent, struct why *why);

#endif

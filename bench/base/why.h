/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why something cannot be done, and how to fix it. Every function that can fail for a reason that the user can change
 * fills one of these, so the error line names the fix too.
 */
#ifndef ZAPBENCH_WHY_H
#define ZAPBENCH_WHY_H

struct why {
	char reason[400]; /* one line without a full stop; empty: nothing was refused */
	char remedy[400]; /* a command or an action that mends it; may be empty */
};

/**
 * why_set() - note a refusal
 * @why: where to note it; NULL is allowed. A reason that is already there is kept: the first error wins.
 * @err: negative errno to hand back
 * @remedy: the exact command or action that mends it, or NULL
 * @fmt: printf format of the reason
 *
 * Return: @err, so that a caller can write `return why_set(...)`.
 */
int why_set(struct why *why, int err, const char *remedy, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/** struct why_line - a refusal in one line: its reason, then "; fix: " and the remedy where there is one */
struct why_line {
	char text[sizeof(struct why) + sizeof("; fix: ")];
};

struct why_line why_line(const struct why *why);

#endif

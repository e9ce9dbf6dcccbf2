/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A player imitates the policies in userspace, on sources whose kernel has no policies. One table says what it does at
 * each step. The calls that it makes and the calls that `zapbench list` prints both come from this table.
 */
#ifndef ZAPBENCH_PLAYER_H
#define ZAPBENCH_PLAYER_H

#include "bench/source/source.h"

/* What a source gives to the player. Each function returns 0 or -errno. */
struct player {
	int (*zap)(struct buffer *buffer);      /* every mapping */
	int (*fault_in)(struct buffer *buffer); /* the whole first mapping; NULL: a zap maps it again already */
	int (*sync)(struct buffer *buffer, enum step step); /* at a START or END; NULL: this memory has none */
	const char *zap_call;                               /* as text */
	const char *fault_in_call[2];                       /* by enum access */
	const char *sync_call;
};

int player_step(const struct player *player, struct buffer *buffer, enum step step);
void player_calls(const struct player *player, const struct params *params, enum step step, char *text, size_t size);
/* The state alone: a played policy changes no attributes, so PTEs that are there may stay. */
void player_rearm(struct buffer *buffer);

/*
 * Can userspace carry out this policy on memory that gets @parts (POLICY_PART_ bits)? 0, or -EOPNOTSUPP with @why: the
 * policy needs a part that is missing (uncached and refuse need write-combined mappings), or the player does not know
 * it.
 */
int player_supports(const struct params *params, unsigned int parts, struct why *why);

#endif

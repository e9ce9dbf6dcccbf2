// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/source/player.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum action {
	DO_ZAP = 1 << 0,       /* take the mappings away */
	DO_ZAP_FIRST = 1 << 1, /* the same, unless the buffer is write-combined already */
	DO_ZAP_BACK = 1 << 2,  /* take the device's mappings away, if the buffer was handed over */
	DO_FAULT_IN = 1 << 3,  /* with granularity buffer: bring everything back now */
};

/* What userspace does at each step, by when the policy zaps. A kind that is not here cannot be carried out. */
static const struct {
	bool known;
	unsigned int step[NR_STEPS];
} actions_of[NR_ZAP_WHEN] = {
	/* What such a policy does instead is the sync that the source makes at START and END anyway. */
	[ZAP_NEVER] = { .known = true },
	[ZAP_AT_FIRST_MAP] = { true,
			       {
				       [STEP_ZAP] = DO_ZAP,
				       [STEP_FAULT_IN] = DO_FAULT_IN,
				       [STEP_DEVICE_MAP] = DO_ZAP_FIRST,
				       /* In the kernel the first access faults everything in. Userspace has to do it
					  before that access. */
				       [STEP_READ_START] = DO_FAULT_IN,
			       } },
	[ZAP_AT_WRITE_END] = { true,
			       {
				       [STEP_ZAP] = DO_ZAP,
				       [STEP_FAULT_IN] = DO_FAULT_IN,
				       [STEP_WRITE_START] = DO_ZAP_BACK,
				       [STEP_WRITE_END] = DO_ZAP,
				       [STEP_READ_START] = DO_ZAP_BACK | DO_FAULT_IN,
			       } },
};

static unsigned int actions(const struct params *params, enum step step)
{
	unsigned int what = actions_of[policy_row(params_choice(params, PARAM_POLICY))->zaps].step[step];

	if (params_choice(params, PARAM_GRANULARITY) != GRANULARITY_BUFFER)
		what &= ~(unsigned int)DO_FAULT_IN;
	return what;
}

static bool is_sync(enum step step)
{
	return step == STEP_WRITE_START || step == STEP_WRITE_END || step == STEP_READ_START || step == STEP_READ_END;
}

static bool zaps_now(unsigned int what, enum buffer_state state)
{
	return what & DO_ZAP || (what & DO_ZAP_FIRST && state == STATE_CPU_CACHED) ||
	       (what & DO_ZAP_BACK && state == STATE_DEVICE);
}

int player_step(const struct player *player, struct buffer *buffer, enum step step)
{
	unsigned int what = actions(buffer->params, step);
	int err = 0;

	if (is_sync(step) && player->sync)
		err = player->sync(buffer, step);
	if (!err && zaps_now(what, buffer->state)) {
		err = player->zap(buffer);
		buffer->zapped = true;
		buffer->state = what & DO_ZAP_FIRST ? STATE_CPU_WC : what & DO_ZAP ? STATE_DEVICE : STATE_CPU_CACHED;
	}
	if (!err && what & DO_FAULT_IN && buffer->zapped && player->fault_in) {
		err = buffer->fault_in_counted ? buffer->fault_in_counted(buffer->argument) : player->fault_in(buffer);
		buffer->zapped = false;
	}
	return err;
}

void player_rearm(struct buffer *buffer)
{
	buffer->state = STATE_CPU_CACHED;
	buffer->zapped = false;
}

void player_calls(const struct player *player, const struct params *params, enum step step, char *text, size_t size)
{
	unsigned int what = actions(params, step);
	const char *separator = "";

	text[0] = '\0';
	if (is_sync(step) && player->sync) {
		snprintf(text, size, "%s", player->sync_call);
		separator = " + ";
	}
	if (what & (DO_ZAP | DO_ZAP_FIRST | DO_ZAP_BACK)) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, "%s%s%s", separator, player->zap_call,
			 what & DO_ZAP_FIRST  ? " (first map only)"
			 : what & DO_ZAP_BACK ? " (if a device has it)"
					      : "");
		separator = " + ";
	}
	if (what & DO_FAULT_IN && player->fault_in) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, "%s%s", separator,
			 player->fault_in_call[params_choice(params, PARAM_ACCESS) == ACCESS_WRITE]);
	}
}

/* What has what userspace lacks. The modules have no policy refuse: a stock kernel exports nothing for it. */
static const char *heaps_fix(const struct params *params)
{
	if (params_choice(params, PARAM_POLICY) == POLICY_REFUSE)
		return "boot a kernel with the zapbench patch";
	return "boot a kernel with the zapbench patch, or load its modules";
}

int player_supports(const struct params *params, unsigned int parts, struct why *why)
{
	const struct policy_row *policy = policy_row(params_choice(params, PARAM_POLICY));
	char missing[200];

	if (!policy || !actions_of[policy->zaps].known)
		return why_set(why, -EOPNOTSUPP, heaps_fix(params), "userspace cannot imitate policy %s",
			       policy ? policy->name : "?");
	policy_parts_words(policy->needs & ~parts, missing, sizeof(missing));
	if (missing[0])
		return why_set(why, -EOPNOTSUPP, heaps_fix(params),
			       "userspace cannot imitate policy %s: this memory has no %s", policy->name, missing);
	if (params_choice(params, PARAM_DEVICE) == DEVICE_COHERENT)
		return why_set(why, -EOPNOTSUPP, heaps_fix(params),
			       "this memory has no device, so no device can snoop");
	if (params_choice(params, PARAM_DEVICE) == DEVICE_DRM && !(parts & POLICY_PART_DEVICE))
		return why_set(why, -EOPNOTSUPP, "use --source drm, udmabuf, dma-heap or zap-heap",
			       "this memory is no dma-buf, so no DRM node can import it");
	return 0;
}

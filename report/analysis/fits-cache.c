// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/fits-cache.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/params.h"
#include "bench/base/policy.h"

enum { LINE_BYTES = 64 };

/* Of the core type of the row; without one, of all. 0: not known, also where the type is not one of those numbers. */
static double largest_cache_bytes(const struct record *record, const struct config_result *config)
{
	double largest = 0, own = facts_number(&config->params, NULL, RECORD_CORE_TYPE, -1);

	for (int type = 0; type < 8; type++) {
		for (int level = 1; level <= 5 && (own < 0 || own == type); level++) {
			char key[40];

			snprintf(key, sizeof(key), "core_type_%d_l%d%s_bytes", type, level, level == 1 ? "d" : "");
			largest = fmax(largest, facts_number(&record->environment, "topology", key, 0));
		}
	}
	return largest;
}

bool config_after_zap(const struct config_result *config)
{
	const struct policy_row *policy = policy_find(config->policy);
	const struct fact *state = facts_find(&config->params, NULL, param_fact_key(PARAM_STATE));

	return (policy && policy_is_wc_from_birth(policy)) ||
	       (state && state->value.kind == VALUE_TEXT && !strcmp(state->value.text, "after"));
}

enum fits_cache config_cache(const struct record *record, const struct config_result *config)
{
	double bytes = facts_number(&config->params, NULL, param_fact_key(PARAM_SIZE), 0) *
		       facts_number(&config->params, NULL, param_fact_key(PARAM_RING), 1);
	double lines = facts_number(&config->params, NULL, param_fact_key(PARAM_CHAIN), 0);
	double cache = largest_cache_bytes(record, config);

	if (lines > 0)
		bytes = lines * LINE_BYTES;
	if (record->emulated || config->emulated || !(config->source && *config->source) || !(bytes > 0) ||
	    !(cache > 0))
		return FITS_UNKNOWN;
	/* No cache holds what is write-combined. */
	if (config->attributes_set && config_after_zap(config))
		return FITS_NOT;
	return bytes <= cache ? FITS_CACHE : FITS_NOT;
}

bool config_fits_cache(const struct record *record, const struct config_result *config)
{
	return config_cache(record, config) == FITS_CACHE;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/plan.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/measure/chase.h"
#include "bench/measure/environment-memory.h"
#include "bench/run/cache-sizes.h"
#include "bench/source/client.h"

const char *const profile_names[NR_PROFILES + 1] = { "quick", "matrix", "costs", "full", NULL };

enum { INSTANCES_MAX = 16, NAMES_MAX = 64 };

/* A source, or one instance of it, that this machine offers. */
struct offer {
	const struct source *source;
	char instance[INSTANCE_MAX];
};

static void append(char *text, size_t size, const char *separator, const char *more)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s", used ? separator : "", more);
}

void plan_calls(const struct bench *bench, const struct source *source, const struct params *params, char *text,
		size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < bench->nr_steps; i++) {
		char calls[200], line[256];

		client_calls(source, params, bench->steps[i], calls, sizeof(calls));
		if (!calls[0])
			continue;
		snprintf(line, sizeof(line), "%s: %s", step_name(bench->steps[i]), calls);
		append(text, size, "; ", line);
	}
}

static void name_config(struct config *config)
{
	char value[64], part[128];

	config->policy[0] = '\0';
	for (unsigned int i = 0; i < NR_POLICIES; i++) {
		if (config->policies & 1u << i)
			append(config->policy, sizeof(config->policy), "+", param_choice(PARAM_POLICY, i));
	}
	snprintf(config->name, sizeof(config->name), "%s", config->bench->name);
	if (config->source) {
		snprintf(part, sizeof(part), "%s%s%s", config->source->name, config->instance[0] ? ":" : "",
			 config->instance);
		append(config->name, sizeof(config->name), "/", part);
		append(config->name, sizeof(config->name), "/", config->policy);
		append(config->name, sizeof(config->name), "/",
		       param_choice(PARAM_GRANULARITY, params_choice(&config->params, PARAM_GRANULARITY)));
	}
	param_format(PARAM_SIZE, config->params.value[PARAM_SIZE], value, sizeof(value));
	append(config->name, sizeof(config->name), "/", value);
	for (enum param i = PARAM_ACCESS; i < NR_PARAMS; i++) {
		if (!(config->bench->uses & PARAM_BIT(i)) || config->params.value[i] == param_default(i))
			continue;
		param_format(i, config->params.value[i], value, sizeof(value));
		snprintf(part, sizeof(part), "%s=%s", param_key(i), value);
		append(config->name, sizeof(config->name), "/", part);
	}
}

static int add_skipped(struct plan *plan, const char *name, const struct why *why)
{
	struct plan_skip *grown;

	for (size_t i = 0; i < plan->nr_skipped; i++) {
		if (!strcmp(plan->skipped[i].name, name))
			return 0;
	}
	grown = realloc(plan->skipped, (plan->nr_skipped + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	plan->skipped = grown;
	snprintf(grown[plan->nr_skipped].name, sizeof(grown->name), "%s", name);
	grown[plan->nr_skipped++].why = *why;
	return 0;
}

int plan_skip(struct plan *plan, size_t index, const struct why *why)
{
	int err = add_skipped(plan, plan->config[index].name, why);

	if (err)
		return err;
	plan->count--;
	memmove(&plan->config[index], &plan->config[index + 1], (plan->count - index) * sizeof(*plan->config));
	return 0;
}

/* Do both differ only by policy, and do both policies make the same calls? Then one configuration has two names. */
static bool same_work(const struct config *a, const struct config *b)
{
	if (a->bench != b->bench || a->source != b->source || strcmp(a->instance, b->instance) ||
	    strcmp(a->calls, b->calls))
		return false;
	for (enum param i = 0; i < NR_PARAMS; i++) {
		if (i != PARAM_POLICY && a->params.value[i] != b->params.value[i])
			return false;
	}
	return true;
}

static int add_config(struct plan *plan, const struct config *config)
{
	struct config *grown;

	for (size_t i = 0; i < plan->count; i++) {
		if (same_work(&plan->config[i], config)) {
			plan->config[i].policies |= config->policies;
			name_config(&plan->config[i]);
			return 0;
		}
	}
	grown = realloc(plan->config, (plan->count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	plan->config = grown;
	plan->config[plan->count++] = *config;
	return 0;
}

/* What a policy leaves to the client, a case must give it the occasion for; and parameters of the client need one. */
static int client_check(const struct config *config, struct why *why)
{
	enum client_work client = policy_row(params_choice(&config->params, PARAM_POLICY))->client;

	if (client && !(config->bench->clients & 1u << client))
		return why_set(why, -EOPNOTSUPP, "use frame",
			       "policy %s is what a client does with whole frames; %s accesses the buffer in another "
			       "way",
			       config->policy, config->bench->name);
	if (params_choice(&config->params, PARAM_SCRATCH) == SCRATCH_FRESH && client != CLIENT_COPIES)
		return why_set(why, -EOPNOTSUPP, "use policy=bounce", "policy %s copies nothing", config->policy);
	if (params_choice(&config->params, PARAM_PREFAULT) == PREFAULT_THREAD && client != CLIENT_PREFAULTS)
		return why_set(why, -EOPNOTSUPP, "use policy=prefault", "policy %s prefaults nothing", config->policy);
	if (client == CLIENT_PREFAULTS && config->bench->per_fault &&
	    params_choice(&config->params, PARAM_TIMING) == TIMING_EVENT)
		return why_set(why, -EOPNOTSUPP, "use timing=batch", "a prefault leaves no single fault to time");
	return client_supports(&config->params, why);
}

/* Is there a SYNC call, and a device where one is to be mapped meanwhile? */
static int sync_check(const struct config *config, struct why *why)
{
	static const char part_fix[] = "use --source zap-heap, on a kernel with the zap heaps or their modules";
	bool part = config->bench->uses & PARAM_BIT(PARAM_RANGE);

	if (!(config->bench->uses & PARAM_BIT(PARAM_SYNC)))
		return 0;
	if (!config->source->sync)
		return why_set(why, -EOPNOTSUPP, part ? part_fix : "use --source udmabuf, dma-heap or zap-heap",
			       "%s is no dma-buf, so it has no SYNC call", config->source->name);
	if (part && !config->source->sync_range)
		return why_set(why, -EOPNOTSUPP, part_fix,
			       "%s has no SYNC of a part: DMA_BUF_IOCTL_SYNC is for whole buffers",
			       config->source->name);
	if (config->params.value[PARAM_ATTACHMENTS] > 0 &&
	    !(source_parts(config->source, &config->params) & POLICY_PART_DEVICE))
		return why_set(why, -EOPNOTSUPP, "use attachments=0, device=drm, or a kernel with the zap heaps",
			       "no device maps buffers of %s", config->source->name);
	if (config->params.value[PARAM_ATTACHMENTS] > 1 && params_choice(&config->params, PARAM_DEVICE) == DEVICE_DRM)
		return why_set(why, -EOPNOTSUPP, "use attachments=1", "a DRM node imports a buffer once");
	return 0;
}

static int consider(struct plan *plan, struct config *config)
{
	struct why why = { "", "" };
	int err = 0;

	if (!policy_zaps(params_choice(&config->params, PARAM_POLICY)))
		config->params.value[PARAM_GRANULARITY] = GRANULARITY_NONE;
	if (config->params.value[PARAM_PAGES] == COUNT_ALL)
		config->params.value[PARAM_PAGES] = config->params.value[PARAM_SIZE] / (double)sysconf(_SC_PAGESIZE);
	if (config->params.value[PARAM_CHAIN] == COUNT_ALL)
		config->params.value[PARAM_CHAIN] = config->params.value[PARAM_SIZE] / CHASE_LINE_BYTES;
	config->policies = 1u << params_choice(&config->params, PARAM_POLICY);
	config->calls[0] = '\0';
	name_config(config);
	if (params_choice(&config->params, PARAM_TIMING) == TIMING_EVENT &&
	    !policy_zaps(params_choice(&config->params, PARAM_POLICY)) && config->bench->per_fault)
		err = why_set(&why, -EOPNOTSUPP, "use timing=batch",
			      "this policy takes no faults, so there is no event to time");
	if (!err && params_choice(&config->params, PARAM_TIMING) == TIMING_CHECK && !config->bench->per_fault)
		err = why_set(&why, -EOPNOTSUPP, "use timing=batch or event",
			      "timing=check is a loop over pages, and %s has none", config->bench->name);
	if (!err && config->source && policy_zaps(params_choice(&config->params, PARAM_POLICY)) &&
	    params_choice(&config->params, PARAM_GRANULARITY) == GRANULARITY_NONE)
		err = why_set(&why, -EOPNOTSUPP, "use granularity=page, around, contpte, buffer or huge",
			      "policy %s zaps, so it needs a granularity", config->policy);
	if (!err && !config->bench->takes_both && config->bench->uses & PARAM_BIT(PARAM_ACCESS) &&
	    params_choice(&config->params, PARAM_ACCESS) == ACCESS_BOTH)
		err = why_set(&why, -EOPNOTSUPP, "use access=read or write", "%s makes one access per page",
			      config->bench->name);
	if (!err && config->source)
		err = sync_check(config, &why);
	if (!err && config->source && !config->source->limits_chunks && config->params.value[PARAM_CHUNK] != CHUNK_ANY)
		err = why_set(&why, -EOPNOTSUPP, "omit chunk=", "%s cannot limit its chunks", config->source->name);
	if (!err && config->source && config->bench->uses & PARAM_BIT(PARAM_MAINTAIN) &&
	    params_choice(&config->params, PARAM_MAINTAIN) == MAINTAIN_KERNEL &&
	    !(source_parts(config->source, &config->params) & POLICY_PART_MAINTENANCE))
		err = why_set(&why, -EOPNOTSUPP, "use maintain=user-clean or user-flush",
			      "on %s no device maps the buffer, so the kernel cleans no caches", config->source->name);
	if (!err && config->params.value[PARAM_DELAY] > 0 &&
	    params_choice(&config->params, PARAM_TIMING) == TIMING_EVENT)
		err = why_set(&why, -EOPNOTSUPP, "use timing=batch", "delay= waits once for all pages, not per event");
	if (!err && config->source)
		err = client_check(config, &why);
	if (!err && config->bench->check)
		err = config->bench->check(&config->params, &why);
	if (!err && config->source)
		err = config->source->supports(config->instance, &config->params, &why);
	if (err)
		return err == -ENOMEM ? err : add_skipped(plan, config->name, &why);
	if (config->source)
		plan_calls(config->bench, config->source, &config->params, config->calls, sizeof(config->calls));
	return add_config(plan, config);
}

/* Every combination of the swept values, the last parameter fastest. */
static int expand(struct plan *plan, struct config *config, const struct sweep *sweep, enum param param)
{
	int err = 0;

	if (param == NR_PARAMS) {
		struct config copy = *config;

		return consider(plan, &copy);
	}
	if (!(config->bench->uses & PARAM_BIT(param)) || !sweep->count[param]) {
		config->params.value[param] = param_default(param);
		return expand(plan, config, sweep, param + 1);
	}
	for (size_t i = 0; i < sweep->count[param] && !err; i++) {
		config->params.value[param] = sweep->value[param][i];
		err = expand(plan, config, sweep, param + 1);
	}
	return err;
}

/* One line of a profile: sweeps separated by blanks. Values that the user sets replace them. */
static int line_sweep(const char *line, const struct sweep *set, struct sweep *sweep, struct why *why)
{
	char copy[512], *rest = copy, *item;
	int err;

	memset(sweep, 0, sizeof(*sweep));
	snprintf(copy, sizeof(copy), "%s", line);
	while ((item = strsep(&rest, " "))) {
		err = *item ? sweep_parse_profile(sweep, item, sysconf(_SC_PAGESIZE), why) : 0;
		if (err)
			return err;
	}
	for (enum param i = 0; i < NR_PARAMS; i++) {
		if (set->count[i]) {
			sweep->count[i] = set->count[i];
			memcpy(sweep->value[i], set->value[i], sizeof(sweep->value[i]));
		}
	}
	return 0;
}

/*
 * The quick profile on a source where a fault brings back what the kernel says: that granularity in place of those of
 * the profile's lines, or the source would have no row that zaps. What the user sets stays.
 */
static void sweep_own_granularity(const struct request *request, const struct offer *offer, struct sweep *sweep)
{
	int own;

	if (request->profile != PROFILE_QUICK || !offer || !offer->source->granularity ||
	    request->set.count[PARAM_GRANULARITY] || !sweep->count[PARAM_GRANULARITY])
		return;
	own = offer->source->granularity(offer->instance);
	if (own < 0)
		return;
	sweep->count[PARAM_GRANULARITY] = 1;
	sweep->value[PARAM_GRANULARITY][0] = own;
}

/* What is not measured of the sizes that follow the caches: all of them, or the largest. */
static int skip_caches(struct plan *plan, const struct config *config, const struct why *why)
{
	char name[128];

	snprintf(name, sizeof(name), "%s%s%s%s%s/size=caches", config->bench->name, config->source ? "/" : "",
		 config->source ? config->source->name : "", config->instance[0] ? ":" : "", config->instance);
	return add_skipped(plan, name, why);
}

/* The sizes of this machine in place of SIZE_CACHES and SIZE_MEMORY. @left: false if the sweep has no size then. */
static int sweep_caches(struct plan *plan, const struct config *config, struct cache_sizes *sizes, struct sweep *sweep,
			bool *left)
{
	size_t count = 0, nr_given = sweep->count[PARAM_SIZE];
	double given[SWEEP_MAX], largest = 0;
	bool caches = false, memory = false;
	int err;

	memcpy(given, sweep->value[PARAM_SIZE], sizeof(given));
	for (size_t i = 0; i < nr_given; i++) {
		if (given[i] > SIZE_CACHES)
			sweep->value[PARAM_SIZE][count++] = given[i];
		caches |= given[i] == SIZE_CACHES;
		memory |= given[i] == SIZE_MEMORY;
		largest = fmax(largest, given[i]);
	}
	*left = true;
	if ((!caches && !memory) || !(config->bench->uses & PARAM_BIT(PARAM_SIZE)))
		return 0;
	err = cache_sizes_find(sizes);
	for (size_t i = 0; i < sizes->count && caches && count < SWEEP_MAX; i++)
		sweep->value[PARAM_SIZE][count++] = sizes->bytes[i];
	if (memory && count < SWEEP_MAX)
		sweep->value[PARAM_SIZE][count++] = sizes->memory;
	sweep->count[PARAM_SIZE] = count;
	*left = count;
	if (err || !caches || !sizes->why.reason[0])
		return err;
	/* Whoever named one that is as large has what was left out. */
	return sizes->left_out > 0 && largest >= sizes->left_out ? 0 : skip_caches(plan, config, &sizes->why);
}

static int plan_case(struct plan *plan, const struct request *request, const struct bench *bench,
		     const struct offer *offer, struct cache_sizes *sizes, struct why *why)
{
	const char *const *const sweeps[] = {
		[PROFILE_QUICK] = bench->quick,
		[PROFILE_MATRIX] = bench->matrix,
		[PROFILE_COSTS] = bench->costs,
		[PROFILE_FULL] = bench->full,
	};
	static const char *const defaults[] = { "", NULL };
	const char *const *lines = sweeps[request->profile];
	int err = 0;

	/* The profile leaves it out, but the user names it. */
	if (!lines && request->cases && *request->cases)
		lines = bench->full ? bench->full : defaults;
	for (; lines && *lines && !err; lines++) {
		struct config config = { .bench = bench, .source = offer ? offer->source : NULL };
		struct sweep sweep;
		bool left = true;

		if (offer)
			memcpy(config.instance, offer->instance, sizeof(config.instance));
		err = line_sweep(*lines, &request->set, &sweep, why);
		if (!err)
			sweep_own_granularity(request, offer, &sweep);
		if (!err)
			err = sweep_caches(plan, &config, sizes, &sweep, &left);
		if (!err && left)
			err = expand(plan, &config, &sweep, 0);
	}
	return err;
}

static int unknown_name(const char *what, const char *name, const char *const *known, struct why *why)
{
	const char *nearest = nearest_name(name, known);

	if (nearest)
		return why_set(why, -EINVAL, NULL, "unknown %s '%s'; did you mean '%s'?", what, name, nearest);
	return why_set(why, -EINVAL, "see zapbench list", "unknown %s '%s'", what, name);
}

/* The present name of a case that an older program called @name; NULL: there is none. */
static const char *renamed(const char *name)
{
	for (size_t i = 0; benches[i]; i++) {
		if (benches[i]->former_name && !strcmp(benches[i]->former_name, name))
			return benches[i]->name;
	}
	return NULL;
}

static int check_cases(const struct request *request, struct why *why)
{
	const char *known[NAMES_MAX + 1] = { NULL };

	for (size_t i = 0; i < NAMES_MAX && benches[i]; i++)
		known[i] = benches[i]->name;
	for (const char **name = request->cases; name && *name; name++) {
		if (!bench_find(*name) && renamed(*name))
			return why_set(why, -EINVAL, NULL, "unknown case '%s'; did you mean '%s'?", *name,
				       renamed(*name));
		if (!bench_find(*name))
			return unknown_name("case", *name, known, why);
	}
	return 0;
}

/* The user set a parameter that no selected case uses: an error. */
static int check_set(const struct request *request, struct why *why)
{
	uint64_t used = 0;

	for (size_t i = 0; benches[i]; i++) {
		if (name_wanted((const char *const *)request->cases, benches[i]->name))
			used |= benches[i]->uses;
	}
	for (enum param i = 0; i < NR_PARAMS; i++) {
		if (request->set.count[i] && !(used & PARAM_BIT(i)))
			return why_set(why, -EINVAL, "see zapbench list",
				       "parameter '%s' has no effect on the selected cases", param_key(i));
	}
	return 0;
}

static size_t offers_of(const struct source *source, struct offer *offers, size_t max)
{
	char names[INSTANCES_MAX][INSTANCE_MAX] = { "" };
	size_t count = source->instances ? source->instances(names, INSTANCES_MAX) : 1;

	if (count > max)
		count = max;
	for (size_t i = 0; i < count; i++) {
		offers[i].source = source;
		memcpy(offers[i].instance, names[i], sizeof(offers[i].instance));
	}
	return count;
}

/* A source that was named: it must be there. "dma-heap:system" names one instance. */
static int named_offers(const char *name, struct offer *offers, size_t *count, size_t max, struct why *why)
{
	const char *colon = strchr(name, ':');
	const char *known[NAMES_MAX + 1] = { NULL };
	const struct source *source;
	size_t found, kept = 0;
	char base[64];
	int err;

	snprintf(base, sizeof(base), "%.*s", (int)(colon ? colon - name : (long)strlen(name)), name);
	for (size_t i = 0; i < NAMES_MAX && sources[i]; i++)
		known[i] = sources[i]->name;
	source = source_find(base);
	if (!source)
		return unknown_name("source", base, known, why);
	err = source->probe(why);
	if (err)
		return err == -ENOMEM ? err : -ENOENT;
	found = offers_of(source, offers + *count, max - *count);
	for (size_t i = 0; i < found; i++) {
		struct offer offer = offers[*count + i];

		if (!colon || !strcmp(offer.instance, colon + 1))
			offers[*count + kept++] = offer;
	}
	if (!kept)
		return why_set(why, -ENOENT, "see zapbench list", "source %s has no instance '%s' on this machine",
			       base, colon ? colon + 1 : "");
	*count += kept;
	return 0;
}

static int find_offers(const struct request *request, struct plan *plan, struct offer *offers, size_t *count,
		       size_t max, struct why *why)
{
	const char *preferred;
	int err = 0;

	*count = 0;
	if (request->sources && *request->sources) {
		for (const char **name = request->sources; *name && !err; name++)
			err = named_offers(*name, offers, count, max, why);
		return err;
	}
	preferred = getenv("ZAPBENCH_SOURCE");
	if (preferred && *preferred && request->profile != PROFILE_FULL)
		return named_offers(preferred, offers, count, max, why);
	for (size_t i = 0; sources[i] && !err; i++) {
		struct why missing = { "", "" };

		if (sources[i]->probe(&missing)) {
			if (request->profile == PROFILE_FULL)
				err = add_skipped(plan, sources[i]->name, &missing);
			continue;
		}
		*count += offers_of(sources[i], offers + *count, max - *count);
		if (request->profile != PROFILE_FULL)
			break;
	}
	return err;
}

bool plan_answers(const struct plan *plan, const struct request *request)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct bench *bench = plan->config[i].bench;

		if (bench->uses_source || !plan->nr_skipped ||
		    (request->cases && request->cases[0] &&
		     name_wanted((const char *const *)request->cases, bench->name)))
			return true;
	}
	return false;
}

/* How many were skipped for the same reason as this one. */
static size_t skipped_alike(const struct plan *plan, size_t index)
{
	size_t alike = 0;

	for (size_t i = 0; i < plan->nr_skipped; i++)
		alike += !strcmp(plan->skipped[i].why.reason, plan->skipped[index].why.reason);
	return alike;
}

int plan_nothing_left(const struct plan *plan, struct why *why)
{
	size_t chosen = 0, most = 0;

	for (size_t i = 0; i < plan->nr_skipped; i++) {
		size_t alike = skipped_alike(plan, i);

		if (alike > most) {
			most = alike;
			chosen = i;
		}
	}
	return why_set(why, -ENOENT, plan->skipped[chosen].why.remedy, "nothing to run: %s: %s",
		       plan->skipped[chosen].name, plan->skipped[chosen].why.reason);
}

/* Do both use the same memory? The process of a round allocates each kind and size once and keeps it. */
static bool same_memory(const struct config *a, const struct config *b)
{
	unsigned int huge = GRANULARITY_HUGE;

	if (a->source != b->source || strcmp(a->instance, b->instance) ||
	    params_bytes(&a->params) != params_bytes(&b->params) ||
	    a->params.value[PARAM_CHUNK] != b->params.value[PARAM_CHUNK])
		return false;
	/* In the kernel each policy has memory of its own. */
	if (!a->source->played_by_user[0])
		return !strcmp(a->policy, b->policy) &&
		       params_choice(&a->params, PARAM_GRANULARITY) == params_choice(&b->params, PARAM_GRANULARITY);
	return (params_choice(&a->params, PARAM_GRANULARITY) == huge) ==
	       (params_choice(&b->params, PARAM_GRANULARITY) == huge);
}

static double config_bytes(const struct config *config)
{
	return (double)params_buffers(&config->params) * (double)params_bytes(&config->params);
}

static double memory_needed(const struct plan *plan)
{
	double bytes = 0, copies = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct config *config = &plan->config[i];
		size_t buffers = params_buffers(&config->params), there = 0;

		if (!config->source)
			continue;
		if (config->bench->copies)
			copies = fmax(copies, (double)params_bytes(&config->params));
		if (policy_row(params_choice(&config->params, PARAM_POLICY))->client == CLIENT_COPIES)
			copies = fmax(copies, config_bytes(config));
		for (size_t j = 0; j < i; j++) {
			size_t others = params_buffers(&plan->config[j].params);

			if (plan->config[j].source && same_memory(config, &plan->config[j]) && others > there)
				there = others;
		}
		if (buffers > there && !config->source->reserved)
			bytes += (double)(buffers - there) * (double)params_bytes(&config->params);
	}
	return bytes + copies;
}

int plan_fit(struct plan *plan, double available_bytes)
{
	double needed;
	int err = 0;

	while (!err && (needed = memory_needed(plan)) > available_bytes * MEMORY_SHARE) {
		struct why why = { "", "" };
		size_t largest = 0;

		for (size_t i = 0; i < plan->count; i++) {
			if (config_bytes(&plan->config[i]) > config_bytes(&plan->config[largest]))
				largest = i;
		}
		why_set(&why, -ENOMEM, "use smaller buffers (--set size=) or fewer cases",
			"the buffers of this run need %.0f MiB; %.0f MiB are available", needed / (1 << 20),
			available_bytes / (1 << 20));
		err = plan_skip(plan, largest, &why);
	}
	return err;
}

/* Skip what does not fit into memory, before the OOM killer ends the run. */
static int fit_memory(struct plan *plan)
{
	int64_t available = environment_meminfo("", "MemAvailable");

	return available < 0 ? 0 : plan_fit(plan, (double)available);
}

/* Each configuration @times; all of them use the same memory. */
static int repeat(struct plan *plan, size_t times)
{
	struct config *config = calloc(times * plan->count + 1, sizeof(*config));

	if (!config)
		return -ENOMEM;
	for (size_t i = 0; i < times * plan->count; i++)
		config[i] = plan->config[i / times];
	free(plan->config);
	plan->config = config;
	plan->count *= times;
	return 0;
}

static void append_number(struct config *config, const char *key, int number)
{
	char part[32];

	snprintf(part, sizeof(part), "%s=%d", key, number);
	append(config->name, sizeof(config->name), "/", part);
}

static int split(struct plan *plan)
{
	int err = repeat(plan, 2);

	for (size_t i = 0; i < plan->count && !err; i++) {
		plan->config[i].half = 1 + (int)(i % 2);
		append_number(&plan->config[i], "half", plan->config[i].half);
	}
	return err;
}

int plan_spread(struct plan *plan, const int *numbers, size_t count)
{
	int err = repeat(plan, count);

	for (size_t i = 0; i < plan->count && !err; i++) {
		plan->config[i].has_core = true;
		plan->config[i].core = numbers[i % count];
		append_number(&plan->config[i], "core", plan->config[i].core);
	}
	return err;
}

int plan_make(const struct request *request, struct plan *plan, struct why *why)
{
	struct offer offers[INSTANCES_MAX];
	struct cache_sizes sizes = { 0 };
	size_t nr_offers;
	int err;

	memset(plan, 0, sizeof(*plan));
	err = check_cases(request, why);
	if (!err)
		err = check_set(request, why);
	if (!err)
		err = find_offers(request, plan, offers, &nr_offers, INSTANCES_MAX, why);
	for (size_t i = 0; benches[i] && !err; i++) {
		if (!name_wanted((const char *const *)request->cases, benches[i]->name))
			continue;
		if (!benches[i]->uses_source)
			err = plan_case(plan, request, benches[i], NULL, &sizes, why);
		for (size_t j = 0; benches[i]->uses_source && j < nr_offers && !err; j++)
			err = plan_case(plan, request, benches[i], &offers[j], &sizes, why);
	}
	if (!err)
		err = fit_memory(plan);
	if (!err && request->halves)
		err = split(plan);
	if (!err && !plan_answers(plan, request)) {
		if (plan->nr_skipped)
			err = plan_nothing_left(plan, why);
		else
			err = why_set(why, -ENOENT, "see zapbench list",
				      "nothing to run: this machine has no usable source");
	}
	if (err)
		plan_free(plan);
	return err;
}

void plan_free(struct plan *plan)
{
	free(plan->config);
	free(plan->skipped);
	memset(plan, 0, sizeof(*plan));
}

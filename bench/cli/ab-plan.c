// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/ab-plan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_rng.h>

#include "bench/base/file.h"
#include "bench/base/json-memory.h"

#define FORMAT "zapbench-ab-plan"

const char *const ab_side_names[NR_SIDES] = { "A", "B", "both" };

int ab_plan_order(struct ab_plan *plan, size_t pairs)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	plan->nr_runs = plan->heap[SIDE_A] ? 1 : 2 * pairs;
	plan->run = calloc(plan->nr_runs, sizeof(*plan->run));
	if (!rng || !plan->run) {
		gsl_rng_free(rng);
		return -ENOMEM;
	}
	gsl_rng_set(rng, (unsigned long)plan->seed);
	if (plan->heap[SIDE_A])
		plan->run[0].side = SIDE_BOTH;
	for (size_t i = 0; !plan->heap[SIDE_A] && i < plan->nr_runs; i += 4) {
		enum ab_side first = gsl_rng_uniform_int(rng, 2) ? SIDE_B : SIDE_A;

		for (size_t j = i; j < i + 4 && j < plan->nr_runs; j++)
			plan->run[j].side = j == i || j == i + 3 ? first : SIDE_B - first;
	}
	gsl_rng_free(rng);
	return 0;
}

void ab_plan_free(struct ab_plan *plan)
{
	free(plan->run);
	free(plan->read_argument);
	json_decref(plan->json);
	*plan = (struct ab_plan){ 0 };
}

/* ---- the file ---- */

static json_t *pack_run(const struct ab_run *run)
{
	return json_pack("{s:s, s:b, s:i, s:i, s:f, s:s, s:s, s:s}", "side", ab_side_names[run->side], "done",
			 run->done, "attempts", run->attempts, "begun", run->begun, "duration_s", run->duration_s,
			 "boot_id", run->boot_id, "left_boot", run->left_boot, "kernel", run->kernel);
}

/* NULL without memory, or for a text that is no UTF-8. */
static json_t *pack(const struct ab_plan *plan)
{
	json_t *arguments = json_array(), *runs = json_array();

	for (size_t i = 0; plan->argument[i]; i++) {
		if (json_array_append_new(arguments, json_string(plan->argument[i])))
			goto failed;
	}
	for (size_t i = 0; i < plan->nr_runs; i++) {
		if (json_array_append_new(runs, pack_run(&plan->run[i])))
			goto failed;
	}
	return json_pack("{s:s, s:i, s:I, s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:f, s:o, s:o}", "format",
			 FORMAT, "version", 1, "seed", (json_int_t)plan->seed, "folder", plan->folder, "command_a",
			 plan->command[SIDE_A], "command_b", plan->command[SIDE_B], "binary_a", plan->binary[SIDE_A],
			 "binary_b", plan->binary[SIDE_B], "heap_a", plan->heap[SIDE_A], "heap_b", plan->heap[SIDE_B],
			 "reboot_hook", plan->hook, "reboot_wait_s", plan->reboot_wait_s, "run_arguments", arguments,
			 "runs", runs);
failed:
	json_decref(arguments);
	json_decref(runs);
	return NULL;
}

int ab_plan_write(const struct ab_plan *plan, const char *path, struct why *why)
{
	json_t *json = pack(plan);
	char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	int err;

	json_decref(json);
	if (!text)
		return why_set(why, -EINVAL, "use UTF-8 in all arguments", "%s: the plan cannot be written as JSON",
			       path);
	err = file_replace_bytes(path, text, strlen(text), why);
	free(text);
	return err;
}

static int take_text(char *field, size_t size, const char *text)
{
	return (size_t)snprintf(field, size, "%s", text) < size ? 0 : -EINVAL;
}

static int unpack_run(json_t *json, struct ab_run *run, json_error_t *error)
{
	const char *side, *boot, *left, *kernel;
	int done;

	if (json_unpack_ex(json, error, 0, "{s:s, s:b, s:i, s:i, s:F, s:s, s:s, s:s}", "side", &side, "done", &done,
			   "attempts", &run->attempts, "begun", &run->begun, "duration_s", &run->duration_s, "boot_id",
			   &boot, "left_boot", &left, "kernel", &kernel))
		return -EINVAL;
	run->done = done;
	while (run->side < NR_SIDES && strcmp(side, ab_side_names[run->side]))
		run->side++;
	snprintf(error->text, sizeof(error->text), "there is no side '%.20s', or a text of a run is too long", side);
	if (run->side == NR_SIDES || take_text(run->boot_id, sizeof(run->boot_id), boot) ||
	    take_text(run->left_boot, sizeof(run->left_boot), left) ||
	    take_text(run->kernel, sizeof(run->kernel), kernel))
		return -EINVAL;
	return 0;
}

static int unpack_lists(struct ab_plan *plan, json_t *arguments, json_t *runs, json_error_t *error)
{
	plan->nr_runs = json_array_size(runs);
	plan->run = calloc(plan->nr_runs + 1, sizeof(*plan->run));
	plan->read_argument = calloc(json_array_size(arguments) + 1, sizeof(*plan->read_argument));
	plan->argument = plan->read_argument;
	if (!plan->run || !plan->read_argument)
		return -ENOMEM;
	snprintf(error->text, sizeof(error->text), "the run arguments or the runs are missing");
	if (!json_is_array(arguments) || !plan->nr_runs)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(arguments); i++) {
		plan->read_argument[i] = json_string_value(json_array_get(arguments, i));
		if (!plan->read_argument[i])
			return -EINVAL;
	}
	for (size_t i = 0; i < plan->nr_runs; i++) {
		if (unpack_run(json_array_get(runs, i), &plan->run[i], error))
			return -EINVAL;
		snprintf(error->text, sizeof(error->text),
			 "there are two heaps, but the runs do not measure both sides, or the reverse");
		if ((plan->run[i].side == SIDE_BOTH) != (plan->heap[SIDE_A] && plan->heap[SIDE_B]))
			return -EINVAL;
	}
	return 0;
}

static int unpack(struct ab_plan *plan, json_error_t *error)
{
	json_t *arguments, *runs;
	const char *format;
	json_int_t seed;
	int version;

	if (json_unpack_ex(plan->json, error, 0, "{s:s, s:i}", "format", &format, "version", &version))
		return -EINVAL;
	snprintf(error->text, sizeof(error->text), "its format is not " FORMAT " 1");
	if (strcmp(format, FORMAT) || version != 1)
		return -EINVAL;
	if (json_unpack_ex(plan->json, error, 0, "{s:I, s:s, s?s, s?s, s?s, s?s, s?s, s?s, s?s, s:F, s:o, s:o}", "seed",
			   &seed, "folder", &plan->folder, "command_a", &plan->command[SIDE_A], "command_b",
			   &plan->command[SIDE_B], "binary_a", &plan->binary[SIDE_A], "binary_b", &plan->binary[SIDE_B],
			   "heap_a", &plan->heap[SIDE_A], "heap_b", &plan->heap[SIDE_B], "reboot_hook", &plan->hook,
			   "reboot_wait_s", &plan->reboot_wait_s, "run_arguments", &arguments, "runs", &runs))
		return -EINVAL;
	plan->seed = (uint64_t)seed;
	return unpack_lists(plan, arguments, runs, error);
}

int ab_plan_read(const char *path, struct ab_plan *plan, struct why *why)
{
	FILE *file = fopen(path, "re");
	json_error_t error;
	int err = 0;

	*plan = (struct ab_plan){ 0 };
	if (!file)
		return why_set(why, -errno, NULL, "%s: %s", path, strerror(errno));
	json_watch_reading();
	plan->json = json_whole(json_loadf(file, JSON_REJECT_DUPLICATES, &error));
	fclose(file);
	err = plan->json ? unpack(plan, &error) : -EINVAL;
	if (json_ran_out())
		err = -ENOMEM;
	if (!err)
		return 0;
	ab_plan_free(plan);
	if (err == -ENOMEM)
		return why_set(why, err, NULL, "%s: out of memory", path);
	return why_set(why, err, "begin a new plan in another --dir", "%s: not a plan of zapbench ab: %s", path,
		       error.text);
}

/* ---- what comes next ---- */

struct ab_run *ab_plan_next(const struct ab_plan *plan)
{
	for (size_t i = 0; i < plan->nr_runs; i++) {
		if (!plan->run[i].done)
			return &plan->run[i];
	}
	return NULL;
}

/* Is this the boot that the hook made for the run? Not where a crash during the run has booted another one since. */
static bool boot_is_for(const struct ab_run *run, const char *boot_id)
{
	return run->left_boot[0] && strcmp(run->left_boot, boot_id) &&
	       (!run->boot_id[0] || !strcmp(run->boot_id, boot_id));
}

enum ab_step ab_plan_step(const struct ab_plan *plan, const char *boot_id)
{
	const struct ab_run *run = ab_plan_next(plan);

	if (!run)
		return AB_COMPARE;
	if (run->attempts >= AB_ATTEMPTS)
		return AB_GIVE_UP;
	return plan->hook && !boot_is_for(run, boot_id) ? AB_REBOOT : AB_RUN;
}

void ab_plan_begin(struct ab_plan *plan, const char *boot_id)
{
	struct ab_run *run = ab_plan_next(plan);

	run->attempts++;
	run->begun++;
	snprintf(run->boot_id, sizeof(run->boot_id), "%s", boot_id);
}

void ab_plan_reboot(struct ab_plan *plan, const char *boot_id)
{
	struct ab_run *run = ab_plan_next(plan);

	run->boot_id[0] = '\0';
	snprintf(run->left_boot, sizeof(run->left_boot), "%s", boot_id);
}

void ab_plan_done(struct ab_plan *plan, const char *kernel, double duration_s)
{
	struct ab_run *run = ab_plan_next(plan);

	run->done = true;
	run->attempts = 0;
	run->duration_s = duration_s;
	snprintf(run->kernel, sizeof(run->kernel), "%s", kernel);
}

const char *ab_plan_other_kernel(const struct ab_plan *plan, const char *kernel)
{
	const struct ab_run *next = ab_plan_next(plan);

	for (const struct ab_run *run = plan->run; run < next; run++) {
		if (run->side == next->side && strncmp(run->kernel, kernel, sizeof(run->kernel) - 1))
			return run->kernel;
	}
	return NULL;
}

bool ab_plan_one_boot(const struct ab_plan *plan)
{
	for (size_t i = 1; i < plan->nr_runs; i++) {
		if (plan->run[i].done && strcmp(plan->run[i].boot_id, plan->run[0].boot_id))
			return false;
	}
	return true;
}

bool ab_plan_one_kernel(const struct ab_plan *plan)
{
	for (size_t i = 1; i < plan->nr_runs; i++) {
		if (plan->run[i].done && strcmp(plan->run[i].kernel, plan->run[0].kernel))
			return false;
	}
	return true;
}

double ab_plan_left_s(const struct ab_plan *plan)
{
	double sum = 0;
	size_t done = 0;

	for (; done < plan->nr_runs && plan->run[done].done; done++)
		sum += plan->run[done].duration_s;
	return done ? sum / (double)done * (double)(plan->nr_runs - done) : NAN;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* zapbench ab: what A and B are, and the plan of their runs; ab-job.c carries it out. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/cli/ab-job.h"
#include "bench/cli/cli.h"
#include "bench/cli/destination.h"

#define PLAN_NAME "plan.json"

enum {
	FLAG_A = 1,
	FLAG_B,
	FLAG_BINARY_A,
	FLAG_BINARY_B,
	FLAG_HEAP_A,
	FLAG_HEAP_B,
	FLAG_HOOK,
	FLAG_WAIT,
	FLAG_PAIRS,
	FLAG_SEED,
	FLAG_DIR,
	FLAG_RESUME
};

static const struct flag flags[] = {
	{ .id = FLAG_A,
	  .name = "a",
	  .argument = "COMMAND",
	  .help = "switch to A: sh -c COMMAND runs before each run of A",
	  .heading = "what A and B are" },
	{ .id = FLAG_B, .name = "b", .argument = "COMMAND", .help = "switch to B, in the same way" },
	{ .id = FLAG_BINARY_A,
	  .name = "binary-a",
	  .argument = "PATH",
	  .help = "the zapbench program that measures A",
	  .preset = "this one",
	  .values = &values_files },
	{ .id = FLAG_BINARY_B,
	  .name = "binary-b",
	  .argument = "PATH",
	  .help = "the zapbench program that measures B",
	  .preset = "this one",
	  .values = &values_files },
	{ .id = FLAG_HEAP_A,
	  .name = "heap-a",
	  .argument = "SOURCE",
	  .help = "compare two sources of memory; one run measures both, and pairs them by round",
	  .values = &values_sources },
	{ .id = FLAG_HEAP_B,
	  .name = "heap-b",
	  .argument = "SOURCE",
	  .help = "the other source",
	  .values = &values_sources },
	{ .id = FLAG_HOOK,
	  .name = "reboot-hook",
	  .argument = "COMMAND",
	  .help = "boot another kernel: sh -c 'COMMAND A' (or B) runs before each run; zapbench ab --resume continues "
		  "after the boot",
	  .more = "COMMAND must end with a reboot or kexec. "
		  "Each run gets a boot of its own, because each boot is one observation. "
		  "All runs of one side must have the same kernel." },
	{ .id = FLAG_WAIT,
	  .name = "reboot-wait",
	  .argument = "SECONDS",
	  .help = "fail if the machine does not reboot within this time after the hook",
	  .preset = "120" },
	{ .id = FLAG_PAIRS,
	  .name = "pairs",
	  .argument = "N",
	  .help = "runs per side",
	  .preset = "6",
	  .heading = "how" },
	{ .id = FLAG_SEED,
	  .name = "seed",
	  .argument = "N",
	  .help = "seed of the order of A and B",
	  .preset = "random, and stored in the plan" },
	{ .id = FLAG_DIR,
	  .name = "dir",
	  .argument = "DIR",
	  .help = "folder of the plan and the records",
	  .preset = RESULTS_FOLDER "ab-TIME",
	  .more = "It holds plan.json, a folder of records per side, and unfinished/ with the records of failed "
		  "attempts.",
	  .values = &values_folders },
	{ .id = FLAG_RESUME,
	  .name = "resume",
	  .argument = "PLAN",
	  .help = "continue the plan in this file; takes no other option",
	  .values = &values_results },
	{ .name = NULL },
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, "no regression from A to B" },
	{ STATUS_REGRESSION, "regression from A to B; never with heaps" },
	{ STATUS_USAGE, "wrong usage, or a file that is not a plan" },
	{ STATUS_NOTHING, "nothing can be compared" },
	{ STATUS_BROKEN, "failed; the last line names the command that continues" },
	{ STATUS_SIGNAL, "interrupted; the last line names the command that continues" },
	{ 0, NULL },
};

/* What the command line says. */
struct asked {
	struct ab_plan plan;
	double pairs;
	const char *folder, *resume;
	bool seeded, others;
};

/* ---- the beginning ---- */

/* The lock is released when this process and the run that it began have ended. */
static int lock_folder(struct job *job, struct why *why)
{
	job->lock = open(job->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (job->lock < 0)
		return file_why(why, -errno, job->folder);
	if (flock(job->lock, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		return why_set(why, -EBUSY, "wait for its end", "%s: another zapbench ab, or its run, uses this folder",
			       job->folder);
	return 0;
}

/* A folder of our own: another plan may begin in the same second. */
static int make_new_folder(struct job *job, struct why *why)
{
	time_t now = time(NULL);
	int length = snprintf(job->folder, sizeof(job->folder), "%s", RESULTS_FOLDER);
	int err = file_make_folder(RESULTS_FOLDER);

	length += (int)strftime(job->folder + length, sizeof(job->folder) - (size_t)length, "ab-%Y%m%dT%H%M%S",
				localtime(&now));
	for (int i = 2; !err && mkdir(job->folder, 0777); i++) {
		if (errno == EEXIST)
			snprintf(job->folder + length, sizeof(job->folder) - (size_t)length, "-%d", i);
		else
			err = -errno;
	}
	return err ? file_why(why, err, job->folder) : 0;
}

static int make_folders(struct job *job, const char *given, struct why *why)
{
	static const char *const names[] = { "unfinished", "a", "b", "both" };
	char path[PATH_MAX];
	int err = given ? 0 : make_new_folder(job, why);

	if (err)
		return err;
	if (given && (size_t)snprintf(job->folder, sizeof(job->folder), "%s", given) >= sizeof(job->folder))
		return why_set(why, -ENAMETOOLONG, NULL, "--dir: the name is too long");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i], "both") != (job->plan.heap[SIDE_A] != NULL) && i)
			continue;
		snprintf(path, sizeof(path), "%s/%s", job->folder, names[i]);
		err = file_make_folder(path);
		if (err)
			return file_why(why, err, path);
	}
	snprintf(job->file, sizeof(job->file), "%s/" PLAN_NAME, job->folder);
	if (!access(job->file, F_OK)) {
		snprintf(path, sizeof(path), "zapbench ab --resume %.*s, or another --dir", PATH_MAX / 2, job->file);
		return why_set(why, -EEXIST, path, "%s: a plan exists there already", job->file);
	}
	return 0;
}

/* Would zapbench run take the arguments? Asked now, and not after a reboot. */
static int check_arguments(const struct job *job)
{
	const struct ab_plan *plan = &job->plan;
	static const char *const ours[] = { "--out", "--repeat", "--resume", "--dry-run", "--loop", "--help" };
	static const char *const last[] = { "--help", NULL };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), status = 0;

	for (size_t i = 0; plan->argument[i]; i++) {
		size_t length = strcspn(plan->argument[i], "=");

		for (size_t j = 0; j < sizeof(ours) / sizeof(ours[0]); j++) {
			if (strlen(ours[j]) == length && !strncmp(ours[j], plan->argument[i], length))
				status = complain_usage(&command_ab, "ab: %s cannot be given to its runs", ours[j]);
		}
	}
	for (enum ab_side side = SIDE_A; side <= SIDE_B && !status; side++) {
		status = job_zapbench(job, side, last, null);
		if (status < 0)
			complain(0, "ab: the program of %s: %s: %s", ab_side_names[side],
				 plan->binary[side] ? plan->binary[side] : "zapbench", strerror(-status));
		else if (status)
			complain(0, "ab: zapbench run of %s does not take these arguments", ab_side_names[side]);
	}
	close(null);
	return status ? STATUS_USAGE : STATUS_OK;
}

static int check_asked(const struct asked *asked)
{
	const struct ab_plan *plan = &asked->plan;
	bool switched = plan->command[SIDE_A] || plan->command[SIDE_B],
	     binaries = plan->binary[SIDE_A] || plan->binary[SIDE_B], heaps = plan->heap[SIDE_A] || plan->heap[SIDE_B];

	if (switched && (!plan->command[SIDE_A] || !plan->command[SIDE_B]))
		return complain_usage(&command_ab, "ab: --a and --b go together");
	if (heaps && (!plan->heap[SIDE_A] || !plan->heap[SIDE_B]))
		return complain_usage(&command_ab, "ab: --heap-a and --heap-b go together");
	if (heaps && (switched || binaries || plan->hook))
		return complain_usage(&command_ab,
				      "ab: one run measures both heaps, so --heap-a takes no command, binary or hook");
	if (!switched && !binaries && !heaps && !plan->hook)
		return complain_usage(&command_ab, "ab: A and B are the same; give --a and --b, --binary-b, --heap-a "
						   "and --heap-b, or --reboot-hook");
	return STATUS_OK;
}

static int begin(struct asked *asked, struct job *job)
{
	struct ab_plan *plan = &asked->plan;
	char folder[PATH_MAX];
	struct why why = { "", "" };
	int err = 0, status = check_asked(asked);

	job->plan = *plan;
	if (!status)
		status = check_arguments(job);
	if (status)
		return status;
	plan->folder = getcwd(folder, sizeof(folder));
	if (!plan->folder || (!asked->seeded && getrandom(&plan->seed, sizeof(uint32_t), 0) != sizeof(uint32_t)))
		err = why_set(&why, -errno, NULL, "ab: %s", strerror(errno));
	job->plan = *plan;
	if (!err)
		err = ab_plan_order(&job->plan, (size_t)asked->pairs);
	if (!err)
		err = make_folders(job, asked->folder, &why);
	if (!err)
		err = lock_folder(job, &why);
	if (!err)
		err = ab_plan_write(&job->plan, job->file, &why);
	status = err ? complain_why(STATUS_BROKEN, err, &why) : job_go_on(job);
	ab_plan_free(&job->plan);
	return status;
}

/* Absolute names, where the plan is resumed from another folder than the one that it was begun in. */
static int enter_folder(struct job *job, struct why *why)
{
	char *file = realpath(job->file, NULL), *folder = realpath(".", NULL);
	int err = 0;

	if (!file)
		err = why_set(why, -errno, NULL, "%s: %s", job->file, strerror(errno));
	else if (!folder || strcmp(folder, job->plan.folder))
		snprintf(job->file, sizeof(job->file), "%s", file);
	if (!err && chdir(job->plan.folder))
		err = why_set(why, -errno, "make the folder that the plan was begun in", "%s: %s", job->plan.folder,
			      strerror(errno));
	free(file);
	free(folder);
	return err;
}

static int resume(const struct asked *asked, struct job *job)
{
	struct why why = { "", "" };
	char copy[PATH_MAX];
	int status, err;

	if (asked->others)
		return complain_usage(&command_ab, "ab: --resume takes no other option: all of them are in the plan");
	err = ab_plan_read(asked->resume, &job->plan, &why);
	if (err)
		return complain_why(err == -ENOMEM ? STATUS_BROKEN : STATUS_USAGE, err, &why);
	snprintf(job->file, sizeof(job->file), "%s", asked->resume);
	err = enter_folder(job, &why);
	snprintf(copy, sizeof(copy), "%s", job->file);
	snprintf(job->folder, sizeof(job->folder), "%s", dirname(copy));
	if (!err)
		err = lock_folder(job, &why);
	status = err ? complain_why(STATUS_BROKEN, err, &why) : job_go_on(job);
	ab_plan_free(&job->plan);
	return status;
}

static int take(void *arg, int id, char *text, struct why *why)
{
	struct asked *asked = arg;
	struct ab_plan *plan = &asked->plan;
	double number = 0;
	int err;

	asked->others |= id != FLAG_RESUME;
	switch (id) {
	case FLAG_A:
	case FLAG_B:
		plan->command[id - FLAG_A] = text;
		break;
	case FLAG_BINARY_A:
	case FLAG_BINARY_B:
		plan->binary[id - FLAG_BINARY_A] = text;
		break;
	case FLAG_HEAP_A:
	case FLAG_HEAP_B:
		plan->heap[id - FLAG_HEAP_A] = text;
		break;
	case FLAG_HOOK:
		plan->hook = text;
		break;
	case FLAG_WAIT:
		return take_number("reboot-wait", text, 0.1, 1e5, &plan->reboot_wait_s, why);
	case FLAG_PAIRS:
		return take_whole("pairs", text, 1, AB_PAIRS_MOST, &asked->pairs, why);
	case FLAG_SEED:
		err = take_whole("seed", text, 0, 4294967295.0, &number, why);
		plan->seed = (uint64_t)number;
		asked->seeded = true;
		return err;
	case FLAG_DIR:
		asked->folder = text;
		break;
	case FLAG_RESUME:
		asked->resume = text;
		break;
	}
	return 0;
}

static int run_ab(int argc, char **argv)
{
	struct asked asked = { .plan = { .reboot_wait_s = 120 }, .pairs = 6 };
	struct job job = { .lock = -1 };
	int status = parse_flags(&command_ab, argc, argv, take, &asked);

	if (status >= 0)
		return status;
	asked.plan.argument = (const char *const *)argv + optind;
	asked.others |= optind < argc;
	job_prepare(&job);
	return asked.resume ? resume(&asked, &job) : begin(&asked, &job);
}

static const char *const usage[] = { "--a COMMAND --b COMMAND [OPTION...] [-- ARGUMENT...]",
				     "--binary-a PATH --binary-b PATH [OPTION...] [-- ARGUMENT...]",
				     "--heap-a SOURCE --heap-b SOURCE [OPTION...] [-- ARGUMENT...]",
				     "--reboot-hook COMMAND [OPTION...] [-- ARGUMENT...]",
				     "--resume PLAN",
				     NULL };

const struct command command_ab = {
	.name = "ab",
	.summary = "measure A and B in turn, and compare them",
	.usage = usage,
	.about =
		"Measure A and B in turn, and show what is slower or faster with B. A and B are two settings, modules, "
		"programs, heaps or kernels. The words after -- are arguments of zapbench run.",
	.flags = flags,
	.notes = "The order of each two pairs is ABBA or BAAB, chosen at random. So a machine that slowly gets hotter "
		 "favours neither side. If a command, a hook or a run fails, it is tried once more; then the plan "
		 "stops. --resume continues a plan after an interruption or a reboot. If all runs are of one boot, "
		 "the figures hold for this boot only. After the last run the machine keeps the setting of that run.",
	.outcomes = outcomes,
	.failure = STATUS_BROKEN,
	.examples = "zapbench ab --a 'echo never > /sys/kernel/mm/transparent_hugepage/shmem_enabled' "
		    "--b 'echo always > /sys/kernel/mm/transparent_hugepage/shmem_enabled' -- refault\n"
		    "zapbench ab --a 'rmmod heap; insmod old/heap.ko' --b 'rmmod heap; insmod new/heap.ko' -- frame\n"
		    "zapbench ab --binary-a old/zapbench --binary-b build/zapbench -- refault --budget 20\n"
		    "zapbench ab --heap-a dma-heap:system --heap-b udmabuf -- frame\n"
		    "zapbench ab --reboot-hook /usr/local/sbin/boot-kernel --dir /var/lib/zapbench/ab -- zap",
	.run = run_ab,
};

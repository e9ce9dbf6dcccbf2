// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The record itself for others to see, without what tells about the person or the network: everything here that a user
 * or an administrator typed, names of hosts, users and processes. Samples, figures and the rest of the machine stay.
 */
#include "report/export/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REMOVED "private: removed by zapbench export --to share"

/* The kernel's own names of the machine that built it, and what the boot loader passed: paths, addresses, tokens. */
static const char *const private_facts[][2] = { { "kernel", "build" }, { "kernel", "command_line" } };

static bool is_private(const struct fact *fact)
{
	for (size_t i = 0; i < sizeof(private_facts) / sizeof(private_facts[0]); i++) {
		if (fact->group && !strcmp(fact->group, private_facts[i][0]) && !strcmp(fact->key, private_facts[i][1]))
			return true;
	}
	return false;
}

/* Into arrays of the caller, with room for all facts, labels and warnings of the record; the strings stay its own. */
static void copy_public(const struct record *record, struct record *shared)
{
	for (size_t i = 0; i < record->environment.count; i++) {
		struct fact *fact = &shared->environment.item[i];

		*fact = record->environment.item[i];
		if (is_private(fact)) {
			fact->value = (struct value){ .kind = VALUE_MISSING };
			fact->why_missing = REMOVED;
		}
	}
	/* A board has a name for others. All other labels are the user's own. */
	shared->nr_labels = 0;
	for (size_t i = 0; i < record->nr_labels; i++) {
		if (!strcmp(record->label[i].key, "board"))
			shared->label[shared->nr_labels++] = record->label[i];
	}
	/* The text of a warning may name a process or a path; its code says what it was. */
	for (size_t i = 0; i < record->nr_warnings; i++) {
		shared->warning[i] = (struct warning){ .code = record->warning[i].code,
						       .text = record->warning[i].code,
						       .remedy = (char *)"" };
	}
}

static int write_share(const struct exports *exports, FILE *out)
{
	const struct record *record = exports->result->record;
	const char *random = strrchr(record->run_id, '-');
	struct record shared = *record;
	char *run_id = NULL;
	int err = -ENOMEM;

	shared.environment.item = calloc(record->environment.count + 1, sizeof(*shared.environment.item));
	shared.label = calloc(record->nr_labels + 1, sizeof(*shared.label));
	shared.warning = calloc(record->nr_warnings + 1, sizeof(*shared.warning));
	/* Time, host, random bits: without the host. */
	if (shared.environment.item && shared.label && shared.warning &&
	    asprintf(&run_id, "%.*s%s", (int)strcspn(record->run_id, "-"), record->run_id, random ? random : "") >= 0) {
		shared.run_id = run_id;
		shared.command_line = (char *)"zapbench run";
		shared.unknown = NULL; /* nobody knows what it tells */
		copy_public(record, &shared);
		err = record_print(&shared, out);
		free(run_id);
	}
	free(shared.warning);
	free(shared.label);
	free(shared.environment.item);
	return err;
}

const struct export_format export_share = {
	.name = "share",
	.help = "the record to give to others: without host, users, arguments, labels but board, and the kernel's "
		"command line",
	.write = write_share,
	.anything = true,
};

// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/record/record.h"

static const char *const usage[] = { "JOURNAL [--out FILE]", NULL };

static const struct flag flags[] = {
	{ .id = 'o',
	  .name = "out",
	  .argument = "FILE",
	  .help = "where to write; with - it writes to standard output and keeps the journal",
	  .preset = "the journal's name without " JOURNAL_SUFFIX,
	  .values = &values_files },
	{ .name = NULL },
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, "recovered" },
	{ STATUS_FAILED, "failed; the journal stays" },
	{ STATUS_USAGE, "wrong usage, or a file that is not a journal" },
	{ STATUS_INVALID, "recovered without damaged lines; the journal is now JOURNAL.bad" },
	{ 0, NULL },
};

/* A damaged journal may have more in it than we can read: it is kept, under a name that nobody recovers again. */
static void put_away(const char *journal, const struct journal_damage *damage)
{
	char bad[PATH_MAX];

	if (!damage->lines)
		unlink(journal);
	else if ((size_t)snprintf(bad, sizeof(bad), "%s.bad", journal) >= sizeof(bad) || rename(journal, bad))
		complain(0, "%s: cannot be renamed to *.bad: %s", journal, strerror(errno));
}

static int complain_damage(const struct journal_damage *damage)
{
	for (size_t i = 0; i < damage->lines && i < JOURNAL_DAMAGE_NAMED; i++)
		complain(0, "damaged: %s", damage->first[i].reason);
	if (damage->lines > JOURNAL_DAMAGE_NAMED)
		complain(0, "damaged: %zu more lines", damage->lines - JOURNAL_DAMAGE_NAMED);
	return damage->lines ? STATUS_INVALID : STATUS_OK;
}

static int recover(const char *journal, const char *out)
{
	struct journal_damage damage;
	struct record *record = NULL;
	struct why why = { "", "" };
	int err = journal_recover(journal, &record, &damage, &why), status;

	if (err)
		return complain_why(unread_status(err, STATUS_FAILED), err, &why);
	status = complain_damage(&damage);
	if (strcmp(out, "-") && !access(out, F_OK))
		err = why_set(&why, -EEXIST, "give another name with --out", "%s exists already", out);
	if (!err)
		err = record_summarise(record) ? file_why(&why, -ENOMEM, journal) : record_write(record, out, &why);
	if (!err && strcmp(out, "-")) {
		complain(0, "%zu round%s recovered: %s", record->nr_rounds, record->nr_rounds == 1 ? "" : "s", out);
		put_away(journal, &damage);
	}
	record_free(record);
	return err ? complain_why(STATUS_FAILED, err, &why) : status;
}

static int take(void *arg, int id, char *value, struct why *why)
{
	(void)id;
	(void)why;
	*(const char **)arg = value;
	return 0;
}

static int run_recover(int argc, char **argv)
{
	const char *out = NULL, *journal;
	int status = parse_flags(&command_recover, argc, argv, take, &out);
	char found[PATH_MAX], name[PATH_MAX];
	size_t length, suffix = strlen(JOURNAL_SUFFIX);

	if (status >= 0)
		return status;
	if (optind != argc - 1)
		return complain_usage(&command_recover, "recover takes one journal; found %d", argc - optind);
	journal = result_path(argv[optind], found, sizeof(found));
	length = strlen(journal);
	if (!out && (length <= suffix || strcmp(journal + length - suffix, JOURNAL_SUFFIX)))
		return complain(STATUS_USAGE, "%s does not end in " JOURNAL_SUFFIX "; give the new name with --out",
				journal);
	if (!out) {
		snprintf(name, sizeof(name), "%.*s", (int)(length - suffix), journal);
		out = name;
	}
	return recover(journal, out);
}

const struct command command_recover = {
	.name = "recover",
	.summary = "make a results file from the journal of a killed run",
	.usage = usage,
	.about = "Make a results file from the journal of a stopped or killed run. The file has every finished round; "
		 "its stopped_by is \"recovered\". Then remove the journal. A damaged line is named and left out; the "
		 "other rounds are kept, and so is the journal, as JOURNAL.bad.",
	.flags = flags,
	.arguments = &values_journals,
	.outcomes = outcomes,
	.failure = STATUS_FAILED,
	.examples = "zapbench recover results/runs/X.json.journal",
	.run = run_recover,
};

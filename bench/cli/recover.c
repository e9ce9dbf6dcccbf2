// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/record/record.h"

static const char help[] = "usage: zapbench recover JOURNAL [--out FILE]\n\n"
			   "Make a results file of the journal that a killed run left behind: every round that was\n"
			   "finished is in it, and its stopped_by is \"recovered\". The journal is removed when the\n"
			   "results file is safe on disk.\n\n"
			   "  --out FILE   default: the journal's name without .journal; - is standard output\n"
			   "               (the journal then stays)\n\n"
			   "exit status: 0 recovered, 1 not, 2 usage\n";

static int complain_why(const struct why *why)
{
	fprintf(stderr, "zapbench: %s%s%s\n", why->reason, why->remedy[0] ? "; remedy: " : "", why->remedy);
	return 1;
}

static int recover(const char *journal, const char *out)
{
	struct record *record = NULL;
	struct why why = { "", "" };
	int err = journal_recover(journal, &record, &why);

	if (!err && strcmp(out, "-") && !access(out, F_OK))
		err = why_set(&why, -1, "give another name with --out", "%s exists already", out);
	if (!err)
		err = record_summarise(record) ? file_why(&why, -ENOMEM, journal) : record_write(record, out, &why);
	if (!err && strcmp(out, "-")) {
		fprintf(stderr, "zapbench: %zu rounds recovered: %s\n", record->nr_rounds, out);
		unlink(journal);
	}
	record_free(record);
	return err ? complain_why(&why) : 0;
}

int command_recover(int argc, char **argv)
{
	static const struct option options[] = {
		{ "out", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	char *out = NULL;
	size_t length;
	int option, status;

	while ((option = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			free(out);
			return 0;
		}
		free(out);
		if (option != 'o') {
			fputs("zapbench: zapbench recover --help says how\n", stderr);
			return 2;
		}
		out = strdup(optarg);
	}
	if (optind != argc - 1) {
		fputs("zapbench: recover takes one journal; zapbench recover --help says how\n", stderr);
		free(out);
		return 2;
	}
	length = strlen(argv[optind]);
	if (!out && length > strlen(JOURNAL_SUFFIX) &&
	    !strcmp(argv[optind] + length - strlen(JOURNAL_SUFFIX), JOURNAL_SUFFIX))
		out = strndup(argv[optind], length - strlen(JOURNAL_SUFFIX));
	if (!out) {
		fprintf(stderr, "zapbench: %s does not end in " JOURNAL_SUFFIX ": say with --out where to write\n",
			argv[optind]);
		return 2;
	}
	status = recover(argv[optind], out);
	free(out);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/destination.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/file.h"

int destination_set(struct destination *to, const char *out, struct why *why)
{
	struct stat stat_buffer;
	const char *slash;
	int err;

	memset(to, 0, sizeof(*to));
	if (out && !strcmp(out, "-")) {
		to->stream = true;
		return 0;
	}
	if (!out) {
		out = RESULTS_FOLDER;
		err = file_make_folder(out);
		if (err)
			return why_set(why, err, "give a folder that you may write to with --out, or --out -", "%s: %s",
				       out, strerror(-err));
	}
	if (strlen(out) >= sizeof(to->folder))
		return why_set(why, -ENAMETOOLONG, NULL, "--out: the name is too long");
	slash = strrchr(out, '/');
	if (!stat(out, &stat_buffer) && S_ISDIR(stat_buffer.st_mode))
		snprintf(to->folder, sizeof(to->folder), "%s", out);
	else
		snprintf(to->folder, sizeof(to->folder), "%.*s", slash ? (int)(slash - out + 1) : 1, slash ? out : ".");
	if (stat(out, &stat_buffer) || !S_ISDIR(stat_buffer.st_mode)) {
		const char *name = slash ? slash + 1 : out;

		if (strlen(name) >= sizeof(to->name) - sizeof("-1000.json"))
			return why_set(why, -ENAMETOOLONG, NULL, "--out: the name is too long");
		snprintf(to->name, sizeof(to->name), "%s", name);
	}
	for (size_t end = strlen(to->folder); end > 1 && to->folder[end - 1] == '/'; end--)
		to->folder[end - 1] = '\0';
	if (mkdir(to->folder, 0777) && errno != EEXIST)
		return why_set(why, -errno, "give a folder that you may write to with --out", "%s: %s", to->folder,
			       strerror(errno));
	if (access(to->folder, W_OK | X_OK))
		return why_set(why, -errno, "give a folder that you may write to with --out, or --out -", "%s: %s",
			       to->folder, strerror(errno));
	return 0;
}

static void file_name(const struct destination *to, const struct record *record, int64_t run, int64_t runs, char *name,
		      size_t size)
{
	size_t length = strlen(to->name);

	if (!length)
		snprintf(name, size, "%s.json", record->run_id);
	else if (runs > 1 && length > 5 && !strcmp(to->name + length - 5, ".json"))
		snprintf(name, size, "%.*s-%lld.json", (int)length - 5, to->name, (long long)run + 1);
	else if (runs > 1)
		snprintf(name, size, "%s-%lld", to->name, (long long)run + 1);
	else
		snprintf(name, size, "%s", to->name);
}

int destination_save(const struct destination *to, const struct record *record, int64_t run, int64_t runs, bool newest,
		     char *path, size_t size, struct why *why)
{
	char name[768];
	int err;

	if (to->stream)
		return record_write(record, "-", why);
	file_name(to, record, run, runs, name, sizeof(name));
	snprintf(path, size, "%s/%s", to->folder, name);
	err = record_write(record, path, why);
	if (err || !newest)
		return err;
	return file_point_latest(to->folder, name, why);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_TRIES 100

int file_why(struct why *why, int err, const char *path)
{
	const char *remedy = NULL;

	if (err == -ENOSPC || err == -EDQUOT || err == -EFBIG)
		remedy = "free space there, or choose another place with --out";
	else if (err == -EROFS || err == -EACCES || err == -EPERM)
		remedy = "choose a folder that can be written with --out, or standard output with --out -";
	return why_set(why, err, remedy, "%s: %s", path, strerror(-err));
}

int file_make_folder(const char *path)
{
	char *part = strdup(path);
	int err = part ? 0 : -ENOMEM;

	for (char *end = part; !err && end && *end;) {
		end = strchr(end + 1, '/');
		if (end)
			*end = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			err = -errno;
		if (end)
			*end = '/';
	}
	free(part);
	return err;
}

int file_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	int fd, err = 0;
	char *folder;

	folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	if (!folder)
		return -ENOMEM;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		/* A folder that one may write to but not list cannot be synced by us */
		if (err == -EACCES)
			err = 0;
		goto out_free;
	}
	/* Some network file systems have no fsync for folders and say EINVAL */
	if (fsync(fd) && errno != EINVAL)
		err = -errno;
	close(fd);
out_free:
	free(folder);
	return err;
}

/* What stdio holds back shows its errors only here. */
static int flush(FILE *file)
{
	errno = 0;
	if (fflush(file) || ferror(file))
		return errno ? -errno : -EIO;
	return 0;
}

static int file_stream(const char *path, int (*fill)(FILE *file, const void *arg), const void *arg)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "we") : stdout;
	int err;

	if (!file)
		return -errno;
	err = fill(file, arg);
	if (!err)
		err = flush(file);
	if (file != stdout && fclose(file) && !err)
		err = -errno;
	return err;
}

/* A new file beside @path, under a name that nobody has. mkstemp() would make it unreadable for others. */
static int temporary_open(const char *path, char **name, FILE **file)
{
	int fd = -1, err = -EEXIST;

	for (int i = 0; i < TEMPORARY_TRIES && fd < 0 && err == -EEXIST; i++) {
		if (asprintf(name, "%s.%d-%d.tmp", path, (int)getpid(), i) < 0)
			return -ENOMEM;
		fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0) {
			err = -errno;
			free(*name);
		}
	}
	if (fd < 0)
		return err;
	*file = fdopen(fd, "w");
	if (*file)
		return 0;
	err = -errno;
	close(fd);
	unlink(*name);
	free(*name);
	return err;
}

int file_replace(const char *path, int (*fill)(FILE *file, const void *arg), const void *arg, struct why *why)
{
	struct stat old;
	char *name;
	FILE *file;
	int err;

	if (!strcmp(path, "-"))
		return (err = file_stream(path, fill, arg)) ? file_why(why, err, "standard output") : 0;
	if (!stat(path, &old) && !S_ISREG(old.st_mode))
		return (err = file_stream(path, fill, arg)) ? file_why(why, err, path) : 0;
	err = temporary_open(path, &name, &file);
	if (err)
		return file_why(why, err, path);
	err = fill(file, arg);
	if (!err)
		err = flush(file);
	if (!err && fsync(fileno(file)))
		err = -errno;
	if (fclose(file) && !err)
		err = -errno;
	if (!err && rename(name, path))
		err = -errno;
	if (err)
		unlink(name);
	else
		err = file_sync_folder(path);
	free(name);
	return err ? file_why(why, err, path) : 0;
}

/* symlink() replaces nothing, so the link is made under another name and renamed. */
static int link_replace(const char *path, const char *target)
{
	char *name;
	int err = -EEXIST;

	for (int i = 0; i < TEMPORARY_TRIES && err == -EEXIST; i++) {
		if (asprintf(&name, "%s.%d-%d.tmp", path, (int)getpid(), i) < 0)
			return -ENOMEM;
		err = symlink(target, name) ? -errno : 0;
		if (!err && rename(name, path)) {
			err = -errno;
			unlink(name);
		}
		free(name);
	}
	return err ? err : file_sync_folder(path);
}

int file_point_latest(const char *dir, const char *file_name, struct why *why)
{
	struct stat old;
	char *path;
	int err;

	if (asprintf(&path, "%s/latest.json", dir) < 0)
		return why_set(why, -ENOMEM, NULL, "out of memory");
	if (!lstat(path, &old) && !S_ISLNK(old.st_mode)) {
		err = why_set(why, -EEXIST, "move it away", "%s: is not a symbolic link, so it is not replaced", path);
		goto out_free;
	}
	err = link_replace(path, file_name);
	if (err)
		file_why(why, err, path);
out_free:
	free(path);
	return err;
}

struct bytes {
	const void *data;
	size_t size;
};

static int fill_bytes(FILE *file, const void *arg)
{
	const struct bytes *bytes = arg;

	errno = 0;
	if (fwrite(bytes->data, 1, bytes->size, file) != bytes->size)
		return errno ? -errno : -EIO;
	return 0;
}

int file_replace_bytes(const char *path, const void *data, size_t size, struct why *why)
{
	return file_replace(path, fill_bytes, &(struct bytes){ data, size }, why);
}

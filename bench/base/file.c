// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TEMPORARY_TRIES 100
#define TEXT_MOST (64 << 20)        /* notes of decades */
#define TEMPORARY_OLD_S (24 * 3600) /* whoever made it has ended */

const char *file_remedy(int err)
{
	switch (err) {
	case -ENOSPC:
	case -EDQUOT:
	case -EFBIG:
		return "free space there, or choose another place with --out";
	case -EMFILE:
	case -ENFILE:
		return "close files of other programs, or allow more: ulimit -n 1024";
	case -EAGAIN:
		return "end other processes of this user, or allow more: ulimit -u";
	case -EROFS:
	case -EACCES:
	case -EPERM:
		return "choose a folder that can be written with --out, or standard output with --out -";
	}
	return NULL;
}

int file_why(struct why *why, int err, const char *path)
{
	return why_set(why, err, file_remedy(err), "%s: %s", path, strerror(-err));
}

int file_folder(const char *path, struct why *why)
{
	struct stat found;

	if (!mkdir(path, 0777) || (errno == EEXIST && !stat(path, &found) && S_ISDIR(found.st_mode)))
		return 0;
	if (errno == EEXIST || errno == ENOTDIR)
		return why_set(why, -ENOTDIR, "give the path of a folder",
			       "%s: a folder is expected, and a file is there", path);
	if (errno == ENOENT)
		return why_set(why, -ENOTDIR, "make the folder above it", "%s cannot be made", path);
	return file_why(why, -errno, path);
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
	size_t length = slash && slash != path ? (size_t)(slash - path) : 1;
	char folder[PATH_MAX];
	int fd, err = 0;

	/* No memory is needed here, where the file is there already. */
	if (length >= sizeof(folder))
		return -ENAMETOOLONG;
	snprintf(folder, sizeof(folder), "%.*s", (int)length, slash ? path : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		/* A folder that one may write to but not list cannot be synced by us */
		return err == -EACCES ? 0 : err;
	}
	/* Some network file systems have no fsync for folders and say EINVAL */
	if (fsync(fd) && errno != EINVAL)
		err = -errno;
	close(fd);
	return err;
}

int file_flush(FILE *file)
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
		err = file_flush(file);
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

/* Can @path only be written to? Whoever may write to a folder can put a link to a device there: it is not followed. */
static bool is_stream(const char *path)
{
	bool system = !strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6);
	struct stat status;

	return !(system ? stat(path, &status) : lstat(path, &status)) && !S_ISREG(status.st_mode) &&
	       !S_ISLNK(status.st_mode);
}

/* A temporary file beside @path with what @fill writes. Return: 0, or -errno and no file. */
static int prepare(const char *path, int (*fill)(FILE *file, const void *arg), const void *arg, bool sync, char **name)
{
	FILE *file;
	int err = temporary_open(path, name, &file);

	if (err)
		return err;
	err = fill(file, arg);
	if (!err)
		err = file_flush(file);
	if (!err && sync && fsync(fileno(file)))
		err = -errno;
	if (fclose(file) && !err)
		err = -errno;
	if (err) {
		unlink(*name);
		free(*name);
	}
	return err;
}

static int replace(const char *path, int (*fill)(FILE *file, const void *arg), const void *arg, bool sync,
		   struct why *why)
{
	char *name;
	int err;

	if (!strcmp(path, "-"))
		return (err = file_stream(path, fill, arg)) ? file_why(why, err, "standard output") : 0;
	if (is_stream(path))
		return (err = file_stream(path, fill, arg)) ? file_why(why, err, path) : 0;
	err = prepare(path, fill, arg, sync, &name);
	if (err)
		return file_why(why, err, path);
	if (rename(name, path))
		err = -errno;
	if (err)
		unlink(name);
	else if (sync)
		err = file_sync_folder(path);
	free(name);
	return err ? file_why(why, err, path) : 0;
}

int file_replace(const char *path, int (*fill)(FILE *file, const void *arg), const void *arg, struct why *why)
{
	return replace(path, fill, arg, true, why);
}

int file_may_replace(const char *path, struct why *why)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int err;

	if (!strcmp(path, "-"))
		return 0;
	if (is_stream(path))
		return access(path, W_OK) ? file_why(why, -errno, path) : 0;
	folder = slash ? strndup(path, (size_t)(slash - path + 1)) : strdup(".");
	if (!folder)
		return -ENOMEM;
	err = access(folder, W_OK | X_OK) ? file_why(why, -errno, path) : 0;
	free(folder);
	return err;
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
		err = why_set(why, -EEXIST, "move it away", "%s is not a symbolic link, so it is not replaced", path);
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

int file_replace_again(const char *path, const void *data, size_t size, struct why *why)
{
	return replace(path, fill_bytes, &(struct bytes){ data, size }, false, why);
}

int file_prepare(const char *path, const void *data, size_t size, char **name, struct why *why)
{
	int err = prepare(path, fill_bytes, &(struct bytes){ data, size }, true, name);

	if (!err)
		return 0;
	*name = NULL;
	return file_why(why, err, path);
}

int file_append(const char *path, const char *text, struct why *why)
{
	int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666), err = 0;
	ssize_t written = file < 0 ? -1 : write(file, text, strlen(text));

	if (written < 0)
		err = -errno;
	else if ((size_t)written != strlen(text))
		err = -ENOSPC;
	if (file >= 0 && close(file) && !err)
		err = -errno;
	return err ? file_why(why, err, path) : 0;
}

int file_sync(const char *path, struct why *why)
{
	int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), err = 0;

	if (file < 0 || fsync(file))
		err = -errno;
	if (file >= 0)
		close(file);
	if (!err)
		err = file_sync_folder(path);
	return err ? file_why(why, err, path) : 0;
}

/* NAME.PID-N.tmp */
static bool is_temporary(const char *name)
{
	static const char digits[] = "0123456789";
	const char *suffix = strstr(name, ".tmp"), *dash = strrchr(name, '-'), *dot = dash;

	while (dot && dot > name && dot[-1] != '.')
		dot--;
	return suffix && !suffix[4] && dash && dot > name + 1 && dash > dot && dash + 1 < suffix &&
	       dot + strspn(dot, digits) == dash && dash + 1 + strspn(dash + 1, digits) == suffix;
}

void file_sweep(const char *folder)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry;
	struct stat status;

	while (entries && (entry = readdir(entries))) {
		if (is_temporary(entry->d_name) &&
		    !fstatat(dirfd(entries), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) &&
		    (S_ISREG(status.st_mode) || S_ISLNK(status.st_mode)) &&
		    time(NULL) - status.st_mtime > TEMPORARY_OLD_S)
			unlinkat(dirfd(entries), entry->d_name, 0);
	}
	if (entries)
		closedir(entries);
}

int file_bytes(const char *path, char **text, size_t *size)
{
	FILE *file = fopen(path, "re");
	struct stat status;
	int err = 0;

	*text = NULL;
	if (!file || fstat(fileno(file), &status))
		err = -errno;
	if (!err) {
		*size = (size_t)status.st_size;
		*text = malloc(*size + 1);
		err = *text ? 0 : -ENOMEM;
	}
	if (!err && fread(*text, 1, *size, file) != *size)
		err = -EIO;
	if (!err)
		(*text)[*size] = '\0';
	if (file)
		fclose(file);
	return err;
}

int file_text(const char *path, char **text, struct why *why)
{
	int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), err = 0;
	struct stat status;
	ssize_t size = 0;

	*text = NULL;
	if (file < 0)
		return errno == ENOENT ? 0 : file_why(why, -errno, path);
	if (fstat(file, &status))
		err = -errno;
	else if (!S_ISREG(status.st_mode) || status.st_size > TEXT_MOST)
		err = S_ISREG(status.st_mode) ? -EFBIG : -EINVAL;
	else if (!(*text = malloc((size_t)status.st_size + 1)))
		err = -ENOMEM;
	else if ((size = read(file, *text, (size_t)status.st_size)) < 0)
		err = -errno;
	else
		(*text)[size] = '\0';
	close(file);
	return err ? file_why(why, err, path) : 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/observe/proc.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/base/text.h"
#include "bench/measure/environment-files.h"
#include "bench/measure/environment-survey.h"

/* The kernel has the inode in fdinfo since 5.14. */
static int64_t inode_of(const struct sysfile *link)
{
	struct stat status;

	return stat(link->text, &status) ? 0 : (int64_t)status.st_ino;
}

int proc_buffer(const char *root, pid_t pid, int fd, struct proc_buffer *buffer)
{
	struct sysfile file, link;
	char text[1024];
	int err;

	*buffer = (struct proc_buffer){ .inode = 0 };
	sysfile_path(&file, root, "/proc/%d/fdinfo/%d", (int)pid, fd);
	err = sysfile_text(&file, text, sizeof(text));
	if (err)
		return err;
	/* Only a dma-buf has an exporter. */
	if (survey_field_text(text, "exp_name", buffer->exporter, sizeof(buffer->exporter)))
		return -EINVAL;
	survey_field_text(text, "name", buffer->name, sizeof(buffer->name));
	survey_field_number(text, "size", &buffer->bytes);
	if (survey_field_number(text, "ino", &buffer->inode)) {
		sysfile_path(&link, root, "/proc/%d/fd/%d", (int)pid, fd);
		buffer->inode = inode_of(&link);
	}
	return buffer->inode ? 0 : -ENOENT;
}

/* What is in a folder of a process; NULL sets @err. */
static char **names_in(const struct sysfile *folder, int *err)
{
	char **names = sysfile_names(folder);

	if (!names)
		*err = errno == ENOENT ? -ESRCH : -errno;
	return names;
}

int proc_buffers(const char *root, pid_t pid, void (*take)(void *arg, const struct proc_buffer *buffer), void *arg)
{
	struct sysfile folder;
	char **names;
	int err = 0;

	sysfile_path(&folder, root, "/proc/%d/fdinfo", (int)pid);
	names = names_in(&folder, &err);
	if (!names)
		return err;
	for (char **name = names; *name; name++) {
		struct proc_buffer buffer;

		if (!proc_buffer(root, pid, atoi(*name), &buffer))
			take(arg, &buffer);
	}
	sysfile_free_names(names);
	return 0;
}

int proc_threads(const char *root, pid_t pid, void (*take)(void *arg, pid_t tid), void *arg)
{
	struct sysfile folder;
	char **names;
	int err = 0;

	sysfile_path(&folder, root, "/proc/%d/task", (int)pid);
	names = names_in(&folder, &err);
	if (!names)
		return err;
	for (char **name = names; *name; name++)
		take(arg, atoi(*name));
	sysfile_free_names(names);
	return 0;
}

static void count_thread(void *arg, pid_t tid)
{
	(void)tid;
	++*(size_t *)arg;
}

bool proc_first_ended(const char *root, pid_t pid)
{
	struct sysfile file;
	char text[1024], *name_end;
	size_t threads = 0;

	sysfile_path(&file, root, "/proc/%d/stat", (int)pid);
	if (sysfile_text(&file, text, sizeof(text)))
		return false;
	name_end = strrchr(text, ')'); /* "4711 (name) Z ..."; any name */
	if (!name_end || strncmp(name_end, ") Z", 3))
		return false;
	/* The first one is listed until all have ended. */
	return !proc_threads(root, pid, count_thread, &threads) && threads > 1;
}

/* "ffff8000-ffff9000 rw-s 00001000 00:0f 4711  /dmabuf:name" */
static bool parse_mapping(const char *line, struct proc_mapping *mapping)
{
	uint64_t end;
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %" SCNd64 " %n", &mapping->address, &end,
		   &mapping->offset, &mapping->inode, &at) != 4 ||
	    !at || strncmp(line + at, DMABUF_FILE, strlen(DMABUF_FILE)) || end <= mapping->address)
		return false;
	mapping->bytes = end - mapping->address;
	snprintf(mapping->name, sizeof(mapping->name), "%.*s", (int)strcspn(line + at, "\n"), line + at);
	return true;
}

int proc_mappings(const char *root, pid_t pid, void (*take)(void *arg, const struct proc_mapping *mapping), void *arg)
{
	struct sysfile path;
	char *line = NULL;
	size_t room = 0;
	FILE *file;

	sysfile_path(&path, root, "/proc/%d/maps", (int)pid);
	file = fopen(path.text, "re");
	if (!file)
		return -errno;
	while (getline(&line, &room, file) > 0) {
		struct proc_mapping mapping;

		if (parse_mapping(line, &mapping))
			take(arg, &mapping);
	}
	free(line);
	fclose(file);
	return 0;
}

bool proc_is_compat(const char *root, pid_t pid)
{
	unsigned char ident[EI_NIDENT] = { 0 };
	struct sysfile path;
	size_t got;
	FILE *file;

	sysfile_path(&path, root, "/proc/%d/exe", (int)pid);
	file = sizeof(void *) == 8 ? fopen(path.text, "re") : NULL;
	if (!file)
		return false;
	got = fread(ident, 1, sizeof(ident), file);
	fclose(file);
	return got == sizeof(ident) && !memcmp(ident, ELFMAG, SELFMAG) && ident[EI_CLASS] == ELFCLASS32;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first process of a test guest: mounts what is needed, loads /modules,
 * runs /command (an argument a line), tells its exit status on the console, sends /out through
 * it in base64, and powers off.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void mount_all(void)
{
	static const struct {
		const char *type, *at;
	} fs[] = {
		{ "proc", "/proc" }, { "sysfs", "/sys" },
		{ "devtmpfs", "/dev" }, { "tmpfs", "/tmp" },
		{ "debugfs", "/sys/kernel/debug" },
		{ "tracefs", "/sys/kernel/tracing" },
	};
	size_t i;

	/* A kernel that lacks one of them still runs what does not need it. */
	for (i = 0; i < sizeof(fs) / sizeof(fs[0]); i++)
		if (mount(fs[i].type, fs[i].at, fs[i].type, 0, NULL) &&
		    errno != EBUSY && i < 3)
			perror(fs[i].at);
}

/* Every module in /modules, in the order of their names. */
static void load_modules(void)
{
	struct dirent **entries;
	char path[512];
	int fd, i, n = scandir("/modules", &entries, NULL, alphasort);

	for (i = 0; i < n; i++) {
		if (entries[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/modules/%s", entries[i]->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			perror(path);
		if (fd >= 0)
			close(fd);
	}
}

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

/* Counters can be read with no system call, where the kernel has a switch. */
static void allow_counters(void)
{
	write_to("/proc/sys/kernel/perf_user_access", "1");
}

/*
 * With GUEST_ALONE=1 on the kernel's command line, which makes it a variable of the environment: the command has a
 * real-time priority, so that the kernel's own threads run only while it waits.
 */
static void run_alone(void)
{
	struct sched_param param = { .sched_priority = 1 };

	if (!getenv("GUEST_ALONE"))
		return;
	write_to("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	write_to("/sys/kernel/debug/sched/fair_server/cpu0/runtime", "0");
	if (sched_setscheduler(0, SCHED_FIFO, &param))
		perror("SCHED_FIFO");
}

static int run(void)
{
	static char text[65536], *argv[256];
	int fd = open("/command", O_RDONLY), argc = 0, status;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *line = text, *end;
	pid_t pid;

	if (n <= 0)
		return 127;
	while (argc < 255 && (end = strchr(line, '\n'))) {
		*end = '\0';
		argv[argc++] = line;
		line = end + 1;
	}

	pid = fork();
	if (!pid) {
		run_alone();
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) != pid)
		if (errno != EINTR)
			return 127;

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void send_out(void)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	FILE *file = fopen("/out", "r");
	unsigned char in[57];
	size_t n, i;

	if (!file)
		return;
	printf("\n@@guest-out@@\n");
	while ((n = fread(in, 1, sizeof(in), file))) {
		for (i = 0; i < n; i += 3) {
			unsigned int bits = in[i] << 16;

			if (i + 1 < n)
				bits |= in[i + 1] << 8;
			if (i + 2 < n)
				bits |= in[i + 2];
			putchar(digits[bits >> 18]);
			putchar(digits[bits >> 12 & 63]);
			putchar(i + 1 < n ? digits[bits >> 6 & 63] : '=');
			putchar(i + 2 < n ? digits[bits & 63] : '=');
		}
		putchar('\n');
	}
	fclose(file);
	printf("@@guest-out-end@@\n");
}

int main(void)
{
	int ret;

	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	setenv("HOME", "/tmp", 1);
	mount_all();
	load_modules();
	allow_counters();
	printf("\n@@guest-begin@@\n");
	fflush(stdout);
	ret = run();
	if (!ret)
		send_out();
	printf("\n@@guest-end@@ %d\n", ret);
	fflush(stdout);
	tcdrain(1);
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}

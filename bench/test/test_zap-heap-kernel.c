// SPDX-License-Identifier: GPL-2.0-or-later
/* Patch or modules, and what is to be done where there is neither, on machines that are folders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/zap_bench.h>

#include "bench/source/zap-heap-kernel.h"
#include "bench/test/fixtures/fixture.h"

#define HEAP "/dev/dma_heap/zap-eager-huge"

/* A machine of its own, with what a stock kernel of Debian says. */
static const char *stock(const char *name)
{
	static char root[300];

	snprintf(root, sizeof(root), "%s/%s", fixture_folder, name);
	assert_int_equal(
		fixture_shell("cd '%s' && mkdir -p '%s' && cd '%s' && mkdir -p proc/sys/kernel sys/module/module/"
			      "parameters sys/kernel/security && echo 6.12.117+deb12-arm64 >proc/sys/kernel/"
			      "osrelease && echo aarch64 >proc/sys/kernel/arch && echo N >sys/module/module/"
			      "parameters/sig_enforce && echo '[none] integrity confidentiality' "
			      ">sys/kernel/security/lockdown",
			      fixture_folder, name, name),
		0);
	return root;
}

static void write_file(const char *root, const char *path, const char *text)
{
	assert_int_equal(
		fixture_shell("mkdir -p \"$(dirname '%s/%s')\" && echo '%s' >'%s/%s'", root, path, text, root, path),
		0);
}

static void fix_has(const char *root, const char *missing, const char *part)
{
	char text[400];

	zap_heap_fix(root, missing, text, sizeof(text));
	if (!strstr(text, part))
		fail_msg("'%s' lacks '%s'", text, part);
	assert_null(strchr(text, '\n'));
}

static void test_build(void **state)
{
	const char *root = stock("build");
	char text[64];

	(void)state;
	zap_heap_build(root, text, sizeof(text));
	assert_string_equal(text, "patch");
	write_file(root, "sys/module/zap_heap/version", "1");
	zap_heap_build(root, text, sizeof(text));
	assert_string_equal(text, "module, shim 1");
}

static void test_modules_can_be_loaded(void **state)
{
	const char *root = stock("plain");

	(void)state;
	fix_has(root, ZAP_BENCH_DEVICE, "load the modules of the heaps (make module)");
	write_file(root, "proc/sys/kernel/osrelease", "6.1.0-56-arm64");
	fix_has(root, ZAP_BENCH_DEVICE, "load the modules of the heaps (make module)");
	write_file(root, "proc/sys/kernel/arch", "x86_64");
	fix_has(root, ZAP_BENCH_DEVICE, "load the modules of the heaps (make module)");
	write_file(root, "sys/module/zap_heap/version", "1");
	fix_has(root, ZAP_BENCH_DEVICE, "insmod zap_bench.ko");
	fix_has(root, HEAP, "the modules do not have this heap");
}

static void test_modules_of_the_package(void **state)
{
	const char *root = stock("packaged");

	(void)state;
	write_file(root, "lib/modules/6.12.117+deb12-arm64/updates/dkms/zap_bench.ko.xz", "");
	write_file(root, "proc/sys/kernel/osrelease", "6.12.117+deb12-arm64");
	fix_has(root, ZAP_BENCH_DEVICE, "load the modules of the heaps: sudo modprobe zap_bench");
	write_file(root, "sys/module/zap_heap/version", "1");
	fix_has(root, ZAP_BENCH_DEVICE, "zap_heap is loaded: sudo modprobe zap_bench, too");
	write_file(root, "proc/sys/kernel/osrelease", "6.12.118+deb12-arm64");
	fix_has(root, ZAP_BENCH_DEVICE, "zap_heap is loaded: sudo insmod zap_bench.ko, too");
}

static void test_modules_are_refused(void **state)
{
	const char *root = stock("refused");

	(void)state;
	write_file(root, "sys/module/module/parameters/sig_enforce", "Y");
	fix_has(root, ZAP_BENCH_DEVICE, "module.sig_enforce");
	write_file(root, "sys/kernel/security/lockdown", "none [integrity] confidentiality");
	fix_has(root, ZAP_BENCH_DEVICE, "locked down");
}

static void test_other_kernels(void **state)
{
	const char *root = stock("other");

	(void)state;
	write_file(root, "proc/sys/kernel/osrelease", "6.6.30-arm64");
	fix_has(root, ZAP_BENCH_DEVICE, "this is 6.6.30-arm64 on aarch64");
	write_file(root, "proc/sys/kernel/osrelease", "6.12.117+deb12-armmp");
	write_file(root, "proc/sys/kernel/arch", "armv7l");
	fix_has(root, ZAP_BENCH_DEVICE, "or 6.1 on armv7l; this is 6.12.117+deb12-armmp on armv7l");
	write_file(root, "proc/sys/kernel/osrelease", "6.1.0-50-armmp");
	fix_has(root, ZAP_BENCH_DEVICE, "load the modules of the heaps (make module)");
	write_file(root, "proc/sys/kernel/osrelease", "6.12.117+deb12-riscv64");
	write_file(root, "proc/sys/kernel/arch", "riscv64");
	fix_has(root, ZAP_BENCH_DEVICE, "on riscv64");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_modules_can_be_loaded),
		cmocka_unit_test(test_modules_of_the_package),
		cmocka_unit_test(test_modules_are_refused),
		cmocka_unit_test(test_other_kernels),
	};

	return cmocka_run_group_tests(tests, fixtures_make, fixtures_remove);
}

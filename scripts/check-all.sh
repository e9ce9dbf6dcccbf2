#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The checks that .ci/run leaves out, several hours: every step of the kernel's checks, debug kernels with each page
# size, longer races, emulated runs with each page size and kernel, the statistics of comparisons, hostile input, no
# memory, a history of years, one under load, a year of nights, and all commands on a fresh machine. Called by make
# check-all.
# Argument: a folder for what is made.
# environment: STEPS   the steps to run, by name (all)
set -u
[ $# -eq 1 ] || { echo "usage: scripts/check-all.sh DIR" >&2 && exit 2; }
log=$1/check-all.log
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=scripts/steps.sh
. scripts/steps.sh

step kernel make check-kernel STEPS=all
step debug-16k make check-kernel STEPS=debug PAGE_SIZE=16k
step debug-64k make check-kernel STEPS=debug PAGE_SIZE=64k
step races make check-kernel STEPS=stress STRESS_SECONDS=60
for size in 16k 64k; do
	step "qemu-$size" make bench-qemu PAGE_SIZE="$size" RESULTS="$1/results"
done
step qemu-6.1 make bench-qemu KERNEL=6.1 RESULTS="$1/results"
step mutants make check-mutants
step statistics env TIMES=2000 REPS=1000 make check-statistics
step fuzz env SECONDS_EACH=1800 make fuzz
step no-memory env NO_MEMORY_TRIES=0 TEST_TIMEOUT=14400 make check TESTS=no_memory
step no-memory-reference env NO_MEMORY_TRIES=100 NO_MEMORY_RECORD="$PWD/results/reference/qemu-6.12-4k.json" \
	TEST_TIMEOUT=14400 make check TESTS=no_memory
step history make bench-history
step load make check-load
step year make check-year
step gate-module make gate HEAPS=module
step gate-module-6.1 make gate HEAPS=module KERNEL=6.1
step module make check-module MODULE_KERNELS="6.12-16k 6.1-amd64"
step deb make check-deb
step board make check-board
step systemd make check-systemd
step fresh make check-fresh
steps_end "none"

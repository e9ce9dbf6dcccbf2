#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run zapbench and report every figure as a test case. zapbench.yaml calls it in LAVA's test shell on the board. Two
# more test cases tell whether zapbench ran (zapbench-run) and how many figures there are (zapbench-cases), as LAVA
# loses a line that the serial line garbles. Arguments: those of zapbench run
# environment:
#   ZAPBENCH  the program (zapbench)
#   RECORD    log: write the record into the log of the job (log)
set -u
zapbench=${ZAPBENCH:-zapbench}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

status=0
"$zapbench" run "$@" --out "$work/record.json" || status=$?

# LAVA cannot read a line with a kernel message in its middle.
printk=/proc/sys/kernel/printk
level=$(cut -f 1 "$printk" 2>/dev/null || true)
if [ -n "$level" ] && echo 1 2>/dev/null >"$printk"; then
	trap 'echo "$level" >"$printk"; rm -rf "$work"' EXIT
fi

case $status in
0) ;;
3) echo "zapbench-run: some samples are invalid; a figure with too many of them has no measurement" ;;
*)
	echo "zapbench-run: zapbench run failed, with status $status"
	lava-test-case zapbench-run --result fail
	exit 0
	;;
esac
lava-test-case zapbench-run --result pass
if ! "$zapbench" export --to lava --out "$work/cases" "$work/record.json"; then
	lava-test-case zapbench-cases --result fail
	exit 0
fi
# shellcheck source=/dev/null
. "$work/cases"
lava-test-case zapbench-cases --result pass --measurement "$(grep -c '^lava-test-case ' "$work/cases")" --units cases

if [ "${RECORD:-log}" = log ]; then
	echo "zapbench-record: from the lines until zapbench-record-end, by base64 -d | gunzip"
	gzip -9 -c "$work/record.json" | base64
	echo "zapbench-record-end"
fi

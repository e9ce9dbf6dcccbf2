#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run every test program and every test script, each of which speaks TAP, and close with one line that counts. Arguments: test programs.
# O and SRC come from the Makefile; TESTS narrows it down to names that match that pattern.
set -u

passed=0
failed=0
skipped=0
out=$O/check.out

run()
{
	name=$1
	shift
	case $name in
	*${TESTS:-}*) ;;
	*) return ;;
	esac
	# A test that hangs is a test that failed.
	CMOCKA_MESSAGE_OUTPUT=TAP timeout "${TEST_TIMEOUT:-600}" "$@" >"$out" 2>&1
	status=$?
	# cmocka calls what it skips "not ok # SKIP"
	skip=$(grep -cE '^(not )?ok.*# SKIP' "$out")
	bad=$(grep '^not ok' "$out" | grep -vc '# SKIP')
	good=$(grep '^ok' "$out" | grep -vc '# SKIP')
	if [ $((bad + good + skip)) -eq 0 ]; then
		bad=1 # a test that dies before it says anything has failed
	elif [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	fi
	printf '%-40s %4d passed %3d failed %3d skipped\n' "$name" "$good" "$bad" "$skip"
	grep -E '^(not )?ok.*# SKIP' "$out" | sed 's/^not //; s/^/    /'
	if [ "$bad" -gt 0 ]; then
		echo "    status $status, last words:"
		grep -v '^ok' "$out" | tail -n 60 | sed 's/^/    /'
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	skipped=$((skipped + skip))
}

for test in "$@"; do
	run "${test#"$O"/}" "$test"
done
for script in "$SRC"/*/test/*.sh; do
	run "${script#"$SRC"/}" sh "$script"
done
rm -f "$out"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]

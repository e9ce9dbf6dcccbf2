#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/check.sh: what it counts, and which failure it tries again. scripts/tap.sh: what it shows of a failure.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

mkdir -p "$T/src/a/test" "$T/o"
# test_script NAME LINE STATEMENTS
test_script() { printf '#!/bin/sh\n%s\n%s\n' "$2" "$3" >"$T/src/a/test/$1.sh"; }
check() { env -u TESTS -u AGAIN -u JOBS O="$T/o" SRC="$T/src" TMPDIR="$T" "$SRC/scripts/check.sh"; }
second="if [ -e '$T/seen' ]; then echo ok 1; else touch '$T/seen'; echo not ok 1; fi"

test_script good "# plain" "echo ok 1; echo ok 2 '# SKIP none'"
test_script timed "# measures: it does" "$second"
ok "what measures runs again when it fails" prints 0 "2 passed, 0 failed, 1 skipped" "it runs again, alone" -- check
ok "and the first outcome is shown" says "$T/out" "not ok 1"
rm "$T/seen"
test_script timed "# plain" "$second"
ok "no other script does" prints 1 "1 passed, 1 failed, 1 skipped" -- check
test_script timed "# measures: it does" "echo not ok 1"
ok "what fails twice has failed" prints 1 "1 passed, 1 failed, 1 skipped" -- check
test_script timed "# alone: it must" "exit 3"
ok "a test that says nothing has failed" prints 1 "status 3" "1 passed, 1 failed, 1 skipped" -- check
test_script timed "# plain" "echo ok 1; exit 1"
ok "and so has one that ends with another status" prints 1 "2 passed, 1 failed, 1 skipped" -- check

# --- the order: JOBS=1 has one
first() { env -u TESTS -u AGAIN JOBS=1 O="$T/o" SRC="$T/src" "$SRC/scripts/check.sh" | sed -n '1s/ .*//p'; }
rm -r "$T/o/check"
test_script timed "# slow: it is" "echo ok 1"
ok "without known seconds what is slow comes first" is "$(first)" a/test/timed.sh
echo 5 >"$T/o/check/a.test.good.sh.seconds"
ok "then what took longest" is "$(first)" a/test/good.sh

# --- a line that differs is shown, wherever it is
{
	echo "figure: 8 faults"
	seq 20
} >"$T/long"
differs() { (ok "it is there" says "$T/long" "figure: 9 faults"); }
ok "what is there in place of a line" prints 0 "# figure: 8 faults" "# 13" -- differs
ok "and no line before the last eight that begins otherwise" lacks "$T/out" "# 12"
tap_end

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/check-mutants.sh --apply: what it says of a mutant that can catch nobody. A tree with one line is the source.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
mkdir -p "$T/src/bench/test" "$T/src/report/test" "$T/o"
echo "return faults == asked;" >"$T/src/bench/fault.c"
touch "$T/src/bench/test/test_fault.c"
good="promise: A sample with a fault too few is invalid.
code: faults == asked
with: faults <= asked
killed-by: bench/test/test_fault"
# table LINES: the mutants of bench; report has one
table()
{
	printf '# mutants\n\n%s\n' "$1" >"$T/src/bench/test/mutants"
	printf '# mutants\n\n%s\n' "$good" >"$T/src/report/test/mutants"
}
apply() { env -u MUTANTS O="$T/o" SRC="$T/src" "$SRC/scripts/check-mutants.sh" --apply; }
refused() { prints 1 "FAILED" "$@" -- apply; }

table "$good"
ok "a mutant that applies is taken" is "$(apply 2>&1 && echo taken)" taken
table "$good
$good"
ok "a mutant that another one follows without an empty line is refused" refused \
	"A sample with a fault too few is invalid.: it has 2 lines \"promise: ...\", expected one"
table "$(echo "$good" | grep -v ^with)"
ok "so is one without a line" refused "it has 0 lines \"with: ...\", expected one"
table "$(echo "$good" | sed 's/code: .*/code: pages/')"
ok "so is one whose code is not there" refused "its code is there 0 times"
table "$(echo "$good" | sed 's/test_fault/test_zap/')"
ok "so is one whose test is not there" refused "there is no test bench/test/test_zap"
tap_end

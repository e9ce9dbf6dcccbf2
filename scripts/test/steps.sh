#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/steps.sh: what .ci/run and check-all.sh say at their end.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
cat >"$T/ci" <<END
log=$T/log
. "$SRC/scripts/steps.sh"
step good echo "3 passed, 0 failed, 1 skipped"
step tests printf 'ok 1 - one\n    not ok 2 - two\nnot ok 3 - three # SKIP\n1 passed, 1 failed, 1 skipped\n'
step other sh -c 'echo "cannot be done"; exit 3'
steps_end "1 min"
END
steps() { env -u STEPS bash "$T/ci"; }

ok "the counts of all steps are added, and one is for a step without" prints 1 "4 passed, 2 failed, 2 skipped" -- steps
ok "what failed stands once more before the times" is "$(sed -n '/^== failures/,/^== time/p' "$T/out")" "== failures
tests: not ok 2 - two
other: cannot be done
== time"
ok "a step that is not there is named" errs 1 "unknown step none; steps: good tests other" -- \
	env STEPS=none bash "$T/ci"
ok "only the steps that are asked for run" prints 0 "3 passed, 0 failed, 1 skipped" -- env STEPS=good bash "$T/ci"
ok "and without a failure there is no list of failures" lacks "$T/out" "== failures"
tap_end

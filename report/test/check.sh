#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench history check, through the program: what is planted is told, with what changed with it, until somebody knows.
# The conditions are strings on purpose: ok() evaluates them.
# shellcheck disable=SC2016
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
# shellcheck source=report/test/fixtures/nights.sh
. "$SRC/report/test/fixtures/nights.sh"
# what the conditions below take
export config=refault/memfd/eager/page/2M

# shellcheck disable=SC2086 # words
nights db before/0.json $quiet
ok "quiet nights are status 0" eval 'exits 0 history check && says out "0 regressions" && says out "series judged"'
ok "one slow night is only suspect" eval 'nights db before/0.json 15,1.2,tool.git=slow && exits 0 history check && says out "SUSPECT" && says out "0 regressions"'
ok "its cases are to be measured again" eval 'exits 0 history suspects && grep -qx refault out'
ok "three are a regression" eval 'nights db before/0.json 16,1.2,tool.git=slow 17,1.2,tool.git=slow && exits 1 history check && says out REGRESSIONS'
ok "it says since when" says out "2026-01-16T02:00:00Z, run night-015"
ok "how much" eval 'grep -E "\+(19|20|21)\.[0-9] % \(.* to .*\)  $config, ns/page, since 3 runs" out'
ok "with which commit" says out "with it, code: git: 0123456789ab, now slow"
ok "and with nothing of the machine" eval '! says out "with it, machine"'
ok "in columns but for names" eval '! grep -vE "run night|acknowledge|a_value_that_goes_on" out | grep -E "^.{106,}"'
ok "show says it below the figures" eval 'exits 0 history show $config && says out "changed at 2026-01-16"'
ok "the change of one configuration is acknowledged" eval 'exits 0 history acknowledge night-015 $config && exits 1 history check && says out ACKNOWLEDGED'
ok "then of all" eval 'exits 0 history acknowledge night-015 && exits 0 history check && says out "0 regressions"'
ok "which survives the index" eval 'rm db/index.db* && exits 0 history check && exits 0 history rebuild && exits 0 history check'
ok "a line that was cut off takes no other with it" eval 'printf "night-0" >>db/acknowledged && history acknowledge night-001 && exits 0 history check && grep -qx "night-001.*" db/acknowledged'
ok "an unknown run or configuration is status 3" eval 'exits 3 history acknowledge nothing && exits 3 history acknowledge night-001 no/such/one'
ok "a threshold above it is quiet" eval 'rm db/acknowledged && exits 1 history check --threshold 10 && exits 0 history check --threshold 30'
ok "a threshold that is no number is status 2" exits 2 history check --threshold x
ok "an unknown machine is status 3" exits 3 history check --machine other

# shellcheck disable=SC2086 # words
nights faster before/0.json $quiet 15,0.7 16,0.7 17,0.7
ok "faster is status 0, and told" eval 'exits 0 history check && says out FASTER && says out "nothing else that a result records"'
# shellcheck disable=SC2086 # words
nights machine before/0.json $quiet 15,1.3,environment.cpu.governor=powersave 16,1.3,environment.cpu.governor=powersave 17,1.3,environment.cpu.governor=powersave
ok "a change of the machine is told apart" eval 'exits 1 history check && says out "with it, machine: cpu.governor: performance, now powersave" && ! says out "with it, code"'
# shellcheck disable=SC2086 # words
nights blip before/0.json $quiet 15,1.3 16,1.3 17,1.3 18,1.3 19,1 20,1 21,1 22,1 23,1 24,1
ok "what went away is a blip, and quiet" eval 'exits 0 history check && says out BLIPS && says out "for 4 runs"'
ok "old news is quiet" eval 'nights machine before/0.json $(seq 18 48 | sed "s/\$/,1.3,environment.cpu.governor=powersave/") && exits 0 history check'
nights few before/0.json 1,1 2,1 3,1
ok "too few nights are status 3" eval 'exits 3 history check && says out "too few runs"'
ok "no history either" eval 'db=none && exits 3 history check'

# --- exact
nights exact "$SRC/results/reference/qemu-6.12-4k.json" 1,1 2,1
ok "what is emulated is judged from the second run on" eval 'exits 0 history check && says out "0 regressions"'
python3 - <<'PY'
import json
r = json.load(open("exact-1.json"))
c = [c for c in r["configurations"] if c["name"].startswith("refault/zap-heap/eager/page/")][0]
column = c["value_column"]
c["samples"][column] = [s if s is None else s + c["operations"] for s in c["samples"][column]]
r["run"]["id"], r["run"]["started_at"] = "planted", "2026-03-01T00:00:00Z"
r["tool"]["git"] = "planted"
json.dump(r, open("planted.json", "w"))
open("planted", "w").write(c["name"])
PY
ok "one instruction an operation is a regression in the first night" eval 'history add planted.json >out && exits 1 history check && says out "$(cat planted)" && says out "1 regression," && says out "code: git"'
ok "which needs no measuring again" eval 'exits 0 history suspects && [ ! -s out ]'

# --- names
# shellcheck disable=SC2046 # words
python3 nights.py hostile before/0.json $(seq 1 17 | while read -r i; do echo "$i,$([ "$i" -lt 15 ] && echo 1 || echo 1.5),tool.git=$([ "$i" -lt 15 ] && echo a || printf 'b\033[31m;$(touch_owned)')"; done)
ok "a hostile commit is only text" eval 'db=hostile && history add hostile-*.json >/dev/null && exits 1 history check && ! grep -q "$(printf "\033")" out && says out touch_owned'
tap_end

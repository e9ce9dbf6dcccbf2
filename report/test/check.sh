#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench history check, through the program: what is planted is told, with what changed with it, until somebody knows.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
# shellcheck source=report/test/fixtures/nights.sh
. "$SRC/report/test/fixtures/nights.sh"
config=refault/memfd/eager/page/2M

# shellcheck disable=SC2086 # words
nights db before/0.json $quiet
ok "quiet nights are status 0" prints 0 "0 regressions" "series judged" -- history check
nights db before/0.json 15,1.2,tool.git=slow
ok "one slow night is only suspect" prints 0 "SUSPECT" "0 regressions" -- history check
ok "its cases are listed" exits 0 history suspects
ok "to be measured again" grep -qx refault out
nights db before/0.json 16,1.2,tool.git=slow 17,1.2,tool.git=slow
ok "three are a regression" prints 1 REGRESSIONS -- history check
ok "it says since when" says out "2026-01-16T02:00:00Z, run night-015"
ok "how much" grep -E "\+(19|20|21)\.[0-9] % \(.* to .*\)  $config, ns/page, since 3 runs" out
ok "with which commit" says out "code change: git: 0123456789ab, now slow"
ok "and with nothing of the machine" lacks out "machine change"
grep -vE "run night|acknowledge|a_value_that_goes_on" out >columns
ok "no line is wider than 105 columns, without names" no grep -E "^.{106,}" columns
ok "show says it below the figures" prints 0 "changed at 2026-01-16" -- history show $config
ok "the change of one configuration is acknowledged" exits 0 history acknowledge night-015 $config \
	--reason "the new	allocator" --author "A. Nother"
ok "the others are regressions still" prints 1 ACKNOWLEDGED -- history check
ok "with reason and author" says out "acknowledged at run night-015" "by A. Nother: the new allocator"
ok "and how to undo it" says out "zapbench history acknowledge --undo night-015"
ok "it is undone" exits 0 history acknowledge --undo night-015 $config
ok "then it is a regression as before" prints 1 "0 acknowledged" -- history check
ok "what is not acknowledged cannot be undone" exits 3 history acknowledge --undo night-015 $config
ok "it is acknowledged again, by the author of git" \
	exits 0 env GIT_AUTHOR_NAME=Somebody "$ZAPBENCH" history --db db acknowledge night-015 $config
ok "this is said" prints 1 "by Somebody" -- history check
ok "then that of all is acknowledged" exits 0 history acknowledge night-015
ok "and no regression is left" prints 0 "0 regressions" -- history check
rm db/index.db*
ok "this does not depend on the index" exits 0 history check
ok "which can be rebuilt" exits 0 history rebuild
ok "without a change" exits 0 history check
printf "night-0" >>db/acknowledged
ok "after a line that was cut off" exits 0 history acknowledge night-001
ok "the next one is a line of its own" grep -qx "acknowledged	night-001.*" db/acknowledged
printf '\n%s\t*\n' "$(history list | sed -n 's/.*  \(night-002-.*\)/\1/p')" >>db/acknowledged
ok "a line as zapbench 0.1 wrote it" exits 0 history acknowledge --undo night-002
ok "and the others hold" exits 0 history check
ok "an unknown run is status 3" exits 3 history acknowledge nothing
ok "an unknown configuration is status 3" exits 3 history acknowledge night-001 no/such/one
rm db/acknowledged
ok "a threshold below the change" exits 1 history check --threshold 10
ok "a threshold above it is quiet" exits 0 history check --threshold 30
ok "a threshold that is no number is status 2" exits 2 history check --threshold x
ok "an unknown machine is status 3" exits 3 history check --machine other

# shellcheck disable=SC2086 # words
nights faster before/0.json $quiet 15,0.7 16,0.7 17,0.7
ok "faster is status 0, and printed" prints 0 FASTER "no recorded code or machine change" -- history check
# A figure of which more is better: the record says so. 14 runs as they were, then three others.
more=$(seq 1 14 | sed 's/$/,1,better=more/')
# shellcheck disable=SC2086 # words
nights rate before/0.json $more 15,1.3,better=more 16,1.3,better=more 17,1.3,better=more
ok "more of what is better is no regression" prints 0 FASTER "0 regressions" -- history check
# shellcheck disable=SC2086 # words
nights rates before/0.json $more 15,0.7,better=more 16,0.7,better=more 17,0.7,better=more
ok "less of it is one" prints 1 REGRESSIONS -- history check
slower="1.3,environment.cpu.governor=powersave"
# shellcheck disable=SC2086 # words
nights machine before/0.json $quiet 15,$slower 16,$slower 17,$slower
ok "a change of the machine is named" \
	prints 1 "machine change: cpu.governor: performance, now powersave" -- history check
ok "and no change of the code" lacks out "code change"
# shellcheck disable=SC2086 # words
nights blip before/0.json $quiet 15,1.3 16,1.3 17,1.3 18,1.3 19,1 20,1 21,1 22,1 23,1 24,1
ok "a change that went away is a blip, and quiet" prints 0 BLIPS "for 4 runs" -- history check
# shellcheck disable=SC2046 # words
nights machine before/0.json $(seq 18 62 | sed "s/\$/,$slower/")
ok "a regression is open until somebody does something" prints 1 REGRESSIONS " 9 regressions," "since 48 runs" -- \
	history check
ok "an acknowledged one" exits 0 history acknowledge night-015
ok "is not news after 30 runs" prints 0 " 0 acknowledged" -- history check
# shellcheck disable=SC2046,SC2086 # words
nights fixed before/0.json $quiet $(seq 15 40 | sed 's/$/,1.3/') $(seq 41 52 | sed 's/$/,1/')
ok "a regression that was fixed is closed" prints 0 FASTER " 0 regressions" -- history check
# shellcheck disable=SC2046,SC2086 # words
nights partly before/0.json $quiet $(seq 15 34 | sed 's/$/,1.3/') $(seq 35 46 | sed 's/$/,1.15/')
ok "one that was fixed in part is open" prints 1 FASTER " 9 regressions," "since 32 runs" -- history check

# --- series that are no longer measured
gone="NO LONGER MEASURED"
# shellcheck disable=SC2046 # words
plant gone before/0.json $(seq 1 26 | sed 's/$/,1/')
# shellcheck disable=SC2046 # words
standard_python "$SRC/report/test/fixtures/without.py" zap/ $(seq 17 26 | sed 's/.*/gone-&.json/')
db=gone
ok "nights with a case less" exits 0 history add gone-?.json gone-1?.json gone-20.json
ok "four of them are quiet" prints 0 "0 no longer measured" -- history check
ok "five of them" exits 0 history add gone-21.json
ok "are status 5" prints 5 "$gone" "2026-01-17T02:00:00Z, run night-016" "was the last one" -- history check
ok "each configuration is named" is "$(grep -c "^    zap/" out)" "$(history show | grep -c '^  zap/')"
ok "and is judged no more" says out "$(history show | grep -c '^  refault/') series judged"
standard_python "$SRC/report/test/fixtures/without.py" "zap/ refault/memfd/lazy refault/memfd/eager/page" \
	gone-2[2-6].json
ok "five second looks at a few cases" exits 0 history add gone-2[2-6].json
ok "make no other series gone" prints 5 "$gone" -- history check
ok "and name one last run" is "$(grep -c "was the last one" out)" 1
ok "how to acknowledge it is said" says out "zapbench history acknowledge night-016"
ok "it is acknowledged" exits 0 history acknowledge night-016 --reason "the case was removed"
ok "then it is quiet" prints 0 "no longer measured" -- history check
ok "and not listed" lacks out "$gone"
nights gone before/0.json 27,1
ok "measured again" prints 0 "0 no longer measured" -- history check
nights few before/0.json 1,1 2,1 3,1
ok "too few nights are status 3" prints 3 "too few runs" -- history check
db=none
ok "no history is status 3" exits 3 history check

# --- exact
nights exact "$SRC/results/reference/qemu-6.12-4k.json" 1,1 2,1
ok "what is emulated is judged from the second run on" prints 0 "0 regressions" -- history check
standard_python "$SRC/report/test/fixtures/instruction_more.py" exact-1.json planted.json >planted
ok "one instruction more per operation" exits 0 history add planted.json
ok "is a regression in the first night" prints 1 "$(cat planted)" "1 regression," "code change: git" -- history check
ok "which is not to be measured again" exits 0 history suspects
ok "so nothing is listed" [ ! -s out ]

# --- names
escape=$(printf '\033')
# shellcheck disable=SC2016 # that is the name
hostile="1.5,tool.git=b${escape}[31m;"'$(touch_owned)'
db=hostile
# shellcheck disable=SC2046 # words
plant hostile before/0.json $(seq 1 14 | sed 's/$/,1,tool.git=a/') "15,$hostile" "16,$hostile" "17,$hostile"
history add hostile-*.json >/dev/null
ok "a hostile commit is only text" prints 1 touch_owned -- history check
ok "without its escape characters" lacks out "$escape"
tap_end

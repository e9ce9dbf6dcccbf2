#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What every command answers to mistakes, and where results are looked for.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
unset ZAPBENCH_HISTORY
commands=$("$ZAPBENCH" __complete '' | grep -v '^-')

narrow() { [ "$(awk 'length > 80' "$1" | wc -l)" -eq 0 ]; }

# --- every command
ok "without a command: help, status 0" prints 0 "usage: zapbench COMMAND" "Start with:" -- "$ZAPBENCH"
ok "--help lists the commands" exits 0 "$ZAPBENCH" --help
for command in $commands; do
	ok "--help lists $command" grep -q "^  $command  *" out
done
for command in $commands; do
	ok "$command --help" exits 0 "$ZAPBENCH" "$command" --help
	ok "has a usage line" grep -q "^usage: zapbench $command" out
	ok "has exit statuses" grep -qx "exit status" out
	grep -v "^  zapbench" out >body
	ok "fits 80 columns but for its examples" narrow body
	ok "$command: an unknown option" errs 2 "unknown option '--nonsense'" "try zapbench $command --help" -- \
		"$ZAPBENCH" "$command" --nonsense
	ok "$command -x" errs 2 "unknown option '-x'" -- "$ZAPBENCH" "$command" -x
	ok "$command --help=x" errs 2 "--help takes no value" -- "$ZAPBENCH" "$command" --help=x
done
# Lines of WORDS: WHAT IT SAYS
cat >mistakes <<'EOF'
run --polcy=eager: did you mean --policy?
compare --jsno a b: did you mean --json?
export --ot csv: did you mean --to?
history add --agian x: did you mean --again?
history ad x: did you mean 'add'?
rnu: did you mean 'run'?
run --budget: --budget needs a value
run --quiet=1: --quiet takes no value
history list --machine x: history list takes no --machine
history check --machine x --run y: history check takes --machine or --run, not both
history check x: history check takes no argument
history label x: history label takes RUN LABEL
report: RESULT is missing
model a b: takes one results file
recover: takes one journal
info 1: takes no argument
list 1: takes no argument
EOF
while IFS= read -r line; do
	words=${line%%: *}
	# shellcheck disable=SC2086
	ok "zapbench $words" errs 2 "${line#*: }" -- "$ZAPBENCH" $words
done <mistakes

# --- numbers
ok "1MB" errs 2 "found '1MB'" "fix: write 1M" -- "$ZAPBENCH" run --set size=1MB
ok "10% of a fraction" errs 2 "fix: write 0.1" -- "$ZAPBENCH" run --set touched=10%
ok "1% of a percentage" errs 2 "fix: write 1" -- "$ZAPBENCH" run --precision 1%
ok "model --bytes 4MB" errs 2 "fix: write 4M" -- "$ZAPBENCH" model x --bytes 4MB
ok "model --touched 10%" errs 2 "fix: write 0.1" -- "$ZAPBENCH" model x --touched 10%

# --- where results are
ok "run writes to results/runs/" prints 0 "results: results/runs/" -- "$ZAPBENCH" run null --budget 0.5
ok "with a link to the newest" [ -L results/runs/latest.json ]
ok "the old name is found: model" errs 1 "results/runs/latest.json: " -- "$ZAPBENCH" model results/latest.json
ok "export" prints 0 "null/4M" -- "$ZAPBENCH" export --to csv results/latest.json
ok "report" exits 0 "$ZAPBENCH" report results/latest.json --no-pdf
ok "a folder without results of its own is its runs/" exits 0 "$ZAPBENCH" export --to otava results
ok "history add, into results/runs/history" exits 0 "$ZAPBENCH" history add results/latest.json
ok "is there" [ -d results/runs/history/runs ]
ok "and is listed" prints 0 "; 1 configuration" -- "$ZAPBENCH" history list
mv results/runs/history results/history
ok "a history in results/history is used where there is no other" \
	prints 0 "; 1 configuration" -- "$ZAPBENCH" history list
ok "and added to" prints 0 "already there" -- "$ZAPBENCH" history add results/latest.json
ok "no second one is begun" [ ! -e results/runs/history ]
cp results/runs/latest.json results/own.json
ok "a file that is there is that file" prints 0 "null/4M" -- "$ZAPBENCH" export --to csv results/own.json
ok "a file that is nowhere is named as it was given" errs 2 "results/none.json: No such file" -- \
	"$ZAPBENCH" export --to csv results/none.json

# --- the program of a round
ok "an empty ZAPBENCH_LAUNCHER is as none" measured \
	env ZAPBENCH_LAUNCHER= "$ZAPBENCH" run null --budget 0.1 --out x.json

# --- what cannot be written
mkdir full
ln -s "$T/elsewhere" full/report.html
ok "a report that finds no room" errs 1 "full/report.html: File too large" "fix: free space" -- \
	without_room 16 "$ZAPBENCH" report results/latest.json --no-pdf --out full
ok "goes nowhere else" [ ! -e elsewhere ]
# Another user, as root may write everywhere.
other() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
chmod 755 "$T"
mkdir locked
if [ "$(id -u)" -eq 0 ] && other test -x "$ZAPBENCH" -a ! -w locked && other test -r results/own.json; then
	ok "a history in a folder that is not writable" errs 4 "Permission denied" "with --db" -- \
		other "$ZAPBENCH" history --db locked/history add results/own.json
	ok "results in a folder that is not writable" errs 1 "Permission denied" "with --out" -- \
		other "$ZAPBENCH" run null --budget 0.1 --out locked/
else
	skip "a history in a folder that is not writable" "not root, or no folder that others can read"
fi
tap_end

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench ab: the order of its runs, and what it does when something fails, is interrupted or reboots.
# slow: it waits for runs
# one CPU: zapbench chooses the same CPU in all tests, which would wait for each other
# measures: its runs have a second, and want a figure
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
fast="null --budget 0.1 --precision 50"
orders() { tr -d '\n' <calls; }
plan() { record "$1/plan.json" get "$2"; }
count() { find "$1" -name '*.json' 2>/dev/null | wc -l; }
compared() { "$@" >out 2>err; tap_status=$?; [ "$tap_status" -le 1 ] || { sed 's/^/# /' err; return 1; }; }

# --- two settings
cat >switch <<'END'
#!/bin/sh
printf %s "$1" >>calls
echo "$1" >mode
END
chmod +x switch
# shellcheck disable=SC2086 # words
ok "two settings, in one command" compared "$ZAPBENCH" ab --a './switch A' --b './switch B' \
	--pairs 4 --seed 1 --dir s -- $fast
ok "each run has its switch, in the order ABBA or BAAB" grep -qxE "(ABBA|BAAB){2}" calls
ok "4 runs of A" is "$(count s/a)" 4
ok "4 runs of B" is "$(count s/b)" 4
ok "nothing is left over" is "$(count s/unfinished)" 0
ok "a record knows its side" is "$(record "$(find s/a -name '*.json' | head -n 1)" get labels.0.value)" A
ok "it is compared" says out "base: s/a, 4 runs" "new: s/b, 4 runs"
ok "and the command is shown" says err "zapbench compare s/a s/b --within-boot --unlike settings,configurations"
ok "runs are the observations, since they are of one boot" says out "ONE BOOT, both sides in turn"
ok "the claim is about one boot" says err "all runs are of one boot: the figures hold for this boot"
ok "progress" says err "run 1 of 8: " "run 8 of 8: " "of measuring left"
first=$(orders)
# shellcheck disable=SC2086
ok "a plan is not overwritten" errs 4 "a plan exists there already" "fix: zapbench ab --resume s/plan.json" -- \
	"$ZAPBENCH" ab --a true --b false --dir s -- $fast
ok "a plan that is done only compares" compared "$ZAPBENCH" ab --resume s/plan.json
ok "without a run" is "$(orders)" "$first"
elsewhere() (cd / && "$ZAPBENCH" ab --resume "$T/s/plan.json")
ok "from another folder, too" compared elsewhere
ok "no older result is pointed at" [ ! -e results ]

# --- plans that begin in the same second
mkdir same
for _ in 1 2 3; do
	# shellcheck disable=SC2086
	(cd same && exec "$ZAPBENCH" ab --a true --b true --pairs 1 -- $fast >/dev/null 2>&1) &
done
wait
ok "three plans of one second have three folders" is "$(find same -name plan.json | wc -l)" 3

# --- the setting is in force: B measures with a wrapper that reads it
cat >wrapper <<'END'
#!/bin/sh
case "$*" in *--help) ;; *) cat mode >>seen ;; esac
exec "$PROGRAM" "$@"
END
chmod +x wrapper
: >calls
# shellcheck disable=SC2086
PROGRAM=$ZAPBENCH compared "$ZAPBENCH" ab --a './switch A' --b './switch B' --binary-a ./wrapper --binary-b ./wrapper \
	--pairs 2 --dir w -- $fast
ok "each run is made after its switch" is "$(tr -d '\n' <seen)" "$(orders)"
ok "two programs may differ" says err "--unlike program,settings,configurations"
# shellcheck disable=SC2086
ok "a program that is not there is named" errs 2 "the program of B: ./none: No such file" -- \
	"$ZAPBENCH" ab --binary-b ./none --dir n -- $fast
ok "before a plan is made" [ ! -e n ]


# --- mistakes, which are said before a plan is made
cat >mistakes <<'END'
A and B are the same: --dir n
--a and --b go together: --a true
--heap-a and --heap-b go together: --heap-a memfd
takes no command, binary or hook: --heap-a memfd --heap-b udmabuf --reboot-hook true
--out cannot be given: --a true --b true --dir n -- --out x
--repeat cannot be given: --a true --b true --dir n -- --repeat=2
does not take these arguments: --a true --b true --dir n -- --budget x
expected a whole number from 1: --pairs 0
--resume takes no other option: --resume s/plan.json --pairs 3
not a plan of zapbench ab: --resume mode
none/plan.json: No such file: --resume none/plan.json
END
while IFS= read -r line; do
	words=${line##*: }
	# shellcheck disable=SC2086 # words
	ok "ab $words" errs 2 "${line%: *}" -- "$ZAPBENCH" ab $words
done <mistakes
ok "none of them began a plan" [ ! -e n ]

# --- failures: once more, then stop
# shellcheck disable=SC2086
ok "a command that fails once" compared "$ZAPBENCH" ab --a 'test -e once || { touch once; exit 7; }' \
	--b true --pairs 1 --dir once.d -- $fast
ok "is tried once more" says err "the switch command failed with status 7: test -e once" "; trying once more"
# shellcheck disable=SC2086
ok "a command that fails twice" errs 4 "failed, or did not end, 2 times" \
	"fix: repair the cause, then zapbench ab --resume t/plan.json" -- \
	"$ZAPBENCH" ab --a 'test -e mended' --b true --pairs 1 --seed 1 --dir t -- $fast
touch mended
ok "mended, and resumed" compared "$ZAPBENCH" ab --resume t/plan.json
ok "both runs are there" is "$(count t)" 3 # and the plan
cat >broken <<'END'
#!/bin/sh
case "$*" in *--help) ;; *) echo '{"half":' ;; esac
END
chmod +x broken
# shellcheck disable=SC2086
ok "a run that leaves no record" errs 4 "trying once more" "2 times" -- \
	"$ZAPBENCH" ab --binary-a ./broken --binary-b ./broken --pairs 1 --dir b -- $fast
ok "is not compared" is "$(count b/a; count b/b)" "$(printf '0\n0')"
ok "what both attempts left is kept" is "$(count b/unfinished)" 2
if [ -e /dev/udmabuf ]; then
	ok "two heaps" prints 0 "source=memfd" -- "$ZAPBENCH" ab --heap-a memfd --heap-b udmabuf --dir h -- \
		refault --budget 1 --policy eager --set size=64K
	ok "are one run" is "$(count h)" 2
else
	ok "a heap that is not here: the run says why" errs 4 "udmabuf" "fix: repair the cause" -- \
		"$ZAPBENCH" ab --heap-a memfd --heap-b udmabuf --dir h -- refault --budget 1 --policy eager --set size=64K
fi

# --- interrupted, and resumed
# begins RUN: wait until that run has begun
begins()
{
	for _ in $(seq 200); do
		grep -q "run $1 of" err && return 0
		sleep 0.1
	done
	sed 's/^/# /' err
	return 1
}
terminal "$ZAPBENCH" ab --a true --b true --pairs 2 --dir i -- null --budget 1 --precision 0.01 >out 2>err &
pid=$!
ok "a plan measures" begins 3
ok "one process per plan" errs 4 "another zapbench ab, or its run, uses this folder" -- \
	"$ZAPBENCH" ab --resume i/plan.json
begins 4 || true
sleep 0.3
kill -INT $pid
wait $pid
ok "an interrupted plan ends with 130" is $? 130
ok "and says how to go on" is "$(tail -n 1 err)" "zapbench: interrupted; resume with: zapbench ab --resume i/plan.json"
ok "what was measured of the run is kept" is "$(count i/unfinished)" 1
cp -R i k
ok "it goes on" compared "$ZAPBENCH" ab --resume i/plan.json
ok "with the run that was interrupted" is "$(grep -c 'run . of' err)" 1
ok "all runs are there" is "$(count i/a) $(count i/b)" "2 2"
"$ZAPBENCH" ab --resume k/plan.json >out 2>err &
pid=$!
ok "a plan to be killed" begins 4
sleep 0.3
kill -KILL $pid
wait $pid 2>/dev/null
ok "its run goes on, so it is not resumed yet" errs 4 "its run, uses this folder" -- \
	"$ZAPBENCH" ab --resume k/plan.json
ok "but when that has ended" flock k true
sed -i 's/"kernel": "..*"/"kernel": "6.1 another"/' k/plan.json
ok "a side with two kernels is refused" errs 4 "earlier runs of" "had 6.1 another" "fix: boot the kernel of" -- \
	"$ZAPBENCH" ab --resume k/plan.json
head -c 300 i/plan.json >k/plan.json
ok "a plan that was cut off is refused" errs 2 "not a plan of zapbench ab" -- "$ZAPBENCH" ab --resume k/plan.json

# --- reboots
# shellcheck disable=SC2086
ok "a hook that does not reboot" errs 4 "did not reboot within 0.3 s: true" "fix: repair the cause" -- \
	"$ZAPBENCH" ab --reboot-hook true --reboot-wait 0.3 --dir r1 -- $fast
# shellcheck disable=SC2086
ok "a hook that fails" errs 4 "the reboot hook failed with status 1: false" "2 times" -- \
	"$ZAPBENCH" ab --reboot-hook false --dir r2 -- $fast
ok "measured nothing" is "$(count r1/a; count r2/a)" "$(printf '0\n0')"
# A boot is a mount namespace with a boot id of its own; the hook ends the program as a shutdown does.
cat >boot <<'END'
#!/bin/sh
echo "00000000-0000-0000-0000-00000000000$1" >id
mount --bind id /proc/sys/kernel/random/boot_id || exit 77
shift
echo $$ >pid
exec "$@"
END
cat >hook <<'END'
#!/bin/sh
printf %s "$1" >>hooks
kill -TERM "$(cat pid)"
END
chmod +x boot hook
if unshare -m ./boot 0 true 2>/dev/null; then
	boots=1
	# shellcheck disable=SC2086
	unshare -m ./boot 1 "$ZAPBENCH" ab --reboot-hook ./hook --pairs 2 --seed 1 --dir r -- $fast >out 2>err
	status=$?
	while [ $status -eq 143 ] && [ $boots -lt 9 ]; do
		boots=$((boots + 1))
		unshare -m ./boot $boots "$ZAPBENCH" ab --resume r/plan.json >out 2>err
		status=$?
	done
	ok "the plan goes on after each boot, to the comparison" less $status 1
	ok "4 runs in 5 boots" is $boots 5
	ok "the hook gets the side of each run" grep -qxE "ABBA|BAAB" hooks
	ok "the first run has a boot of its own" is "$(plan r runs.0.boot_id | tail -c 3)" 02
	ok "and the last one" is "$(plan r runs.3.boot_id | tail -c 3)" 05
	ok "which its record knows" is "$(record "$(find r/a r/b -name 04.json)" get pieces.0.boot_id | tail -c 3)" 05
	ok "no claim about one boot" lacks err "one boot"
	ok "the same kernel on both sides is said" says err "A and B ran on the same kernel"
else
	skip "a plan goes on after each boot" "a boot id cannot be mounted"
fi
tap_end

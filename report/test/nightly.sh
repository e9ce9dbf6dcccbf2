#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A night as a timer calls it: what it measures is stored, judged and shown, and whatever happens, nothing is lost.
# The conditions are strings on purpose: ok() evaluates them.
# shellcheck disable=SC2016
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
# shellcheck source=report/test/fixtures/nights.sh
. "$SRC/report/test/fixtures/nights.sh"
# shellcheck disable=SC2086 # options
nightly() { ZAPBENCH_FOLDER=$T/$1 "$SRC/scripts/nightly.sh" $2; }
runs() { find "$1/history/runs" -name '*.json.gz' | wc -l; }
quick="refault --set size=64K --set granularity=page --policy eager --budget 0.5 --quiet --events page-faults"
export ZAPBENCH quick

# --- what is really measured
ok "the first night has nothing to be held against" exits 3 nightly real "$quick"
ok "it is stored" [ "$(runs real)" -eq 1 ]
ok "and shown" [ -s real/dashboard/index.html ]
ok "and nothing else is left" [ -z "$(find real/night -type f -o -type l)" ]
ok "a wrong option is status 2" exits 2 nightly real --nothing
ok "a folder that cannot be made is status 4" eval 'exits 4 env ZAPBENCH_FOLDER=/proc/none "$SRC/scripts/nightly.sh" && says err "fix:"'
ok "no program is status 4" eval 'exits 4 env ZAPBENCH=/no/program "$SRC/scripts/nightly.sh" && says err "make install"'
(nightly both "$quick" >one 2>&1 &
nightly both "$quick" >two 2>&1
wait)
while ! flock -n both/night true; do sleep 0.2; done
ok "two at once are two nights" [ "$(runs both)" -eq 2 ]
mkdir -p killed/night
"$ZAPBENCH" run refault --set size=64K --set granularity=page --policy eager --budget 60 --precision 0.01 --quiet --events page-faults --out killed/night/ >/dev/null 2>&1 &
sleep 2
kill -9 $!
wait
ok "a night was killed" [ "$(find killed/night -name '*.journal' | wc -l)" -eq 1 ]
ok "the next one recovers it" eval 'exits 3 nightly killed "$quick" && says err recovered && [ "$(runs killed)" -eq 2 ] && [ -z "$(find killed/night -type f)" ]'
mkdir -p wrong/night
echo '{' >wrong/night/no.json
ok "what is no result is put aside, and the night goes on" eval 'exits 3 nightly wrong "$quick" && says err no.json.bad && [ "$(runs wrong)" -eq 1 ]'

# --- what is planted: a program that measures what it is told to
cat >planted <<'EOF'
#!/bin/sh
[ "$1" = run ] || exec "$REAL" "$@"
echo "$*" >>measured
while [ "$1" != --out ]; do
	[ "$1" != --repeat ] || repeat=$2
	shift
done
for i in $(seq "${repeat:-1}"); do
	number=$(($(cat number) + 1))
	echo $number >number
	factor=$(head -n 1 factors)
	sed -i 1d factors
	python3 nights.py planted.out before/0.json "$number,${factor:-1}" && mv "planted.out-$number.json" "$2/"
done
exit "$(cat status)"
EOF
chmod +x planted
REAL=$ZAPBENCH
ZAPBENCH=$T/planted
export REAL
echo 0 >number
: >factors
echo 0 >status
db=night/history
mkdir night
i=0
while [ $i -lt 12 ]; do
	nightly night "" >out 2>&1
	i=$((i + 1))
done
ok "quiet nights are status 0" eval 'exits 0 nightly night "" && [ "$(runs night)" -eq 13 ]'
echo 1.3 >factors # once: something else ran
ok "a night that stands out is measured again, and is none" eval 'exits 0 nightly night "" && says out "to be measured again: refault" && says out "0 regressions"'
ok "only its cases, twice" eval 'tail -n 1 measured | grep -q "^run .*refault.*--repeat 2"'
nightly night "" >out 2>&1
nightly night "" >out 2>&1
seq 20 | sed 's/.*/1.3/' >factors
ok "a regression is status 1 in its first night" eval 'exits 1 nightly night "" && says out REGRESSIONS && says out "since 3 runs"'
ok "and on the first page" says night/dashboard/index.html "stand at a regression"
ok "until somebody knows" eval 'run=$(sed -n "s/.*history acknowledge //p" out | head -1) && history acknowledge "$run" && exits 0 nightly night ""'
echo 3 >status
ok "some invalid samples are no failure" exits 0 nightly night ""
echo 1 >status
export before
before=$(runs night)
ok "a night that could not be measured is status 4" exits 4 nightly night ""
echo 0 >status
ok "what it had measured comes in with the next" eval 'exits 0 nightly night "" && [ "$(runs night)" -gt "$((before + 1))" ]'
printf '#!/bin/sh\ncp "%s" "$1/emulated.json"\n' "$SRC/results/reference/qemu-6.12-4k.json" >measure
chmod +x measure
ok "something else may measure" eval 'ZAPBENCH_MEASURE=$T/measure exits 3 nightly emulated "" && [ "$(runs emulated)" -eq 1 ]'
ok "and the same again is another night, quiet to the instruction" eval 'ZAPBENCH_MEASURE=$T/measure exits 0 nightly emulated "" && [ "$(runs emulated)" -eq 2 ] && says out "0 regressions"'

# --- as it is installed
ok "it is installed" make -s -C "$SRC" install O="$O" DESTDIR="$T/root" PREFIX=/usr
ok "with a timer" [ -s root/usr/lib/systemd/system/zapbench-nightly.timer ]
ok "whose service knows where" eval 'grep -q "^ExecStart=/usr/bin/zapbench-nightly" root/usr/lib/systemd/system/zapbench-nightly.service && ! grep -q @ root/usr/lib/systemd/system/zapbench-nightly.service'
if command -v systemd-analyze >/dev/null; then
	sed -i "s|/usr/bin/zapbench|$T/root/usr/bin/zapbench|" root/usr/lib/systemd/system/zapbench-nightly.service
	ok "systemd takes them" eval 'systemd-analyze verify --man=no root/usr/lib/systemd/system/zapbench-nightly.service root/usr/lib/systemd/system/zapbench-nightly.timer 2>&1 | tee units && [ ! -s units ]'
else
	skip "systemd takes the units" "no systemd-analyze"
fi
ok "it finds the program beside it" eval 'exits 3 env -u ZAPBENCH PATH=/usr/bin:/bin ZAPBENCH_FOLDER="$T/cron" root/usr/bin/zapbench-nightly $quick'
ok "help" eval 'exits 0 root/usr/bin/zapbench-nightly --help && says out "exit status"'
ok "and goes again" eval 'make -s -C "$SRC" uninstall O="$O" DESTDIR="$T/root" PREFIX=/usr && [ -z "$(find root -type f)" ]'
tap_end

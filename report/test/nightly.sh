#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A night as a timer calls it: what it measures is stored, judged and shown, and whatever happens, nothing is lost.
# slow: many nights
# one CPU: zapbench chooses the same CPU in all tests, which would wait for each other
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
# shellcheck source=report/test/fixtures/nights.sh
. "$SRC/report/test/fixtures/nights.sh"
# shellcheck disable=SC2086 # options
nightly() { ZAPBENCH_FOLDER=$T/$1 "$SRC/scripts/nightly.sh" $2; }
export ZAPBENCH_BOARD=here
runs() { find "$1/history/runs" -name '*.json.gz' | wc -l; }
files() { find "$1" -type f -o -type l; }
quick="refault --set size=64K --set granularity=page --policy eager --budget 0.1 --quiet"
export ZAPBENCH quick

# --- what is really measured
ok "the first night has nothing to be held against" exits 3 nightly real "$quick"
ok "it is stored" [ "$(runs real)" -eq 1 ]
ok "and shown" [ -s real/dashboard/index.html ]
export ZAPBENCH_COMMIT_URL=git://
ok "the dashboard gets the address of commits" errs 4 "is no address of the web" -- nightly linked "$quick"
unset ZAPBENCH_COMMIT_URL
ok "and nothing else is left" is "$(files real/night)" ""
printf 'not an index' | dd of=real/history/index.db conv=notrunc 2>/dev/null
ok "an index that broke is made again" errs 3 "its index is made again" -- nightly real "$quick"
ok "then both runs are there" is "$("$ZAPBENCH" history --db real/history list | grep -c ^20)" 2
ok "a wrong option is status 2" exits 2 nightly real --nothing
ok "a folder that cannot be made is status 4" \
	errs 4 fix: -- env ZAPBENCH_FOLDER=/proc/none "$SRC/scripts/nightly.sh"
ok "no program is status 4" errs 4 "make install" -- env ZAPBENCH=/no/program "$SRC/scripts/nightly.sh"
(nightly both "$quick" >one 2>&1 &
nightly both "$quick" >two 2>&1
wait)
while ! flock -n both/night/here true; do sleep 0.2; done
ok "two at once are two nights" [ "$(runs both)" -eq 2 ]
mkdir -p wait held/night/here
# shellcheck disable=SC2016 # its own argument
printf '#!/bin/sh\n[ "$2" = 1 ]\n' >wait/flock
chmod +x wait/flock
echo 4711 >held/night/here/pid
ok "one that waits too long says for whom" errs 4 "process 4711" "held/night/here" fix: "fuser -v" -- \
	env PATH="$T/wait:$PATH" ZAPBENCH_FOLDER="$T/held" "$SRC/scripts/nightly.sh"
mkdir -p killed/night/here
"$ZAPBENCH" run refault --set size=64K --set granularity=page --policy eager --budget 60 --precision 0.01 --quiet \
	--out killed/night/here/ >/dev/null 2>&1 &
ok "a night measures" has_rounds killed/night/here
kill -9 $!
wait
ok "it was killed" is "$(find killed/night -name '*.journal' | wc -l)" 1
ok "the next one recovers it" errs 3 recovered -- nightly killed "$quick"
ok "then both are there" is "$(runs killed)" 2
ok "and nothing else is left" is "$(files killed/night)" ""
mkdir -p wrong/night/here
echo '{' >wrong/night/no.json
echo '{' >wrong/night/here/no.json.journal
mkfifo wrong/night/here/pipe.json wrong/night/here/pipe.json.journal
ok "a file that is no result is set aside" errs 3 no.json.bad -- nightly wrong "$quick"
ok "so is one that is no journal" says err no.json.journal.bad
ok "and the nightly run continues" is "$(runs wrong)" 1
ok "measuring is bounded in time" errs 3 "more than 3 seconds" -- env ZAPBENCH_FOLDER="$T/long" ZAPBENCH_SECONDS=3 \
	"$SRC/scripts/nightly.sh" refault --set size=64K --set granularity=page --policy eager --budget 60 \
	--precision 0.01 --quiet
ok "what was measured until then is stored" is "$(runs long)" 1
if [ -n "$python" ]; then
	# shellcheck disable=SC2086 # options
	measured "$ZAPBENCH" run $quick --out whole.json
	standard_python "$SRC/report/test/fixtures/spoil.py" whole.json disturbed.json disturbed
	# It measures as on a machine that disturbs every round.
	cat >unlucky <<-'EOF'
		#!/bin/sh
		[ "$1" = run ] || exec "$REAL" "$@"
		for out; do :; done
		cp "$DISTURBED" "$out/disturbed.json"
		exit 3
	EOF
	chmod +x unlucky
	ok "a night without a valid figure says so" errs 3 "no run of the history has a valid figure" fix: -- \
		env REAL="$ZAPBENCH" DISTURBED="$T/disturbed.json" ZAPBENCH="$T/unlucky" ZAPBENCH_FOLDER="$T/unlucky.d" \
		"$SRC/scripts/nightly.sh"
	ok "and is stored" is "$(runs unlucky.d)" 1
	ok "show says the same" errs 3 "no run of the history has a valid figure" -- \
		"$ZAPBENCH" history --db unlucky.d/history show
else
	skip "a night without a valid figure" "no python3; apt-get install python3"
fi
mkdir user
# shellcheck disable=SC2086 # options
user_night()
{
	ZAPBENCH_FOLDER=$T/user ZAPBENCH=$T/bin/zapbench \
		setpriv --reuid=65534 --regid=65534 --clear-groups "$T/bin/nightly.sh" $quick
}
if [ "$(id -u)" -eq 0 ] && setpriv --version >/dev/null 2>&1; then
	# The tree may be root's alone.
	install -D -m 755 -t bin "$ZAPBENCH" "$SRC/scripts/nightly.sh"
	chmod 755 "$T" bin
	chown 65534 user
	ok "an ordinary user needs no root" exits 3 user_night
	ok "its result is stored" is "$(runs user)" 1
else
	skip "an ordinary user needs no root" "all other tests here are of an ordinary user"
fi

odd="-a  b'c\"d*
e"
mkdir -p -- "./$odd/bin"
ln -s "$ZAPBENCH" "./$odd/bin/zap bench"
# shellcheck disable=SC2086 # options
odd_night()
{
	ZAPBENCH="$odd/bin/zap bench" ZAPBENCH_FOLDER=$odd "$SRC/scripts/nightly.sh" $quick --label "x=$odd"
}
ok "a program, a folder and a label with blanks, quotes and a line end" exits 3 odd_night
ok "are a program, a folder and a label" is "$(find "./$odd/history/runs" -name "*.json.gz" -printf x)" x
for seconds in 0 010 1.5 -1 x; do
	ok "ZAPBENCH_SECONDS=$seconds is status 2" \
		errs 2 ZAPBENCH_SECONDS -- env ZAPBENCH_SECONDS=$seconds "$SRC/scripts/nightly.sh"
done
ok "a board whose name is a path is refused" errs 2 ZAPBENCH_BOARD -- env ZAPBENCH_BOARD=../x "$SRC/scripts/nightly.sh"

# --- what is planted: a program that measures what it is told to
REAL=$ZAPBENCH
ZAPBENCH=$SRC/report/test/fixtures/planted.sh
export REAL python SRC
echo 12 >number
: >factors
echo 0 >status
mkdir night
# shellcheck disable=SC2046 # words
nights night/history before/0.json $(seq 12 | sed 's/$/,1/')
ok "quiet nights are status 0" exits 0 nightly night ""
ok "all are there" is "$(runs night)" 13
echo 1.3 >factors # once: something else ran
ok "a night that stands out is measured again, and is no regression" \
	prints 0 "measuring again: refault" "0 regressions" -- nightly night ""
tail -n 1 measured >last
ok "only its cases, twice" grep -q "^run .*refault.*--repeat 2" last
nightly night "" >out 2>&1
nightly night "" >out 2>&1
seq 20 | sed 's/.*/1.3/' >factors
ok "a regression is status 1 in its first night" prints 1 REGRESSIONS "since 3 runs" -- nightly night ""
ok "and on the first page" says night/dashboard/index.html "open regression"
run=$(sed -n "s/.*history acknowledge //p" out | head -n 1)
ok "it is acknowledged" exits 0 history acknowledge "$run"
ok "then nights are quiet again" exits 0 nightly night ""
echo 3 >status
ok "some invalid samples are no failure" exits 0 nightly night ""
before=$(runs night)
: >full
ok "a night whose result cannot be stored is status 4" errs 4 "could not store" -- nightly night ""
ok "it is kept as it is" is "$(find night/night -name '*.json' | wc -l)" 1
rm full
ok "the next night" exits 0 nightly night ""
ok "stores both" is "$(runs night)" $((before + 2))
for quiet_night in 1 2 3; do nightly night "" >quiet.$quiet_night 2>&1; done
cp -r night base
echo 4 >factors
: >cannot
ok "a suspect that cannot be run here" errs 0 "refault is suspect, and cannot be run again here" -- nightly night ""
ok "is not run" is "$(runs night)" $((before + 6))
rm cannot
cp -r base shared
: >measured
echo 4 >factors
ok "one board's suspect" prints 0 "measuring again: refault" -- nightly shared ""
rm -r shared && cp -r base shared
: >full
echo 4 >factors
nightly shared "" >/dev/null 2>&1
rm full
history_of() { "$REAL" history --db shared/history "$@"; }
history_of add shared/night/here/*.json >/dev/null
rm shared/night/here/*.json
ok "is there" prints 0 refault -- history_of suspects
: >measured
ok "and does not make another board measure again" exits 3 env ZAPBENCH_FOLDER="$T/shared" ZAPBENCH_BOARD=there \
	PLANT_BOARD=there "$SRC/scripts/nightly.sh"
ok "but once" is "$(wc -l <measured)" 1
echo 1 >status
before=$(runs night)
ok "a night that could not be measured is status 4" exits 4 nightly night ""
echo 0 >status
ok "the night after it" exits 0 nightly night ""
ok "adds what it had measured" less $((before + 2)) "$(runs night)"
# shellcheck disable=SC2016 # the script's own argument
printf '#!/bin/sh\ncp "%s" "$1/emulated.json"\n' "$SRC/results/reference/qemu-6.12-4k.json" >measure
chmod +x measure
emulated_night() { ZAPBENCH_FOLDER=$T/emulated ZAPBENCH_MEASURE=$T/measure "$SRC/scripts/nightly.sh"; }
ok "something else may measure" exits 3 emulated_night
ok "its result is added" is "$(runs emulated)" 1
ok "the same again is quiet to the instruction" prints 0 "0 regressions" -- emulated_night
ok "and is another run" is "$(runs emulated)" 2

# --- as it is installed
ok "it is installed" make -s -C "$SRC" install O="$O" DESTDIR="$T/root" PREFIX=/usr
ok "with a timer" [ -s root/usr/lib/systemd/system/zapbench-nightly.timer ]
service=root/usr/lib/systemd/system/zapbench-nightly.service
ok "its service has the program's place" grep -q "^ExecStart=/usr/bin/zapbench-nightly" $service
ok "and nothing is left to fill in" lacks $service @bindir @prefix
ok "with the user and the devices of its service" \
	[ -s root/usr/lib/sysusers.d/zapbench.conf -a -s root/usr/lib/tmpfiles.d/zapbench.conf ]
# systemd-analyze counts in tenths: 29 is 2.9.
if ! command -v systemd-analyze >/dev/null; then
	skip "the service's exposure is below 3" "no systemd-analyze; apt-get install systemd"
elif ! systemd-analyze security --help | grep -q -e --offline; then
	skip "the service's exposure is below 3" "this systemd-analyze cannot judge a file (systemd 250 can)"
else
	ok "the service's exposure is below 3" \
		exits 0 systemd-analyze security --offline=true --threshold=29 --no-pager $service
fi
ok "the service has an own user" grep -qx "User=zapbench" $service
if command -v systemd-analyze >/dev/null; then
	sed -i "s|/usr/bin/zapbench|$T/root/usr/bin/zapbench|" $service
	systemd-analyze verify --man=no $service "${service%.service}.timer" >units 2>&1
	ok "systemd takes them" is "$(cat units)" ""
else
	skip "systemd takes the units" "no systemd-analyze"
fi
# shellcheck disable=SC2086 # options
ok "it finds the program beside it" \
	exits 3 env -u ZAPBENCH PATH=/usr/bin:/bin ZAPBENCH_FOLDER="$T/cron" root/usr/bin/zapbench-nightly $quick
ok "help" prints 0 "exit status" -- root/usr/bin/zapbench-nightly --help
ok "it is uninstalled" make -s -C "$SRC" uninstall O="$O" DESTDIR="$T/root" PREFIX=/usr
ok "and no file is left" is "$(find root -type f)" ""
tap_end

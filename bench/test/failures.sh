#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong: signals, full disks, read-only folders, devices and privileges that are not there. Nothing measured
# is lost.
# slow: it waits for runs
# one CPU: zapbench chooses the same CPU in all tests, which would wait for each other
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

# --- interrupted: the round is finished, the record is written, the status says so
mkdir "$T/int"
terminal "$ZAPBENCH" run refault --budget 60 --precision 0.01 --out "$T/int/x.json" >"$T/out" 2>"$T/err" &
pid=$!
ok "a run measures" has_rounds "$T/int"
kill -INT $pid
wait $pid
status=$?
ok "SIGINT ends it with 130" [ $status -eq 130 ]
ok "what was measured is there" is "$(record "$T/int/x.json" get run.stopped_by)" signal
ok "and its journal, with the command to resume" says "$T/err" "zapbench run --resume $journal --out $T/int/x.json"

# --- resumed: the rounds so far count, the others come in the order that they would have had
# begin FOLDER: a run of a few configurations that would take a minute, until some rounds are there
begin()
{
	mkdir -p "$T/$1"
	terminal "$ZAPBENCH" run null zap --seed 3 --budget 60 --precision 0.01 --label "who=it's me" --quiet \
		--out "$T/$1/" >"$T/out" 2>"$T/err" &
	pid=$!
	has_rounds "$T/$1"
}
# stop SIGNAL
stop()
{
	kill "-$1" $pid
	wait $pid 2>/dev/null
	sleep 0.3
	rounds=$(($(grep -c '"round"' "$journal")))
}
# resume SECONDS: go on, and stop again by SIGINT
resume()
{
	terminal "$ZAPBENCH" run --resume "$journal" --quiet >"$T/out" 2>"$T/err" &
	pid=$!
	for _ in $(seq 200); do
		[ "$(grep -c '"round"' "$journal")" -ge $((rounds + 3)) ] && break
		sleep 0.1
	done
	kill -INT $pid
	wait $pid
	status=$?
}
ok "a run to be killed" begin res
ok "a journal that is being written is not resumed" errs 1 "is still running" -- "$ZAPBENCH" run --resume "$journal"
ok "and not recovered" errs 1 "is still running" -- "$ZAPBENCH" recover "$journal"
stop KILL
printf '{"round":' >>"$journal" # a line that was being written when the end came
cp "$journal" "$T/killed.json.journal"
resume
ok "a killed run is resumed, and stopped again" is $status 130
part=${journal%.journal}
ok "it keeps all rounds" less $((rounds + 3)) "$(record "$part" get rounds.count)"
ok "and says in which segments" is "$(record "$part" segments)" "0 $rounds"
ok "its label is the one that was given" is "$(record "$part" get labels.0.value)" "it's me"
rounds=$(record "$part" get rounds.count)
# A journal whose command asks for what is there already ends at once: the same as a budget that is over.
# edited SED-COMMAND JOURNAL: as somebody does who knows that the first line has a checksum
edited() { sed "1s/,\"crc32\":[0-9]*}\$/}/; $1" "$2"; }
edited 's/--budget 60/--budget 0.1/' "$journal" >"$T/res/end.json.journal"
ok "a third piece ends the run" exits 0 "$ZAPBENCH" run --resume "$T/res/end.json.journal"
ok "the table counts the segments" says "$T/out" "3 segments"
ok "no round is lost or added" is "$(record "$T/res/end.json" get rounds.count)" "$rounds"
ok "in no configuration" is "$(record "$T/res/end.json" rounds)" "$rounds"
ok "and none of the segments" is "$(record "$T/res/end.json" segments | wc -w)" 3
ok "the budget ended it" is "$(record "$T/res/end.json" get run.stopped_by)" budget
ok "its events were counted" less 1 "$(record "$T/res/end.json" count configurations.0.counters)"
ok "and its journal is gone" [ ! -e "$T/res/end.json.journal" ]
"$ZAPBENCH" run null zap --seed 3 --budget 0.7 --precision 0.01 --quiet --out "$T/whole.json"
first=$(record "$T/whole.json" get rounds.count)
[ "$first" -le "$rounds" ] || first=$rounds
ok "the order is that of a run without an interruption" \
	is "$(record "$part" positions "$first")" "$(record "$T/whole.json" positions "$first")"
edited "" "$journal" >"$T/unchanged"
# refuses WHAT SED-COMMAND TEXT [STATUS]: the journal changed so is not resumed, and is kept as it was
refuses()
{
	edited "$2" "$journal" >"$T/res/other.json.journal"
	cp "$T/res/other.json.journal" "$T/other"
	ok "there is something to change for $1" no cmp -s "$T/unchanged" "$T/other"
	ok "refused: $1" errs "${4:-1}" "$3" -- "$ZAPBENCH" run --resume "$T/res/other.json.journal"
	ok "$1: the journal stays" cmp -s "$T/res/other.json.journal" "$T/other"
}
refuses "another program" 's/"tool":{"version":"[^"]*"/"tool":{"version":"0.0.1"/' "zapbench 0.0.1"
refuses "another kernel" 's/"build":"[^"]*"/"build":"another"/' "kernel.build was 'another'"
refuses "another CPU model" 's/"model":"[^"]*"/"model":"i386"/' "the machine changed"
refuses "another plan" 's/run null zap/run null refault/' "the plan of the run changed"
refuses "a configuration less" 's/run null zap/run null/' "the plan of the run changed"
refuses "other faults" 's/"faults_expected":[1-9][0-9]*/"faults_expected":7/' "faults now and took 7"
refuses "a segment out of order" 's/"rounds_before":[1-9][0-9]*/"rounds_before":0/; s/,"crc32":[0-9]*}$/}/' \
	"rounds before it, found 0" 2
edited 's/"boot_id":"[^"]*"/"boot_id":"another"/; s/--budget 60/--budget 0.1/' "$T/killed.json.journal" \
	>"$T/res/boot.json.journal"
ok "another boot is named" prints 0 "2 boots" -- "$ZAPBENCH" run --resume "$T/res/boot.json.journal"
ok "--resume takes no other options" exits 2 "$ZAPBENCH" run --resume "$journal" --budget 3
ok "nor cases" exits 2 "$ZAPBENCH" run zap --resume "$journal"
ok "a journal that is not there" errs 2 "No such file" -- "$ZAPBENCH" run --resume "$T/nosuch.json.journal"

# --- killed: the journal is recovered
mkdir "$T/kill"
"$ZAPBENCH" run refault --budget 60 --precision 0.01 --quiet --out "$T/kill/" >"$T/out" 2>"$T/err" &
pid=$!
ok "another run measures" has_rounds "$T/kill"
kill -KILL $pid
wait $pid 2>/dev/null
# Other tests may run beside this one: their processes have a parent.
no_orphans()
{
	for _ in $(seq 20); do
		pgrep -P 1 -f "^zapbench __round" >/dev/null || return 0
		sleep 0.1
	done
	return 1
}
ok "the round's process dies with it" no_orphans
ok "there is no half record" is "$(find "$T/kill" -name "*.json")" ""
journal=$(ls "$T"/kill/*.journal)
ok "the next run names the journal" errs 0 "zapbench recover $journal" -- \
	"$ZAPBENCH" run null --budget 0.1 --quiet --out "$T/kill/null.json"
rounds=$(($(wc -l <"$journal") - 1))
printf '{"round":' >>"$journal" # a line that was being written when the end came
ok "recover" errs 0 "$rounds rounds recovered" -- "$ZAPBENCH" recover "$journal"
ok "the recovered record is whole" is "$(record "${journal%.journal}" get rounds.count)" "$rounds"
ok "and says that it was recovered" says "${journal%.journal}" "recovered"
ok "the journal is gone" [ ! -e "$journal" ]
sed '3s/:/;/' "$T/killed.json.journal" >"$T/damaged.json.journal"
ok "a damaged line is named" errs 3 "damaged: $T/damaged.json.journal:3:" -- \
	"$ZAPBENCH" recover "$T/damaged.json.journal"
ok "its journal stays, but is no journal to recover" \
	[ -e "$T/damaged.json.journal.bad" -a ! -e "$T/damaged.json.journal" ]
ok "the other rounds are kept" is "$(record "$T/damaged.json" get rounds.count)" \
	$(($(wc -l <"$T/damaged.json.journal.bad") - 2))
ok "recovering nothing" errs 2 "No such file" -- "$ZAPBENCH" recover "$T/kill/nosuch.json.journal"
echo '{"not": "a journal"}' >"$T/bad.json.journal"
ok "recovering nonsense" exits 2 "$ZAPBENCH" recover "$T/bad.json.journal"
ok "recovering without a name" exits 2 "$ZAPBENCH" recover
ok "recovering what is no journal by its name" exits 2 "$ZAPBENCH" recover "$T/bad.json"

# --- a journal from anywhere: nothing in its command line is expanded
# shellcheck disable=SC2016 # not to be expanded is what is tested
for words in '${ZAPBENCH_X:=1}' '~' '*' '"null"' 'null;true' '$HOME' '`true`'; do
	edited "1s|\"command_line\": *\"[^\"]*\"|\"command_line\":\"$(echo "zapbench run $words" | sed 's/"/\\\\"/g')\"|" \
		"$T/killed.json.journal" >"$T/hostile.json.journal"
	ok "a command line with $words" errs 1 "command line cannot be read" -- \
		"$ZAPBENCH" run --resume "$T/hostile.json.journal"
done
edited '1s|"command_line": *"[^"]*"|"command_line":"zapbench run \\u001b[31m"|' "$T/killed.json.journal" \
	>"$T/hostile.json.journal"
ok "a command line with an escape" errs 1 "command line cannot be read" -- \
	"$ZAPBENCH" run --resume "$T/hostile.json.journal"
ok "which does not reach the terminal" lacks "$T/err" "$(printf '\033')"

# --- the reader of the table goes away, and so does the terminal
mkdir "$T/pipe"
"$ZAPBENCH" run null --budget 0.1 --out "$T/pipe/x.json" 2>/dev/null | true
ok "nobody reads the table: the record is there" is "$(record "$T/pipe/x.json" get run.stopped_by)" budget
ok "and no journal" is "$(find "$T/pipe" -name '*.journal')" ""
mkdir "$T/hup"
(
	trap '' HUP
	exec "$ZAPBENCH" run null --precision 0.01 --budget 1 --quiet --out "$T/hup/x.json"
) >"$T/out" 2>"$T/err" &
pid=$!
ok "under nohup a run measures" has_rounds "$T/hup"
kill -HUP $pid
wait $pid
status=$?
ok "SIGHUP does not end it" is $status 0
ok "the budget does" is "$(record "$T/hup/x.json" get run.stopped_by)" budget

# --- a file that was cut off, and one that grows when it is read
printf '{"schema": tr' >"$T/cut.json"
ok "a file that was cut inside a word" errs 2 "the file is incomplete" -- "$ZAPBENCH" export --to csv "$T/cut.json"
printf '{"schema": tr, "a": 1}' >"$T/cut.json"
ok "a wrong word is not the end" exits 2 "$ZAPBENCH" export --to csv "$T/cut.json"
ok "and no other fix is named" lacks "$T/err" "incomplete"
head -c 13M /dev/zero | tr '\0' ' ' | gzip -1 >"$T/part.gz"
for _ in 1 2 3 4 5 6 7 8 9 10; do cat "$T/part.gz"; done >"$T/big.json.gz"
ok "too much JSON" errs 2 "over 128 MiB of JSON" -- "$ZAPBENCH" export --to csv "$T/big.json.gz"

# --- places that cannot be written
in_sys() { (cd /sys && "$@"); }
ok "a folder for results that cannot be made" errs 1 "results/runs/: " "fix: give a folder" -- \
	in_sys "$ZAPBENCH" run null --budget 0.1
ok "is not one that is not there" lacks "$T/err" "No such file"
ok "a folder below a file" errs 1 "fix: give a folder" -- \
	"$ZAPBENCH" run null --budget 0.1 --out "$T/bad.json.journal/x/"
onto_full() { "$@" >/dev/full; }
ok "standard output that is full" errs 1 "No space left" -- \
	onto_full "$ZAPBENCH" run null --budget 0.1 --quiet --out -
# A file size limit stands for a full disk: the journal cannot grow. (It holds for memfd too, so only null fits.) It is
# full some 20 rounds after its first line, which describes the machine: after 50 rounds the run looks at its precision,
# and the intervals of null are so narrow that a run could end there.
mkdir "$T/full"
header=$(head -n 1 "$T/killed.json.journal" | wc -c)
echo old >"$T/full/x.json"
(
	ulimit -f $((header / 512 + 6)) # blocks of 512 bytes
	exec "$ZAPBENCH" run null --precision 0.01 --budget 120 --quiet --out "$T/full/x.json"
) >"$T/out" 2>"$T/err"
status=$?
ok "a full disk is a failure" [ $status -eq 1 ]
ok "with the old file as it was" says "$T/full/x.json" old
ok "and a way to recover" says "$T/err" "zapbench recover"
mkdir "$T/n"
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=16k tmpfs "$T/n" 2>/dev/null; then
	ok "a disk that is really full" errs 1 "No space left" -- \
		"$ZAPBENCH" run refault --budget 5 --precision 0.01 --quiet --out "$T/n/x.json"
	ok "and no half record" [ ! -e "$T/n/x.json" ]
	umount "$T/n"
	mount -t tmpfs -o ro tmpfs "$T/n"
	ok "a read-only folder is an error before anything is measured" \
		errs 1 "Read-only file system" -- "$ZAPBENCH" run --out "$T/n/"
	ok "where standard output still works" exits 0 "$ZAPBENCH" run null --budget 0.1 --quiet --out -
	umount "$T/n"
else
	skip "a disk that is really full" "only root can mount one"
fi

# --- less than usual
without_children() { env --ignore-signal=CHLD "$@"; }
ok "SIGCHLD that is ignored" exits 0 without_children "$ZAPBENCH" run null --budget 0.1 --quiet --out "$T/o.json"
ok "one CPU only" exits 0 taskset -c 0 "$ZAPBENCH" run null --budget 0.1 --quiet --out "$T/o.json"
ok "a CPU that is not allowed" exits 1 taskset -c 0 "$ZAPBENCH" run null --cpu 1 --quiet --out "$T/o.json"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 777 "$T"
	cp "$ZAPBENCH" "$T/zapbench" # where nobody may read it
	lone=$((1000000 + $$)) # a user of this test alone: a process of anybody else's would count for its limit
	ok "no process may be started: what mends that" errs 1 "allow more: ulimit -u" -- \
		prlimit --nproc=1 setpriv --reuid "$lone" --regid 65534 --clear-groups \
		"$T/zapbench" run null --budget 0.1 --quiet --out -
	ok "without privileges" exits 0 setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$T/zapbench" run refault --budget 0.5 --quiet --out "$T/nobody.json"
	ok "who may not tune the machine is told so" errs 1 "/run/zapbench-tuned: Permission denied" "sudo zapbench" -- \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$T/zapbench" run null --tune --out -
else
	skip "without privileges" "not root, so the other tests show it"
fi
settings() { cat /proc/irq/*/smp_affinity_list /proc/sys/kernel/numa_balancing 2>/dev/null; }
tuned() { "$ZAPBENCH" run null --tune --budget "$1" --out "$T/tuned.json" >"$T/out" 2>"$T/err"; }
# One at a time: the settings are the machine's, and check-mutants runs several of this script at once.
exec 9>"/tmp/zapbench-failures-$(id -u).lock"
flock 9
before=$(settings)
if tuned 0.1 || ! grep -q "sudo zapbench" "$T/err"; then
	ok "--tune says what it changes" grep -q "tuned: .*; restored at the end" "$T/err"
	ok "and makes all settings what they were" is "$(settings)" "$before"
	for signal in INT TERM; do
		terminal "$ZAPBENCH" run null --tune --budget 30 --quiet --out "$T/tuned.json" >"$T/out" 2>"$T/err" &
		until [ -e /run/zapbench-tuned ]; do sleep 0.1; done
		kill -$signal $!
		wait $! 2>/dev/null
		ok "so does one that gets SIG$signal" is "$(settings)" "$before"
		ok "and leaves no note" [ ! -e /run/zapbench-tuned ]
	done
	tuned 30 &
	until [ -e /run/zapbench-tuned ]; do sleep 0.1; done
	pkill -KILL -P $!
	wait $! 2>/dev/null
	# The next run may be one of another test.
	ok "the next run after one that was killed" measured "$ZAPBENCH" run null --budget 0.1 --out "$T/tuned.json"
	ok "makes all settings what they were" is "$(settings)" "$before"
	ok "and leaves no note" [ ! -e /run/zapbench-tuned ]
else
	skip "--tune" "nothing may be set here: $(grep -m 1 -o "zapbench: .*" "$T/err")"
fi
exec 9>&-
# Too little address space for the buffers is said, not crashed into.
if [ "$sanitized" = yes ]; then
	skip "too little memory" "the sanitizers need address space for themselves"
else
	# shellcheck disable=SC3045 # dash has it
	with_little_memory() { (ulimit -v 400000; exec "$@"); }
	ok "too little memory" exits 1 with_little_memory \
		"$ZAPBENCH" run refault --set size=1G --budget 0.5 --quiet --out "$T/o.json"
fi
tap_end

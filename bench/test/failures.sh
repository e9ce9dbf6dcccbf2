#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong: signals, full disks, read-only folders, devices and privileges that are not there. Nothing measured is lost.
# The conditions are strings on purpose: ok() evaluates them.
# shellcheck disable=SC2016,SC2034
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

# Wait until a journal in $1 holds at least one round.
wait_for_rounds()
{
	for _ in $(seq 100); do
		journal=$(ls "$1"/*.journal 2>/dev/null)
		[ -n "$journal" ] && [ "$(wc -l <"$journal")" -ge 3 ] && return 0
		sleep 0.1
	done
	echo "# no round within 10 s"
	return 1
}

# --- interrupted: the round is finished, the record is written, the status says so
mkdir "$T/int"
"$ZAPBENCH" run refault --budget 60 --precision 0.01 --out "$T/int/x.json" >"$T/out" 2>"$T/err" &
pid=$!
ok "rounds go on" wait_for_rounds "$T/int"
kill -INT $pid
wait $pid
status=$?
ok "SIGINT ends it with 130" [ $status -eq 130 ]
ok "what was measured is there" eval 'says "$T/int/x.json" "\"stopped_by\":\"signal\""'
ok "and its journal, with the command that goes on" says "$T/err" "zapbench run --resume $journal --out $T/int/x.json"

# --- resumed: the rounds so far count, the others come in the order that they would have had
# field FILE PYTHON-EXPRESSION over the record r: prints it
field() { python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"; }
is() { [ "$1" = "$2" ] || { echo "# is '$1', expected '$2'"; return 1; }; }
# begin FOLDER: a run of a few configurations that would take a minute, until some rounds are there
begin()
{
	mkdir -p "$T/$1"
	"$ZAPBENCH" run null zap --seed 3 --budget 60 --precision 0.01 --label "who=it's me" --quiet --out "$T/$1/" >"$T/out" 2>"$T/err" &
	pid=$!
	wait_for_rounds "$T/$1"
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
	"$ZAPBENCH" run --resume "$journal" --quiet >"$T/out" 2>"$T/err" &
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
ok "a journal that is being written is not resumed" eval 'exits 1 "$ZAPBENCH" run --resume "$journal" && says "$T/err" "still goes on"'
ok "and not recovered" eval 'exits 1 "$ZAPBENCH" recover "$journal" && says "$T/err" "still goes on"'
stop KILL
printf '{"round":' >>"$journal" # a line that was being written when the end came
cp "$journal" "$T/killed.json.journal"
resume
ok "what was killed goes on, and is stopped again" is $status 130
part=${journal%.journal}
ok "it keeps all rounds" eval '[ "$(field "$part" "r[\"rounds\"][\"count\"]")" -ge $((rounds + 3)) ]'
ok "and says in which pieces" is "$(field "$part" "[p['rounds_before'] for p in r['pieces']]")" "[0, $rounds]"
ok "its label is the one that was given" is "$(field "$part" "r['labels'][0]['value']")" "it's me"
rounds=$(field "$part" "r['rounds']['count']")
# A journal whose command asks for what is there already ends at once: the same as a budget that is over.
sed 's/--budget 60/--budget 0.1/' "$journal" >"$T/res/end.json.journal"
ok "a third piece ends the run" exits 0 "$ZAPBENCH" run --resume "$T/res/end.json.journal"
ok "the table counts the segments" says "$T/out" "3 segments"
ok "no round is lost or added" is "$(field "$T/res/end.json" "(r['rounds']['count'], len(r['pieces']), r['run']['stopped_by'], {len(c['samples']['time_ns']) for c in r['configurations']})")" "($rounds, 3, 'budget', {$rounds})"
ok "its events were counted" eval '[ "$(field "$T/res/end.json" "len(r[\"configurations\"][0][\"counters\"])")" -gt 0 ]'
ok "and its journal is gone" [ ! -e "$T/res/end.json.journal" ]
"$ZAPBENCH" run null zap --seed 3 --budget 3 --precision 0.01 --quiet --out "$T/whole.json"
first=$(field "$T/whole.json" "min($rounds, r['rounds']['count'])")
ok "the order is that of a run in one piece" is "$(field "$part" "[c['samples']['position'][:$first] for c in r['configurations']]")" \
	"$(field "$T/whole.json" "[c['samples']['position'][:$first] for c in r['configurations']]")"
# refuses WHAT SED-COMMAND TEXT: the journal changed so is not resumed, and is kept as it was
refuses()
{
	says_what=$3
	sed "$2" "$journal" >"$T/res/other.json.journal"
	cp "$T/res/other.json.journal" "$T/other"
	ok "there is something to change for $1" eval '! cmp -s "$journal" "$T/other"'
	ok "refused: $1" eval 'exits 1 "$ZAPBENCH" run --resume "$T/res/other.json.journal" && says "$T/err" "$says_what"'
	ok "$1: the journal stays" cmp -s "$T/res/other.json.journal" "$T/other"
}
refuses "another program" 's/"tool":{"version":"[^"]*"/"tool":{"version":"0.0.1"/' "zapbench 0.0.1"
refuses "another kernel" 's/"build":"[^"]*"/"build":"another"/' "kernel.build was 'another'"
refuses "another CPU model" 's/"model":"[^"]*"/"model":"i386"/' "the machine changed"
refuses "another plan" 's/run null zap/run null refault/' "the plan of the run changed"
refuses "a configuration less" 's/run null zap/run null/' "the plan of the run changed"
refuses "other faults" 's/"faults_expected":[1-9][0-9]*/"faults_expected":7/' "faults now and took 7"
refuses "a piece out of order" 's/"rounds_before":[1-9][0-9]*/"rounds_before":0/' "rounds before it, found 0"
sed 's/"boot_id":"[^"]*"/"boot_id":"another"/' "$T/killed.json.journal" | sed 's/--budget 60/--budget 0.1/' >"$T/res/boot.json.journal"
ok "another boot is said" eval 'exits 0 "$ZAPBENCH" run --resume "$T/res/boot.json.journal" && says "$T/out" "2 boots"'
ok "--resume takes no other options" exits 2 "$ZAPBENCH" run --resume "$journal" --budget 3
ok "nor cases" exits 2 "$ZAPBENCH" run zap --resume "$journal"
ok "a journal that is not there" eval 'exits 1 "$ZAPBENCH" run --resume "$T/nosuch.json.journal" && says "$T/err" "No such file"'

# --- killed: the journal is recovered
mkdir "$T/kill"
"$ZAPBENCH" run refault --budget 60 --precision 0.01 --quiet --out "$T/kill/" >"$T/out" 2>"$T/err" &
pid=$!
ok "rounds go on again" wait_for_rounds "$T/kill"
kill -KILL $pid
wait $pid 2>/dev/null
sleep 0.3
ok "the round's process dies with it" eval '! pgrep -f "zapbench __round" >/dev/null || sleep 1 && ! pgrep -P 1 -f "^zapbench __round" >/dev/null'
ok "there is no half record" eval '! ls "$T"/kill/*.json 2>/dev/null'
journal=$(ls "$T"/kill/*.journal)
ok "the next run tells of the journal" eval 'exits 0 "$ZAPBENCH" run null --budget 0.1 --quiet --out "$T/kill/null.json" && says "$T/err" "zapbench recover $journal"'
rounds=$(($(wc -l <"$journal") - 1))
printf '{"round":' >>"$journal" # a line that was being written when the end came
ok "recover" eval 'exits 0 "$ZAPBENCH" recover "$journal" && says "$T/err" "$rounds rounds recovered"'
ok "the recovered record is whole" eval 'python3 -m json.tool "${journal%.journal}" >/dev/null && says "${journal%.journal}" "recovered"'
ok "the journal is gone" [ ! -e "$journal" ]
ok "recovering nothing" eval 'exits 1 "$ZAPBENCH" recover "$T/kill/nosuch.json.journal" && says "$T/err" "No such file"'
echo '{"not": "a journal"}' >"$T/bad.json.journal"
ok "recovering nonsense" exits 1 "$ZAPBENCH" recover "$T/bad.json.journal"
ok "recovering without a name" exits 2 "$ZAPBENCH" recover
ok "recovering what is no journal by its name" exits 2 "$ZAPBENCH" recover "$T/bad.json"

# --- places that cannot be written
ok "a folder below a file" eval 'exits 1 "$ZAPBENCH" run null --budget 0.1 --out "$T/bad.json.journal/x/" && says "$T/err" "fix: give a folder"'
ok "standard output that is full" eval '"$ZAPBENCH" run null --budget 0.1 --quiet --out - >/dev/full 2>"$T/err"; [ $? -eq 1 ] && says "$T/err" "No space left"'
# A file size limit stands for a full disk: the journal cannot grow. (It holds for memfd too, so only null fits.)
mkdir "$T/full"
echo old >"$T/full/x.json"
(
	ulimit -f 100 # blocks of 512 bytes
	exec "$ZAPBENCH" run null --precision 0.01 --budget 120 --quiet --out "$T/full/x.json"
) >"$T/out" 2>"$T/err"
status=$?
ok "a full disk is a failure" [ $status -eq 1 ]
ok "with the old file as it was" says "$T/full/x.json" old
ok "and a way to recover" says "$T/err" "zapbench recover"
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=64k tmpfs "$T/n" 2>/dev/null || { mkdir "$T/n" && [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=64k tmpfs "$T/n" 2>/dev/null; }; then
	ok "a disk that is really full" eval 'exits 1 "$ZAPBENCH" run refault --budget 5 --quiet --out "$T/n/x.json" && says "$T/err" "No space left" && [ ! -e "$T/n/x.json" ]'
	umount "$T/n"
	mount -t tmpfs -o ro tmpfs "$T/n"
	ok "a read-only folder is said before measuring" eval 'exits 1 "$ZAPBENCH" run --out "$T/n/" && says "$T/err" "Read-only file system"'
	ok "where standard output still works" exits 0 "$ZAPBENCH" run null --budget 0.1 --quiet --out -
	umount "$T/n"
else
	skip "a disk that is really full" "only root can mount one"
fi

# --- less than usual
ok "one CPU only" exits 0 taskset -c 0 "$ZAPBENCH" run null --budget 0.1 --quiet --out "$T/o.json"
ok "a CPU that is not allowed" eval 'exits 1 taskset -c 0 "$ZAPBENCH" run null --cpu 1 --quiet --out "$T/o.json"'
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 777 "$T"
	cp "$ZAPBENCH" "$T/zapbench" # where nobody may read it
	ok "without privileges" exits 0 setpriv --reuid 65534 --regid 65534 --clear-groups "$T/zapbench" run refault --budget 0.5 --quiet --out "$T/nobody.json"
else
	skip "without privileges" "not root, so the other tests show it"
fi
# Too little address space for the buffers is said, not crashed into.
if [ "$sanitized" = yes ]; then
	skip "too little memory" "the sanitizers need address space for themselves"
else
	ok "too little memory" eval '(ulimit -v 400000; exits 1 "$ZAPBENCH" run refault --set size=1G --budget 0.5 --quiet --out "$T/o.json")'
fi
tap_end

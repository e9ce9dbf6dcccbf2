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
ok "and no journal" eval '! ls "$T"/int/*.journal 2>/dev/null'

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
ok "a folder below a file" eval 'exits 1 "$ZAPBENCH" run null --budget 0.1 --out "$T/bad.json.journal/x/" && says "$T/err" "remedy: give a folder"'
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

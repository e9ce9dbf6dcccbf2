#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A history whose files, index, memory and rights are not as they should be: what can be answered is answered rightly,
# what cannot is named, and nothing that was stored is lost.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
cd "$T" || exit 1
history() { "$ZAPBENCH" history --db "$db" "$@"; }
runs() { history list 2>/dev/null | grep -cE '^[0-9]{4}-'; }
series=refault/memfd/eager/page/2M
hostile() { standard_python "$SRC/report/test/fixtures/hostile_index.py" "$db/index.db" "$@"; }
db=many
history add before/*.json >/dev/null
all=$(runs)
history show $series >shown
run=$(history list | sed -n '1s/.*  //p')
file=$run.json.gz

# --- what is added is read once
db=pipe
mkfifo given
cat before/0.json >given &
ok "a pipe is added" prints 0 added -- history add given
cat before/0.json >given &
ok "and is the same the second time" prints 0 "already there" -- history add given
ok "what is kept is what came through it" is "$(gzip -dc pipe/runs/*.gz | cksum)" "$(cksum <before/0.json)"
ok "so is standard input" exits 0 history add - <before/1.json
ok "the index is rebuilt" exits 0 history rebuild
ok "with both" is "$(runs)" 2
kept=$(find pipe/runs -name "*.gz" | sort | head -n 1)
gzip -dc "$kept" >whole
head -c 1000 "$kept" >shortened
cp shortened "$kept"
ok "a stored file that broke" exits 0 history add whole
ok "is written again" is "$(gzip -dc "$kept" | cksum)" "$(cksum <whole)"
ok "the pages' files" exits 0 history dashboard pages
ok "are no links to those of the history" is "$(stat -c %h "$kept")" 1
rm pages/runs/* && ln "$kept" pages/runs/
ok "links that an older version made" exits 0 history dashboard pages
ok "are replaced" is "$(stat -c %h "$kept")" 1

# --- few open files: that is what is said, and not that a folder cannot be written
few()
{
	for limit in 4 5 6 7 8 9 10; do
		rm -rf few
		prlimit --nofile=$limit "$ZAPBENCH" history --db few add before/0.json >out 2>err
		status=$?
		[ $status -eq 0 ] || grep -q "Too many open files\|Error 24" err || { sed "s/^/# $limit: /" err; return 1; }
		grep -q writable err && { sed "s/^/# $limit: /" err; return 1; }
	done
	return 0
}
ok "few open files are called that" few

# --- an index that somebody else made
for id in -1 9223372036854775807 1000000000; do
	db=many
	rm -f many/index.db*
	history list >/dev/null
	hostile id "$id"
	ok "a row with the id $id is one as any" exits 0 history show $series
	ok "and its run is there" cmp shown out
done
for kind in name escape date month date_type infinite text_value points no_points negative_points twice no_run \
	negative_sequence view; do
	rm -f many/index.db*
	history list >/dev/null
	hostile $kind
	ok "an index with $kind is refused, with the fix" errs 4 "zapbench history rebuild" -- history check
	ok "a rebuild mends $kind" exits 0 history rebuild
	ok "and all is as it was: $kind" sh -c "'$ZAPBENCH' history --db many show $series | cmp - shown"
done

# --- entries that are no runs
long=$(head -c 220 /dev/zero | tr '\0' a)
mkdir many/runs/folder.json.gz
ln -s nothing many/runs/dangling.json.gz
ln -s loop.json.gz many/runs/loop.json.gz
mkfifo many/runs/fifo.json.gz
cp "many/runs/$file" "many/runs/$long.json.gz"
cp "many/runs/$file" "many/runs/-x.json.gz"
cp "many/runs/$file" "many/runs/a
b.json.gz"
echo note >many/runs/notes.txt
db=many
ok "a folder, links to nothing, a pipe, and odd names among the runs" \
	errs 0 folder.json.gz dangling.json.gz loop.json.gz fifo.json.gz "$long" -x.json.gz notes.txt -- \
	timeout 20 "$ZAPBENCH" history --db many list
ok "are named, and ignored" is "$(grep -cE '^[0-9]{4}-' out)" "$all"
ok "the next run is added" exits 0 history add after/0.json
rm -r many/runs/[dlfan-]*
mv "many/runs/$file" .
cp "$file" many/runs/other.json.gz
ok "one file was taken away and another one put there" exits 0 history list
ok "the one is not listed" lacks out "$run"
ok "the other is" says out "  other"
ok "the pages are written" exits 0 history dashboard pages
mv "$file" many/runs/
rm many/runs/other.json.gz

# --- who may only read
db=$T/many
history show $series >shown
if [ "$(id -u)" -eq 0 ]; then
	chmod -R go=u-w "$T"
	reader() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
else
	reader() { "$@"; }
fi
for index in whole none busy; do
	rm -f many/index.db*
	[ $index = none ] || history list >/dev/null
	[ $index != busy ] || : >many/index.db-wal
	chmod -R a-w many
	ok "a history that may only be read is read ($index index)" exits 0 reader "$ZAPBENCH" history --db "$db" show $series
	ok "with the same answer ($index)" cmp shown out
	ok "checked ($index)" exits 0 reader "$ZAPBENCH" history --db "$db" check
	[ $index != none ] || ok "and no index is made" [ ! -e many/index.db ]
	ok "adding to it is refused, with the reason ($index)" \
		errs 4 "fix: " -- reader "$ZAPBENCH" history --db "$db" add after/0.json
	chmod -R u+w many
done

# --- memory, and room
# The least limit with which it works, and many just below: memory runs out in each part of it.
rebuild_within() { prlimit --as=$(($1 * 1024)) "$ZAPBENCH" history --db "$db" rebuild >/dev/null 2>&1; }
if [ "$sanitized" = no ]; then
	low=4000
	high=200000
	while [ $((high - low)) -gt 8 ]; do
		middle=$(((low + high) / 2))
		if rebuild_within $middle; then high=$middle; else low=$middle; fi
	done
	for below in $(seq 8 8 800); do
		rebuild_within $((high - below))
	done
fi
ok "without memory no file is taken for a broken one" is "$(ls many/bad)" ""
ok "and all is as it was" sh -c "'$ZAPBENCH' history --db many show $series | cmp - shown"
: >"many/runs/x.json.gz.123-0.tmp"
touch -d "3 days ago" "many/runs/x.json.gz.123-0.tmp"
ok "adding removes what others left half-written" exits 0 history add after/1.json
ok "after a day" [ ! -e "many/runs/x.json.gz.123-0.tmp" ]
tap_end

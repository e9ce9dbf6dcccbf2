#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A disk that is really full: a small tmpfs in a mount namespace of this script, which only root can have. Each command
# names the disk, loses nothing that was there, and goes on when there is room.
if [ -z "${OWN_MOUNTS-}" ] && unshare -m mount -t tmpfs tmpfs /mnt 2>/dev/null; then
	OWN_MOUNTS=yes exec unshare -m sh "$0"
fi
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

if [ -z "${OWN_MOUNTS-}" ]; then
	skip "a disk that is full" "mounting a tmpfs needs root"
	tap_end
	exit
fi
cd "$T" || exit 1
shapes=$SRC/bench/test/fixtures/shapes
gzip -dc "$shapes/b5d4b8e.json.gz" >old.json
gzip -dc "$shapes/0bfbff0.json.gz" >new.json
gzip -dc "$shapes/0bfbff0.journal.gz" >j.journal
mkdir disk
mount -t tmpfs -o size=384k tmpfs disk || exit 1
trap 'umount "$T/disk"; rm -rf "$T"' EXIT

# fill KIB: the disk has so much room left
fill()
{
	dd if=/dev/zero of=disk/ballast bs=4k 2>/dev/null
	truncate -s "-${1}K" disk/ballast
}
# full NAME STATUS FILE COMMAND...: it says that there is no room for the file, and what to do
full()
{
	full_name=$1
	full_status=$2
	full_file=$3
	shift 3
	ok "$full_name: no room is an error, with disk and fix" errs "$full_status" "$full_file" "No space left on device" \
		"fix: free space there" -- "$@"
}
history() { "$ZAPBENCH" history --db disk/history "$@"; }
files() { find "$@" -type f ! -name 'index.db*' -exec cksum {} + | sort; }
run() { "$ZAPBENCH" run null --set size=64K --budget 0.3 --quiet --out disk/runs/x.json; }

mkdir -p disk/runs
ok "a history, while there is room" exits 0 history add old.json
"$ZAPBENCH" report old.json --no-pdf --out report >out 2>&1
mkdir disk/report
cp report/report.html report/report.txt disk/report/
before=$(files disk)

ok "standard output, too: the answer" errs 1 "No space left on device" -- \
	sh -c "'$ZAPBENCH' report old.json --brief >/dev/full"
ok "a paragraph" errs 1 "No space left on device" -- \
	sh -c "'$ZAPBENCH' explain refault/memfd/eager/page/64K old.json >/dev/full"
fill 0
full run 1 disk/runs/ run
full "history add" 4 disk/history/ history add new.json
full recover 1 disk/j.json "$ZAPBENCH" recover j.journal --out disk/j.json
full report 1 disk/report/ "$ZAPBENCH" report new.json --no-pdf --out disk/report
ok "what a full disk has can be read" prints 0 "b5d4b8e" -- history list
rm disk/ballast
ok "no file that was there changed" is "$(files disk/history disk/report/report.*)" "$before"
ok "then there is room: history add" exits 0 history add new.json
ok "both are there" is "$(history list | grep -c '^20')" 2
ok "recover" exits 0 "$ZAPBENCH" recover j.journal --out disk/j.json
ok "report" exits 0 "$ZAPBENCH" report new.json --no-pdf --out report
ok "run" measured run
rm -rf disk/runs disk/report disk/j.json
mkdir disk/runs

# Full in the middle: the journal has all that came before.
fill 28
full "a run whose journal fills the disk" 1 disk/runs/ \
	"$ZAPBENCH" run refault --policy eager --set size=64K --budget 3 \
	--quiet --out disk/runs/x.json
ok "its rounds are kept" [ -s "$(ls disk/runs/*.journal)" ]
rm disk/ballast
ok "and recovered" measured "$ZAPBENCH" recover "$(ls disk/runs/*.journal)" --out kept.json
ok "more than none" less 1 "$(record kept.json get rounds.count)"

# A night.
export ZAPBENCH ZAPBENCH_FOLDER=disk ZAPBENCH_BOARD=here
nightly() { "$SRC/scripts/nightly.sh" null --set size=64K --budget 0.3 --quiet; }
mkdir -p disk/night/here
cp new.json disk/night/here/
rm -rf disk/history
fill 8
ok "a night on a full disk is status 4" errs 4 "No space left on device" -- nightly
ok "what waits is still there" cmp new.json disk/night/here/new.json
rm disk/ballast
mount -o remount,size=16m disk # a dashboard has more than the rest together
ok "the next night" exits 3 nightly
ok "stores it, too" less 2 "$(history list | grep -c '^20')"
tap_end

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One history under load: many processes add runs, others read it, and processes of both kinds are killed at random
# times. No run that was added may be lost, no reader may see less than was added before it began, or a run that nobody
# added, and at the end the files, the index and a rebuilt index agree.
# Arguments: the program, a folder for what is made (removed if nothing fails). Called by make check-all.
#
# environment:
#   LOAD_RUNS      how many runs are added (10000)
#   LOAD_SECONDS   no more are added after this time (600); readers go on until the last one is there
#   LOAD_WRITERS   processes that add (16)
#   LOAD_READERS   processes that read (8)
#   LOAD_KILLS     how many of 100 commands are killed (10)
#   LOAD_BATCH     a command adds so many runs at most (4)
# The output is TAP with a line of figures, and ends with 'N passed, N failed, 0 skipped'.
set -u

[ $# -eq 2 ] || { echo "usage: scripts/check-load.sh ZAPBENCH DIR" >&2 && exit 2; }
SRC=$(cd -- "$(dirname -- "$0")/.." && pwd) || exit 2
O=$(realpath -- "$(dirname -- "$1")") || exit 2
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
mkdir -p -- "$2" || exit 2
work=$(cd -- "$2" && mktemp -d "$PWD/load-XXXXXX") || exit 2
runs=${LOAD_RUNS:-10000}
seconds=${LOAD_SECONDS:-600}
writers=${LOAD_WRITERS:-16}
readers=${LOAD_READERS:-8}
kills=${LOAD_KILLS:-10}
batch=${LOAD_BATCH:-4}
shapes=$SRC/bench/test/fixtures/shapes
gzip -dc -- "$shapes/0bfbff0.json.gz" >"$work/template.json" || exit 2
cd "$work" || exit 2
mkdir wrong added seen
begin=$SECONDS

# some_history VERB...: perhaps killed at a random time; 137 then. Its output is in out.$me, its errors in err.$me.
some_history()
{
	local limit=300
	[ $((RANDOM % 100)) -ge "$kills" ] || limit=0.$(printf '%03d' $((RANDOM % 300 + 1)))
	timeout -s KILL "$limit" "$ZAPBENCH" history --db history "$@" >"out.$me" 2>"err.$me"
}

# wrong TEXT: remember what should not be, with what was printed
wrong()
{
	{
		echo "$*"
		head -n 3 "err.$me"
	} >>"wrong/$me"
}

# writer NUMBER: adds every run whose number has this rest, some at once. Whoever was killed adds them again.
writer()
{
	local i=$1 files status me=writer-$1
	while ((i < runs && SECONDS - begin < seconds)); do
		files=()
		for ((; i < runs && ${#files[@]} <= RANDOM % batch; i += writers)); do
			sed "s/20261126T042349Z/load-$i/; s/2026-11-26T04:23:49Z/$(printf '2026-01-%02dT%02d:%02d:00Z' \
				$((i / 1440 % 28 + 1)) $((i / 60 % 24)) $((i % 60)))/" template.json >"run.$1.${#files[@]}.json"
			files+=("run.$1.${#files[@]}.json")
		done
		while :; do
			some_history add "${files[@]}"
			status=$?
			[ $status -eq 137 ] || break
			echo >>"killed.$1"
		done
		if [ $status -ne 0 ]; then
			wrong "add of ${#files[@]} runs before $i: status $status"
			continue
		fi
		[ "$(wc -l <"out.$me")" -eq ${#files[@]} ] || wrong "add of ${#files[@]} runs before $i: $(wc -l <"out.$me") added"
		sed 's/^.* //' "out.$me" >>"added/$1"
	done
}

# reader NUMBER: what was added before it began is there, and nothing else but what is being added
reader()
{
	local status verb me=reader-$1
	until [ -e end ]; do
		cat added/* 2>/dev/null | sort >"before.$1"
		for verb in "list" "check" "show" "suspects" "dashboard pages.$1"; do
			# The pages of thousands of runs take longer than all else.
			[ "$verb" = list ] || [ $((RANDOM % 20)) -eq 0 ] || continue
			# shellcheck disable=SC2086 # a verb and its argument
			some_history $verb
			status=$?
			echo >>"seen/$1"
			case $verb:$status in
			*:137) continue ;;
			*:0 | check:3 | list:3 | show:3 | suspects:3 | dashboard*:3) ;;
			*) wrong "history $verb: status $status" ;;
			esac
			[ "$verb" = list ] || continue
			sed -n 's/^[0-9][^ ]*  //p' "out.$me" | sort >"list.$1"
			[ -z "$(comm -23 "before.$1" "list.$1")" ] ||
				wrong "list lacks $(comm -23 "before.$1" "list.$1" | wc -l) runs that were added"
			[ -z "$(uniq -d "list.$1")" ] || wrong "list has a run twice"
			! grep -v '^load-[0-9]*-' "list.$1" >/dev/null || wrong "list has a run that nobody added"
		done
	done
}

for ((n = 0; n < readers; n++)); do reader $n 2>>"shell.log" & done
pids=()
for ((n = 0; n < writers; n++)); do
	writer $n 2>>"shell.log" &
	pids+=($!)
done
wait "${pids[@]}"
took=$((SECONDS - begin))
: >end
wait

names() { "$ZAPBENCH" history --db history list 2>>end.err | sed -n 's/^[0-9][^ ]*  //p' | sort; }
whole() { find history/runs -name '*.gz' -print0 | xargs -0 -r gzip -t; }
same_after() {
	"$ZAPBENCH" history --db history "$@" >out 2>&1 && names | cmp - all
}

cat added/* 2>/dev/null | sort >all
count=$(wc -l <all)
ok "runs were added" [ "$count" -gt 0 ]
ok "no reader and no writer saw what is wrong" [ -z "$(ls wrong)" ]
cat wrong/* 2>/dev/null | head -n 20 | sed 's/^/# /'
names >list
ok "each run that was added is there, once" cmp list all
ok "each file is whole" whole
ok "a rebuilt index has the same runs" same_after rebuild
ok "equal runs are no regression" same_after check
echo "# $count runs in $took s by $writers writers, $(cat killed.* 2>/dev/null | wc -l) of them killed;" \
	"$(cat seen/* 2>/dev/null | wc -l) reads by $readers readers"
tap_end
echo "$((tap_count - tap_failed)) passed, $tap_failed failed, 0 skipped"
[ "$tap_failed" -eq 0 ] || { echo "# see $work" && exit 1; }
cd / && rm -rf -- "$work"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench list says of each case and source what zapbench run does.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
"$ZAPBENCH" list >listed

# block CASE SOURCE: what list says of it
block() { sed -n "/^  $1 on $2\$/,/^\$/p" listed; }
# agrees CASE SOURCE: where list has lines of calls, run can measure the first of them; where it has none, run refuses
agrees()
{
	block "$1" "$2" >lines
	line=$(grep -m 1 -E '^    [a-z+]+ +(page|around|buffer|huge|none) ' lines || :)
	if [ -z "$line" ]; then
		exits 1 "$ZAPBENCH" run "$1" --source "$2" --dry-run
		return
	fi
	# shellcheck disable=SC2086 # words
	set -- "$1" "$2" $line
	policy=${3%%+*}
	granularity=$4
	[ "$granularity" != none ] || granularity=page
	access=$5
	set -- "$1" --source "$2" --profile matrix --policy "$policy"
	# Not every case has these parameters.
	if sed -n "/^  $1  */{n;p;}" listed | grep -qw granularity; then
		set -- "$@" --set "granularity=$granularity"
	fi
	if sed -n "/^  $1  */{n;p;}" listed | grep -qw access; then
		set -- "$@" --set "access=$access"
	fi
	# One value of what multiplies the configurations, where no call depends on it.
	size=64K
	[ "$granularity" != huge ] || size=2M
	for value in size=$size pages=16 transfer=read isa=scalar workers=1; do
		! sed -n "/^  $1  */{n;p;}" listed | grep -qw "${value%%=*}" || set -- "$@" --set "$value"
	done
	exits 0 "$ZAPBENCH" run "$@" --dry-run
}
# same_calls CASE SOURCE: the calls in run's plan are among those that list has
same_calls()
{
	sed -n '/^[a-z][^ ]*\//{n;s/^    //p}' out | sort -u >calls
	while IFS= read -r line; do
		grep -qF -e "$line" lines || { echo "# list lacks: $line"; return 1; }
	done <calls
}

sed -n 's/^  \([a-z-]*\) on \([a-z-]*\)$/\1 \2/p' listed >pairs
ok "there are cases and sources" [ -s pairs ]
while read -r case source; do
	ok "$case on $source: list agrees with run" agrees "$case" "$source"
	ok "$case on $source: the same calls" same_calls
done <pairs
"$ZAPBENCH" __complete run '' | grep -v '^-' >cases
while read -r case; do
	ok "$case is listed" grep -q "^  $case  *" listed
done <cases
"$ZAPBENCH" __complete run --source '' >sources
while read -r source; do
	ok "$source is listed" grep -q "^  $source  *" listed
	[ "$(grep -c "^  [a-z-]* on $source\$" listed)" -eq 0 ] || continue
	ok "run refuses $source, which list says is not here" exits 1 "$ZAPBENCH" run null refault --source "$source" --dry-run
done <sources
for word in policies granularities; do
	ok "there is a list of $word" grep -qx "$word" listed
done
tap_end

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What bash offers after TAB, by the installed completion script and the program.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
mkdir folder
: >a.json
: >b.json.gz
: >c.json.journal
: >d.txt
cp "$SRC/scripts/nightly.sh" zapbench-nightly
ln -s "$ZAPBENCH" zapbench

# offers LINE: what TAB at its end offers, blank-separated, in $T/out
offers() { bash "$SRC/bench/test/fixtures/complete.sh" "$SRC/bench/zapbench.completion" "$1" >out; }
# completes LINE WORD...: exactly these, in any order
completes()
{
	offers "$1"
	shift
	wanted=$(printf '%s\n' "$@" | sort)
	got=$(tr ' ' '\n' <out | sort)
	[ "$wanted" = "$got" ] && return 0
	echo "# offered: $(cat out)"
	return 1
}
# has LINE WORD...: these among others
has()
{
	offers "$1"
	shift
	for word in "$@"; do
		case " $(cat out) " in
		*" $word "*) ;;
		*)
			echo "# '$word' is not offered: $(cat out)"
			return 1
			;;
		esac
	done
}

# lacks WORD...: none of these among what was offered last
lacks()
{
	for word in "$@"; do
		case " $(cat out) " in
		*" $word "*) return 1 ;;
		esac
	done
}

# --- commands, cases, options
ok "commands" completes "zapbench re" report recover
ok "cases and options of run" has "zapbench run " refault frame --profile --set --help
ok "options by their beginning" completes "zapbench run --pr" --profile --precision
"$ZAPBENCH" __complete "" | grep -v "^[:-]" >commands
while read -r command; do
	ok "$command --help" has "zapbench $command --h" --help
	"$ZAPBENCH" "$command" --help | sed -n 's/^  --\([a-z-]*\).*/--\1/p' >options
	# shellcheck disable=SC2046
	ok "every option of $command" has "zapbench $command --" $(cat options)
done <commands
ok "no command is left out" [ "$(wc -l <commands)" -ge 13 ]
ok "model --chunk and --others" has "zapbench model --" --chunk --others

# --- values
"$ZAPBENCH" run --help >help
ok "profiles" completes "zapbench run --profile " quick matrix costs full
ok "policies" has "zapbench run --policy " eager lazy cached
# A list of some policies looks like one of all: the help of --policy names none, or each that is offered.
names_none_or_all()
{
	sed -n '/^  --policy/,/^  --set/p' help | sed '$d' >policy
	tr ' ' '\n' <out >offered
	grep -qwF -f offered policy || return 0
	while read -r name; do
		grep -qw "$name" policy || { echo "# the help of --policy leaves out $name" && return 1; }
	done <offered
}
ok "and the help of --policy leaves out none" names_none_or_all
ok "a second policy after a comma" completes "zapbench run --policy eager,la" eager,lazy
ok "sources" has "zapbench run --source " memfd zap-heap
ok "parameters after --set" completes "zapbench run --set gran" granularity=
ok "values of granularity" completes "zapbench run --set granularity=" page around buffer huge none contpte
ok "values by their beginning" completes "zapbench run --set access=wr" write
ok "a second value after a comma" completes "zapbench run --set access=read,wr" read,write
ok "values in one word with the option" completes "zapbench run --layout=" fixed random
ok "sources after ab --heap-a" has "zapbench ab --heap-a " memfd udmabuf
ok "plans after ab --resume" has "zapbench ab --resume " a.json folder
ok "--by of compare" completes "zapbench compare a.json --by timing=" batch event check
ok "kinds of --unlike" completes "zapbench compare --unlike page" page-size
ok "emulation cannot be overridden, so it is not offered" completes "zapbench compare --unlike emul" ""
ok "formats" has "zapbench export --to " openmetrics lava csv
"$ZAPBENCH" __complete run --set '' | sed -n 's/=$//p' >params
while read -r param; do
	ok "$param is a parameter of run --help" grep -q "^ *$param " help
done <params

# --- files
for command in report compare model "explain x" "export --to csv" "history add"; do
	ok "results after $command" has "zapbench $command " a.json b.json.gz folder
	ok "and no other file" lacks d.txt c.json.journal
done
ok "journals after recover" has "zapbench recover " c.json.journal folder
ok "and no other file" lacks d.txt a.json
ok "journals after --resume" has "zapbench run --resume " c.json.journal
ok "any file after --out" has "zapbench run --out " a.json d.txt folder
ok "folders after report --out" completes "zapbench report --out " folder

# --- history
ok "commands of history" has "zapbench history " add list show check acknowledge suspects dashboard label remove rebuild
ok "options of history add" completes "zapbench history add --" --db --again --by-date --help
ok "options of history check" completes "zapbench history check --" --db --machine --run --threshold --help
ok "folders after history dashboard" has "zapbench history dashboard " folder

# --- nightly
ok "zapbench-nightly takes the options of run" has "zapbench-nightly --" --profile --label
ok "and their values" completes "zapbench-nightly --set granularity=h" huge
tap_end

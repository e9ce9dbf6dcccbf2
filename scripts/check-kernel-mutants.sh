#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The mutants of the kernel patch: kpatch/mutants. check-kernel.sh builds and
# boots them, kernel-build.sh puts one into a tree.
#
# usage: check-kernel-mutants.sh list [all|today|kcsan|NAME...]
#        check-kernel-mutants.sh field NAME KEY
#        check-kernel-mutants.sh apply NAME DIR
#        check-kernel-mutants.sh check
#
# check applies each of them to copies of the files in kpatch/src, and leaves out
# those that change others. make lint calls it.
# today is one in PARTS of them, another one each day. kcsan are those that need
# a kernel with KCSAN, which all and today leave out.
# environment: PARTS (6), DAY (days since 1970: today)
#
# A paragraph of the table is one mutant:
#   mutant: NAME
#   promise: what the kernel promises, in one line
#   in: FILE           of the kernel tree, for the changes that follow
#   after: TEXT        (optional) the next code is the first such line after it
#   code: TEXT         a part of a line; without after, it occurs once
#   with: TEXT         what stands there instead
#   killed-by: KIND TEST   KIND is kunit, kselftest or stress; or kcsan, and TEST
#                      a function whose name is in the report
#   may-crash: yes     it overwrites memory: the guest need not come to its end
#   passes: KIND TEST  instead, for a change that must harm nothing
set -eu

table=$(dirname "$0")/../kpatch/mutants
src=$(dirname "$0")/../kpatch/src

# all [kcsan]
all() {
	KIND=${1-} awk '/^mutant: / { name = $2 }
		/^(killed-by|passes): / && ($2 == "kcsan") == (ENVIRON["KIND"] == "kcsan") {
			print name
		}' "$table"
}

# paragraph NAME
paragraph() {
	NAME=$1 awk 'BEGIN { RS = ""; FS = "\n" }
		$1 == "mutant: " ENVIRON["NAME"] { print; found = 1 }
		END { exit !found }' "$table" || {
		echo "check-kernel-mutants.sh: no mutant $1" >&2
		exit 1
	}
}

# change DIR FILE AFTER CODE WITH
change() {
	AFTER=$3 CODE=$4 WITH=$5 awk '
		BEGIN { after = ENVIRON["AFTER"]; code = ENVIRON["CODE"] }
		after != "" && !open && index($0, after) { open = 1; print; next }
		index($0, code) && (after == "" || (open && !found)) {
			at = index($0, code)
			$0 = substr($0, 1, at - 1) ENVIRON["WITH"] \
				substr($0, at + length(code))
			found++
		}
		{ print }
		END { exit found != 1 }' "$1/$2" >"$1/$2.mutant" || {
		rm -f "$1/$2.mutant"
		echo "check-kernel-mutants.sh: $2 has not one '$4'${3:+ after $3}" >&2
		exit 1
	}
	mv "$1/$2.mutant" "$1/$2"
}

# applies NAME DIR: to copies in DIR
applies() {
	for file in $(paragraph "$1" | sed -n 's/^in: //p' | sort -u); do
		[ -e "$src/$file" ] || return 0
		mkdir -p "$2/$(dirname "$file")"
		cp "$src/$file" "$2/$file"
	done
	"$0" apply "$1" "$2"
}

case ${1-} in
check)
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	status=0
	for name in $(all) $(all kcsan); do
		applies "$name" "$work" || status=1
	done
	exit $status
	;;
list)
	shift
	case ${*:-all} in
	all) all ;;
	kcsan) all kcsan ;;
	today)
		day=${DAY:-$(($(date +%s) / 86400))} parts=${PARTS:-6}
		all | awk -v day="$day" -v parts="$parts" '(NR + day) % parts == 0'
		;;
	*)
		for name; do
			paragraph "$name" | sed -n 's/^mutant: //p'
		done
		;;
	esac
	;;
field)
	paragraph "$2" | sed -n "s/^$3: //p"
	;;
apply)
	file='' after='' code=''
	paragraph "$2" >"$3/.mutant"
	while IFS= read -r line; do
		value=${line#*: }
		case $line in
		in:*) file=$value ;;
		after:*) after=$value ;;
		code:*) code=$value ;;
		with:*)
			change "$3" "$file" "$after" "$code" "$value"
			after=
			;;
		esac
	done <"$3/.mutant"
	rm "$3/.mutant"
	;;
*)
	sed -n 's/^# usage: /usage: /p' "$0" >&2
	exit 2
	;;
esac

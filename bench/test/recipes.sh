#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The recipes of docs/adding.md, word for word, in a copy of the tree: their files and lines are put in, the copy is
# built once, each command is run. Says how many files each recipe touches.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

if [ "$sanitized" = yes ]; then
	skip "recipes" "tested without sanitizers"
	tap_end
	exit
fi
need git git "recipes"
need make make "recipes"
if ! git -C "$SRC" rev-parse >/dev/null 2>&1; then
	skip "recipes" "not a git clone: the tracked files are not known"
	tap_end
	exit
fi

tree=$T/tree
mkdir "$tree" "$T/blocks"
scratch_git() { git -C "$tree" -c user.name=test -c user.email=test@localhost -c commit.gpgsign=false "$@" >/dev/null; }
copy_tree()
{
	git -C "$SRC" ls-files -z --cached --others --exclude-standard >"$T/names" &&
		tar -C "$SRC" -c --null -T "$T/names" --ignore-failed-read -f - 2>/dev/null | tar -C "$tree" -x || return 1
	scratch_git -c init.defaultBranch=main init && scratch_git add -A && scratch_git commit -qm tree
}

# insert BLOCK after|before FILE TEXT: at the one line that holds that text
insert()
{
	[ "$(grep -cF -- "$4" "$tree/$3")" -eq 1 ] || { echo "# $3: not one line with '$4'"; return 1; }
	line=$(grep -nF -- "$4" "$tree/$3" | cut -d : -f 1)
	[ "$2" = after ] || line=$((line - 1))
	sed -i "${line}r $1" "$tree/$3"
}

# in_tree COMMAND...: in the copy, with make's own settings
in_tree()
{
	(
		cd "$tree" || exit
		env -u O -u SRC -u MAKEFLAGS -u MAKELEVEL -u TESTS CFLAGS=-O0 WERROR=1 "$@"
	) >"$T/out" 2>&1 </dev/null && return
	tail -n 20 "$T/out" | sed 's/^/# /'
	return 1
}

# apply RECIPE: its files and lines; leaves the names of the files that it touched in $T/RECIPE.files
apply()
{
	grep "^[0-9]* $1 " "$T/plan" >"$T/steps"
	while read -r number _ kind file text; do
		block=$T/blocks/$number
		case $kind in
		file) mkdir -p "$(dirname "$tree/$file")" && cp "$block" "$tree/$file" ;;
		after | before) insert "$block" "$kind" "$file" "$text" ;;
		apply) in_tree sh -e "$block" ;;
		esac || return 1
	done <"$T/steps"
	scratch_git add -A
	git -C "$tree" diff --cached --name-only >"$T/$1.files"
	scratch_git commit -qm "$1"
}

ok "the tree is copied" copy_tree
awk -v folder="$T/blocks" -f "$SRC/bench/test/fixtures/blocks.awk" "$SRC/docs/adding.md" >"$T/plan"
recipes=$(cut -d ' ' -f 2 "$T/plan" | uniq)
for recipe in $recipes; do
	ok "$recipe: its files and lines fit" apply "$recipe"
	echo "# $recipe: $(wc -l <"$T/$recipe.files") files touched: $(tr '\n' ' ' <"$T/$recipe.files")"
done
# Once for all of them, and without optimisation: nothing is measured.
ok "the copy builds without warnings" in_tree make -j"$(nproc)" all
for recipe in $recipes; do
	grep "^[0-9]* $recipe run " "$T/plan" >"$T/runs"
	while read -r number _; do
		ok "$recipe: its commands work" in_tree sh -e "$T/blocks/$number"
	done <"$T/runs"
done
ok "a case is one file and one line" [ "$(wc -l <"$T/add-a-case.files")" -eq 2 ]
ok "documents and program agree" in_tree scripts/documents.sh build/zapbench
ok "tests of plans, policies and records still pass" in_tree make check TESTS='test_plan test_policy test_record'
tap_end

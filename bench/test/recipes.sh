#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The recipes of docs/adding.md, word for word, in a copy of the tree: their files and lines are put in, the copy is
# built once, each command is run. Says how many files each recipe touches.
# slow: builds a copy of the tree
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

if [ "$sanitized" = yes ]; then
	skip "recipes" "tested without sanitizers"
	tap_end
	exit
fi
need make make "recipes"
# shellcheck source=bench/test/fixtures/recipe.sh
. "$SRC/bench/test/fixtures/recipe.sh"

ok "the tree is copied" copy_tree
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
ok "tests of plans, policies and records still pass" in_tree make check TESTS='test_plan test_policy test_record'
tap_end

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench history dashboard: pages from planted nights, clicked through in a browser.
# The conditions are strings on purpose: ok() evaluates them.
# shellcheck disable=SC2016
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
# shellcheck source=report/test/fixtures/nights.sh
. "$SRC/report/test/fixtures/nights.sh"
dashboard() { history dashboard "$@"; }
# shellcheck disable=SC2086 # words
nights db before/0.json $quiet 15,1.2,tool.git=slow 16,1.2,tool.git=slow 17,1.2,tool.git=slow
nights db "$SRC/results/reference/qemu-6.12-4k.json" 1,1 2,1

ok "pages are written" eval 'exits 0 dashboard pages && says out pages/index.html && [ -s pages/index.html ] && [ -s pages/runs.html ]'
ok "one for each series" [ "$(find pages/series -name "*.html" | wc -l)" -eq "$(history show | grep -c '^  ')" ]
ok "a result for each run" [ "$(find pages/runs -type f | wc -l)" -eq "$(find db/runs -type f | wc -l)" ]
ok "the first page says what is wrong" says pages/index.html "series stand at a regression"
page=$(ls pages/series/refault-memfd-eager-page-2M-*.html)
export page
ok "that of a series says with which commit" says "$page" "git: 0123456789ab, now slow"
ok "emulated ones are marked" eval 'grep -lq "Emulated: instructions, no times" pages/series/*'
ok "again nothing is written anew" eval 'find pages -type f -newer db/index.db >/dev/null; touch mark; sleep 0.1; exits 0 dashboard pages && [ -z "$(find pages -type f -newer mark)" ]'
ok "a night more renews what it changes" eval 'nights db before/0.json 18,1.2,tool.git=slow && touch mark && sleep 0.1 && exits 0 dashboard pages && [ "$(find pages/series -newer mark | grep -c "refault-memfd\|zap-memfd")" -eq "$(find pages/series -newer mark -type f | wc -l)" ] && find pages -newer mark | grep -q index.html'
ok "acknowledged is said" eval 'history acknowledge night-015 refault/memfd/eager/page/2M && exits 0 dashboard pages && says "$page" "acknowledged"'
ok "no history is status 3" eval 'exits 3 history --db none dashboard pages'
ok "a folder that cannot be written is status 1" eval 'exits 1 dashboard /proc/pages && says err /proc/pages'
mkdir without
for tool in sh env; do ln -s "$(command -v $tool)" without/; done
ok "without gnuplot the pages are there, and it is said" eval 'db=db && exits 1 env PATH="$T/without" "$ZAPBENCH" history --db db dashboard plain && says err "gnuplot is not installed" && says plain/index.html "All series" && says "plain/series/$(basename "$page")" "Not drawn"'

# names that a record may hold; the planted ones have a script in a parameter already
python3 nights.py hostile before/0.json "1,1,run.id=../../x,tool.git=<script>alert(1)</script>" "2,1,environment.cpu.model=\"><img src=x onerror=alert(1)>"
ok "hostile names are text" eval 'db=hostile && history add hostile-*.json >/dev/null && exits 0 dashboard hostile && ! grep -riE "<script>alert|<img" --include=*.html hostile && ! find . -name "x.html" | grep -q .'

if ! command -v chromedriver >/dev/null; then
	skip "clicking through it" "no chromedriver; make deps GROUPS=report"
	tap_end
	exit
fi
python3 "$SRC/report/test/fixtures/browser.py" "file://$T/pages/index.html" "${PICTURE:-$T/dark.png}" >clicks 2>&1
export clicked=$?
while read -r line; do
	case $line in
	ok*) ok "${line#* - }" true ;;
	not*) ok "${line#* - }" false ;;
	esac
done <clicks
ok "the browser went through" eval '[ "$clicked" -eq 0 ] || { cat clicks; false; }'
tap_end

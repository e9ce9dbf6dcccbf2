#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench history dashboard: pages from planted nights, clicked through in a browser.
# slow: a history of years, and a browser
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
# shellcheck source=report/test/fixtures/nights.sh
. "$SRC/report/test/fixtures/nights.sh"
dashboard() { history dashboard "$@" --commit-url "https://git.example.org/?id="; }
# shellcheck disable=SC2086 # words
nights db before/0.json $quiet 15,1.2,tool.git=slow,environment.machine.firmware=unknown \
	16,1.2,tool.git=slow 17,1.2,tool.git=slow
nights db "$SRC/results/reference/qemu-6.12-4k.json" 1,1 2,1

# Two boards by their labels, of which one has become slower by less.
for board in board2 board10; do
	named=board=$board,run.id=$board
	factor=$([ $board = board2 ] && echo 1 || echo 1.1)
	# shellcheck disable=SC2086,SC2046 # words
	plant $board before/0.json $(echo $quiet | sed "s/,1/,1,$named/g") $(seq 15 17 | sed "s/\$/,$factor,$named/")
	history add $board-*.json >/dev/null
done

ok "pages are written" prints 0 pages/index.html -- dashboard pages
ok "the first page" [ -s pages/index.html ]
ok "and that of the runs" [ -s pages/runs.html ]
ok "one for each series" [ "$(find pages/series -name "*.html" | wc -l)" -eq "$(history show | grep -c '^  ')" ]
ok "a page for each run" [ "$(find pages/runs -name "*.html" | wc -l)" -eq "$(find db/runs -type f | wc -l)" ]
ok "a result for each run" [ "$(find pages/runs -name "*.gz" | wc -l)" -eq "$(find db/runs -type f | wc -l)" ]
ok "a page for any two runs, with the command" says pages/compare.html "zapbench compare runs/"
ok "the newest run is compared with the run before" says pages/compare/night-017*.html "change%"
ok "and with the one before the newest open regression" says pages/since/night-017*.html ">night-014" "change%"
ok "the first page says what is wrong" says pages/index.html "open regression"
page=$(grep -l "Simulated;" pages/series/refault-memfd-eager-page-2M-*.html)
ok "what is unknown before and after is no change" lacks "$page" firmware
ok "that of a series says with which commit" says "$page" "git: 0123456789ab, now slow"
regressions=$(grep -o '<h3[^>]*>[^<]*' pages/index.html |
	sed 's/.*>//; s/[0-9-]* on //; s/, the largest +\(..\)\.[0-9]/: \1/')
ok "regressions are grouped by the run with which they began, the largest first" is "$regressions" \
	"$(printf 'Simulated: 9 regressions: 20 %%\nboard10: 9 regressions: 10 %%')"
ok "emulated ones are marked" grep -q "Emulated: instructions, not times" pages/series/*
feeds() { standard_python "$SRC/report/test/fixtures/feeds.py" "$@"; }
ok "a feed and JSON have the open regressions" feeds pages 18
mark() { touch mark; sleep 0.1; }
newer() { find pages -type f -newer mark; }
mark
ok "a second time" exits 0 dashboard pages
ok "nothing is written anew" is "$(newer)" ""
nights db before/0.json 18,1.2,tool.git=slow
mark
ok "one night more" exits 0 dashboard pages
newer >renewed
ok "renews the first page" says renewed pages/index.html
ok "and its own series" grep -q "^pages/series/refault-memfd" renewed
grep "^pages/series/" renewed >series
ok "and no others" no grep -v "refault-memfd\|zap-memfd" series
ok "a change is acknowledged" exits 0 history acknowledge night-015 refault/memfd/eager/page/2M \
	--author Ann --reason 'larger pages'
ok "pages after that" exits 0 dashboard pages
ok "an acknowledged one leaves the feed" feeds pages 17
ok "acknowledged is said" says "$page" "acknowledged"
ok "no history is status 3" exits 3 history --db none dashboard pages
ok "a folder that cannot be written is status 4" errs 4 /proc/pages -- dashboard /proc/pages
mkdir without
for tool in sh env; do ln -s "$(command -v $tool)" without/; done
ok "without gnuplot it is status 4" errs 4 "gnuplot is not installed" -- \
	env PATH="$T/without" "$ZAPBENCH" history --db db dashboard plain
ok "the pages are there" says plain/index.html "All series"
ok "and say that the figure is not drawn" says "plain/series/$(basename "$page")" "Not drawn"

well_formed() { find "$@" -name "*.html" -exec "$python" "$SRC/report/test/fixtures/page.py" --site {} +; }
ok "all pages are well-formed" well_formed pages
ok "without dygraphs pages are there" exits 0 \
	env ZAPBENCH_JAVASCRIPT="$T/without" "$ZAPBENCH" history --db db dashboard still
ok "and need no script" no grep -q "<script.*src" "still/series/$(basename "$page")"
ok "the picture stands" says "still/series/$(basename "$page")" "<svg role"
ok "an address of commits that is none is status 2" errs 2 "no address of the web" -- \
	history dashboard pages --commit-url 'javascript:alert(1)//'

# two machines with one label differ in their pages; a machine without a name goes by its CPU
sed 's/\("page_size_bytes": *\)4096/\116384/' before/0.json >large.json
nights twins before/0.json 1,1,board=board2
nights twins large.json 2,1,board=board2
nights twins before/0.json 3,1,environment.cpu.model=Neoverse
ok "pages of machines that look alike" exits 0 history dashboard twins
ok "have names that tell them apart" says twins/index.html "board2, 4K pages" "board2, 16K pages" "Neoverse"
lacks_unnamed() { ! grep -q '>unnamed' twins/index.html; }
ok "and that are names" lacks_unnamed

# names that a record may hold; the planted ones have a script in a parameter already
plant hostile before/0.json "1,1,run.id=../../x,tool.git=<script>alert(1)</script>" \
	"2,1,environment.cpu.model=\"><img src=x onerror=alert(1)>"
db=hostile
history add hostile-*.json >/dev/null
ok "pages of hostile names" exits 0 dashboard hostile
ok "hostile names are text" no grep -riE "<script>alert|<img" --include=*.html hostile
for script in hostile/series/*.js; do
	cat "$script"
done >scripts
ok "data of charts are ASCII, one statement per file" \
	is "$(LC_ALL=C grep -c '^var zapbench_recent={[ -~]*};$' scripts)" "$(wc -l <scripts)"
ok "and their pages are well-formed" well_formed hostile twins
ok "the feed is XML, the list is JSON" feeds hostile 0
ok "and no file has them" is "$(find . -name "x.html")" ""

if ! command -v chromedriver >/dev/null; then
	skip "clicking through it" "no chromedriver; make deps GROUPS=report"
	tap_end
	exit
fi
# More runs than the file of a series holds.
"$O/report/test/nights" "$T/years" 860 10 >years.log
long=$(find years.pages/series -name "refault-memfd-eager-page-12K-*.html")
standard_python "$SRC/report/test/fixtures/browser.py" "file://$T/pages/index.html" "${PICTURE:-$T/dark.png}" \
	"file://$T/$long" >clicks 2>&1
clicked=$?
while read -r line; do
	case $line in
	ok*) ok "${line#* - }" true ;;
	not*) ok "${line#* - }" false ;;
	esac
done <clicks
[ $clicked -eq 0 ] || sed 's/^/# /' clicks
ok "the browser went through" [ $clicked -eq 0 ]
tap_end

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Reports of results whose answer is known, through the real program.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

"$O/report/test/test_choice" "$T"
report() { "$ZAPBENCH" report "$@" --no-pdf; }
# Without the line breaks of a mail a sentence can be looked for.
unwrapped() { tr '\n' ' ' <"$1" | tr -s ' ' >"$1.line"; }
narrow() { ! LC_ALL=C.UTF-8 grep -nE '.{76}' "$1"; }
no_gnuplot() { ! command -v gnuplot >/dev/null; }

# Without gnuplot the figures' places are there, and the status says that they are empty.
done_status=0
no_gnuplot && done_status=1

ok "reports a planted result" exits $done_status report "$T/planted.json" --out "$T/planted"
unwrapped "$T/planted/report.txt"
text=$T/planted/report.txt.line
ok "says where lazy is cheapest" says "$text" \
	"lazy costs least in 2 of 4 workloads (12.5 % to 25 % read)"
ok "says where eager is cheapest" says "$text" ", eager in 1 (75 % read), "
ok "says what is inconclusive" says "$text" "inconclusive in 1 (100 % read) "
ok "between which policies, and what the others cost" says "$text" "between eager and cached (lazy: +12."
ok "and what to run for it" says "$text" "zapbench run frame --budget "
row() { sed -n "s/^| $2 | //p" "$1" | grep -qE "$3"; }
page=$T/planted/report.md
ok "the table has best, runner-up, difference, confidence and n" \
	says "$page" '| workload | best | runner-up | difference | confidence | n |'
ok "of each workload" row "$page" '75 % read' \
	'^eager/around . lazy/around . .\+6\.[0-9] % \(6\.[0-9] to [67]\.[0-9]\) . 95 % . 60 .$'
ok "an inconclusive one has no best policy and no runner-up, but those that remain" \
	row "$page" '100 % read' '^eager or cached . .- . .* . inconclusive . 60 .$'
ok "what all rows share is said once" says "$page" "All rows: 1M, 4 frames per buffer, zap-heap."
ok "what it rests on has every policy" grep -qE '^\|  \| lazy/around \| .* \| .\+12\.' "$page"
ok "each best policy links to that" says "$T/planted/report.html" \
	'<a href="#A-options">eager/around</a>' '<table id="A-options">'
ok "the sentence comes first" sh -c "sed -n '5p' '$page' | grep -q '^No policy costs least everywhere: '"
folds() { grep -c "$1" "$T/planted/report.html"; }
folded() { [ "$(folds '<details>')" -eq "$(folds '</details>')" ] && [ "$(folds '<details>')" -ge 7 ]; }
ok "the other parts are folded" folded
ok "names a policy that lacks a point" says "$text" "not measured at all these points: refuse."
ok "reports a result with two policies that lack a point" exits $done_status report "$T/partial.json" --out "$T/partial"
unwrapped "$T/partial/report.txt"
ok "names both, though one name is part of the other" says "$T/partial/report.txt.line" \
	"not measured at all these points: uncached, cached."

# ---- variants of a policy ----
ok "reports variants of policies" exits $done_status report "$T/variants.json" --out "$T/variants"
unwrapped "$T/variants/report.txt"
ok "says that another CPU pays" says "$T/variants/report.txt.line" \
	"prefault (thread) costs least" "prefault (thread): another CPU pays for the page faults"
ok "each variant has a row that says which it is" \
	row "$T/variants/report.md" '' '^prefault/around . 4[0-9.]* us '
ok "that of the thread, too" row "$T/variants/report.md" '75 % read' '^prefault/around .thread. . 2[0-9.]* us '
no_gnuplot || ok "each has a line of its own" says "$T/variants/plots/A-crossover-1.dat" \
	'"prefault/around (thread)"' '"prefault/around"'
sed 's/"not_played": ""/"not_played": "cache maintenance"/' "$T/variants.json" >"$T/variants-imitated.json"
ok "a break-even says it, too" prints 0 "(thread): another CPU pays" -- \
	"$ZAPBENCH" report --brief "$T/variants-imitated.json"
unwrapped "$T/out"
ok "and names both" says "$T/out.line" "prefault/around costs" "prefault/around (thread)"

# A machine that hwloc is told of, with caches of 128K and 1M: what they hold is no throughput of memory.
ok "a run whose sizes follow the caches" measured env \
	HWLOC_SYNTHETIC="l3:1(size=1048576) l2:1(size=131072) core:1 pu:1" \
	HWLOC_THISSYSTEM=1 "$ZAPBENCH" run bandwidth --source memfd --policy cached --set size=caches --set workers=1 \
	--set transfer=read --set isa=vector --budget 0.1 --out "$T/caches.json"
ok "has one size below and one above each" is \
	"$(record "$T/caches.json" field name | tr ' ' '\n' | cut -d/ -f5 | xargs)" \
	"256K 2M 512K 64K"
ok "a row of its table says so" says "$T/out" "moved, a cache may hold all of it"
ok "a report of it" exits $done_status report "$T/caches.json" --out "$T/caches"
# A row without an undisturbed sample has no mark in the figure.
ok "marks the rows of a cache" says "$T/caches/plots/A-bandwidth.dat" "(cache)"
ok "and no other" lacks "$T/caches/plots/A-bandwidth.dat" "2M (cache)"
ok "and says what the mark means" says "$T/caches/report.md" "rates of a cache, not of memory"

# The plant is at 50 %; the second crossing, of lazy and cached, at 75 %.
crossing() { sed -n "s|.*$1 cross at \([0-9.]*\) % read (\([0-9.]*\) % to \([0-9.]*\) %).*|\1 \2 \3|p" "$text"; }
planted_at()
{
	crossing "$1" | awk -v at="$2" '
		{ n++; good = $1 > at - 1 && $1 < at + 1 && $2 < at && $3 > at }
		END { exit !(n && good) }'
}
ok "finds the planted crossing of lazy and eager" planted_at "lazy/around and eager/around" 50
ok "finds the planted crossing of lazy and cached" planted_at "lazy/around and cached" 75
ok "an unknown hypervisor is no virtual machine" lacks "$text" "is a virtual machine"
ok "a machine without the name of its CPU is reported" exits 1 env PATH=/nonexistent "$ZAPBENCH" report \
	"$SRC/results/reference/qemu-6.12-4k.json" --no-pdf --out "$T/board"
ok "by the name of its board" says "$T/board/report.md" "| A | linux,dummy-virt |"
ok "reports the reference" exits $done_status report "$SRC/results/reference/qemu-6.12-4k.json" --no-pdf --out "$T/virt"
ok "names its machine and its core" says "$T/virt/report.md" "| machine | linux,dummy-virt |" \
	'MIDR\_EL1 0x00000000410fd083; measured on CPU 0'
# whole PLOT: its axis begins at the lowest lower bound of the data, which is below 0
whole()
{
	low=$(sed -n 's/^low = //p' "$1.gp")
	awk -F'"' -v low="$low" '{ split($7, n, " "); if (n[2] < least) least = n[2] }
		END { exit !(least < -0.5 && low <= least + 1e-6) }' "$1.dat"
}
no_gnuplot || ok "an interval that reaches below 0 is shown whole" whole "$T/virt/plots/A-answer"
ok "no line of the text is wider than 75 columns" narrow "$T/planted/report.txt"
ok "the seven parts are there in their order" \
	sh -c "grep -oE '^## [1-7]' '$T/planted/report.md' | tr -d '\n' | grep -qx '## 1## 2## 3## 4## 5## 6## 7'"
ok "says what to run for what was not measured" says "$text" "not measured. Run: zapbench run --profile full tlb-reach"

# ---- emulation ----
ok "reports an emulated result" exits $done_status report "$T/emulated.json" --out "$T/emulated"
unwrapped "$T/emulated/report.txt"
ok "an emulated result decides nothing across memory types" \
	says "$T/emulated/report.txt.line" "cannot compare cached with write-combined memory: each has rows of its own"
ok "and says what would" says "$T/emulated/report.txt.line" "zapbench run frame --source zap-heap"
ok "its brackets are explained" says "$T/emulated/report.txt.line" \
	"In brackets: smallest and largest difference in the 3 rounds"
ok "it names the cheapest of a memory type" says "$T/emulated/report.txt.line" \
	"with cached memory, cached needs the fewest instructions in the one workload"
ok "it is inconclusive where interrupts are the difference" says "$T/emulated/report.txt.line" \
	"with write-combined memory, inconclusive in the one workload"
no_time() { ! grep -nE '[0-9] (ns|us|ms|s)([^a-z]|$)' "$1"; }
ok "no figure of it is a time" no_time "$T/emulated/report.txt"
ok "times are seen by that check" no no_time "$T/planted/report.txt"

# ---- SYNC of a range: planted costs, of which one kind of buffer crosses ----
ok "costs of ranges are planted" exits 0 standard_python "$SRC/report/test/fixtures/ranges.py" \
	"$SRC/results/reference/qemu-6.12-4k.json" "$T/ranges.json"
ok "reports them" exits $done_status report "$T/ranges.json" --no-pdf --out "$T/ranges"
unwrapped "$T/ranges/report.txt"
ok "says where the whole buffer is cheaper" says "$T/ranges/report.txt.line" \
	"512 segments: SYNC of the whole buffer is cheaper from a range of 89.4 % of it on."
ok "and that it is not where it never is" says "$T/ranges/report.txt.line" \
	"1 segment: SYNC of the range costs no more than SYNC of the whole buffer"
ok "and how many ranges cost as much as all" says "$T/ranges/report.txt.line" \
	"as many as 254 such calls cost no more than one SYNC"
ok "a whole buffer that is always cheaper is told" says "$T/ranges/report.txt.line" \
	"8 segments: SYNC of the whole buffer is cheaper at every measured range."
ok "with both costs, and without a number of calls" says "$T/ranges/report.txt.line" \
	"8 segments: a range of 256 costs 160016 instructions, the whole buffer 152500 instructions."
ok "what the rounds do not tell apart is inconclusive" grep -qE \
	"16 segments: SYNC of the range and SYNC of the whole buffer are not distinguishable at any measured range: \
inconclusive\." "$T/ranges/report.txt.line"
ok "a range that is cheaper from a point on is told" says "$T/ranges/report.txt.line" \
	"32 segments: SYNC of the range is cheaper from a range of 26.6 % of it on."
ok "what is not shown is counted" says "$T/ranges/report.txt.line" \
	"1 more number of segments of this buffer is not shown. The result file has its values."
no_gnuplot || ok "the curve is drawn, with what crosses at its place" \
	grep -qE "^187[45][0-9.]* 1525?[0-9.]* .whole is cheaper from 1831K on" "$T/ranges/plots/A-range-1.dat"
no_gnuplot || ok "as a picture" grep -q 'range that is accessed and synced, bytes' "$T/ranges/plots/A-range-1.svg"
ok "a result without ranges has no such section" lacks "$T/planted/report.md" "SYNC of a range"

# ---- side by side ----
ok "reports several" exits $done_status report "$T/planted.json" "$T/emulated.json" "$T/planted.json" --out "$T/several"
ok "side by side where they measured the same" says "$T/several/report.md" "### Results side by side"
ok "one of which has imitated policies" exits $done_status report "$T/planted.json" "$T/cached.json" --out "$T/imitated"
ok "no map names a cheapest one of them" no grep -l . "$T"/imitated/plots/B-map-*.dat
ok "the page says why" says "$T/imitated/report.txt" "B: no map where userspace imitates a policy."
ok "side by side, these name no cheapest policy" \
	row "$T/imitated/report.md" '1M buffer, .*, 75 % of it read, .* per buffer' \
	'^eager/around, runner-up \+6[^|]* . not decided .$'
ok "and an empty one" exits $done_status report "$T/empty.json" --out "$T/empty"
ok "which chooses nothing" says "$T/empty/report.txt" "Inconclusive: no workload was measured with two policies."

# ---- the answer alone ----
mkdir "$T/nowhere"
brief() { (cd "$T/nowhere" && "$ZAPBENCH" report --brief "$@"); }
ok "--brief prints the answer" prints 0 "eager in 1 (75 % read)" "12.5 % read  lazy/around" -- brief "$T/planted.json"
cp "$T/out" "$T/brief"
ok "in at most 75 columns" narrow "$T/brief"
ok "and no other part" lacks "$T/brief" "Crossovers" "plots/"
ok "in at most 24 lines" sh -c "[ \$(wc -l <'$T/brief') -le 24 ]"
ok "it writes no file" rmdir "$T/nowhere"
mkdir "$T/nowhere"
ok "--brief of a reference result has a row for each workload" prints 0 "No recommendation for a board" "EMULATED" \
	"best " -- brief "$SRC/results/reference/qemu-6.12-4k.json"
ok "as a table" no grep -q "confidence: " "$T/out"
ok "--brief: nothing is compared: what to run" prints 0 "Inconclusive: " "zapbench run frame --set policy=" -- \
	brief "$T/empty.json"
ok "--brief takes no --out" errs 2 "takes no --out" -- brief "$T/planted.json" --out "$T/x"
ok "--brief of a file that is none" exits 2 brief "$T/none.json"
# Userspace imitates the policies there: nothing but the break-even can be said.
sed 's/"not_played": ""/"not_played": "cache maintenance"/' "$T/planted.json" >"$T/imitated.json"
ok "--brief names no winner of imitated policies" prints 0 \
	"No recommendation: a run on zap-heap cannot measure these costs: cache" "Break-even" "not decided" -- \
	brief "$T/imitated.json"
unwrapped "$T/out"
ok "but what a policy adds, at which granularity, with its interval" grep -qE \
	"read: lazy/around costs [0-9.]+ [nu]s \([0-9.]+ to [0-9.]+\) more than eager/around\. A policy " "$T/out.line"
ok "no break-even of a difference that may be 0, but what would tell" grep -qE \
	"those costs\. Inconclusive: cached and eager/around are not distinguishable: the difference is \
[0-9.]+ [nu]s \(-[0-9.]+ to [0-9.]+\)\. For a firmer answer, run with --budget 60\." "$T/out.line"
ok "the table says so, too" grep -qE \
	"100 % read .*cached [^;]*\), inconclusive; lazy/around [^;]*\) confidence: break-even" "$T/out.line"
sed 's/"not_played": ""/"not_played": "cache maintenance"/' "$T/noise.json" >"$T/vague.json"
ok "--brief where no policy is told apart" prints 0 "Inconclusive for a 1M frame" "confidence: inconclusive" -- \
	brief "$T/vague.json"
unwrapped "$T/out"
ok "names no break-even" lacks "$T/out.line" "Break-even" "pays off" "per KiB" " more"
ok "--brief says how dear maintenance may be where cached costs least" prints 0 "Break-even" -- brief "$T/cached.json"
unwrapped "$T/out"
# A frame of this result has 1024 KiB.
per_kib()
{
	sed -nE 's/.* read: [a-z/]+ costs ([0-9.]+) ([nu])s .* pays .* less than ([0-9.]+) ns \([^)]*\) per KiB.*/\1 \2 \3/p' \
		"$1" | awk '{ n++; wanted = $1 * ($2 == "u" ? 1000 : 1) / 1024 }
			END { exit !(n && $3 > 0.98 * wanted && $3 < 1.02 * wanted) }'
}
ok "per KiB of the frame" per_kib "$T/out.line"
# "lazy/around costs 12.3 us (10.1 to 14.2) more" is in part 4, too: what the policy adds, by the same estimate.
same_added()
{
	added=$(sed -nE 's/.*lazy\/around costs ([^)]*\)) more.*/\1/p' "$T/out.line" | head -n 1)
	[ -n "$added" ] && "$ZAPBENCH" report "$T/cached.json" --out "$T/cached" --no-pdf >/dev/null &&
		says "$T/cached/report.md" "| $added |"
}
ok "and part 4 says the same of what a policy adds" same_added
sed 's/"not_played": "cache maintenance"/"not_played": "cache maintenance, memory type"/' "$T/cached.json" \
	>"$T/chosen.json"
sed 's/eager/@/g; s/cached/eager/g; s/@/cached/g' "$T/cached.json" >"$T/zaps.json"
ok "where a policy that zaps costs least" prints 0 "Break-even" "more than eager" -- brief "$T/zaps.json"
unwrapped "$T/out"
ok "maintenance is no question" lacks "$T/out.line" "per KiB of the frame"
ok "memory whose type a driver chose is not called cached" prints 0 "memory type" -- brief "$T/chosen.json"
unwrapped "$T/out"
ok "so maintenance is no question there, either" lacks "$T/out.line" "per KiB of the frame"
brief "$T/imitated.json" >"$T/out"
unwrapped "$T/out"
ok "and where to get a recommendation" \
	says "$T/out.line" "run this on a board with the kernel patch or its modules: zapbench run frame --source zap-heap"
standard_python "$SRC/report/test/fixtures/spoil.py" "$T/planted.json" "$T/apart.json" apart
ok "--brief says where no round has two clean samples" prints 0 "no clean pair; " -- brief "$T/apart.json"
unwrapped "$T/out"
ok "in a sentence, too" says "$T/out.line" "has no clean pair with"
ok "and calls no difference unknown" lacks "$T/out" unknown

# ---- most real first ----
brief "$T/emulated.json" "$T/planted.json" >"$T/order"
ok "a timed result comes before an emulated one" \
	sh -c "grep '^Result [AB]: ' '$T/order' | head -n 1 | grep -qv EMULATED"
ok "and that one is marked" grep -q "^Result B: .*, EMULATED$" "$T/order"
brief "$SRC/results/reference/qemu-6.1-4k.json" "$SRC/results/reference/qemu-6.12-4k.json" >"$T/order"
ok "of emulated results the newest kernel" grep -q "^Result A: .*, 4K pages, Linux 6\.12\..*, EMULATED$" "$T/order"

# ---- files that are none ----
head -c 20000 "$T/planted.json" >"$T/truncated.json"
echo '{"benchmarks": []}' >"$T/foreign.json"
ok "a truncated file is status 2" \
	exits 2 report "$T/truncated.json" "$T/planted.json" "$T/foreign.json" "$T/none.json" --out "$T/broken"
ok "it is named" says "$T/err" "$T/truncated.json"
ok "so is a foreign one" says "$T/err" "$T/foreign.json"
ok "and one that is not there" says "$T/err" "$T/none.json: No such file or directory"
ok "the others are reported" says "$T/broken/report.txt" "lazy costs least in 2 of 4 workloads"
ok "the report says what is not in it" says "$T/broken/report.md" "Not in this report"
ok "nothing but such files is no report" exits 2 report "$T/foreign.json" --out "$T/nothing"
ok "and leaves none behind" no test -e "$T/nothing"

# ---- usage ----
ok "no file is a usage error" exits 2 report
ok "an unknown option is one" exits 2 report --wrong "$T/planted.json"
ok "a device is no folder" errs 1 "/dev/full: a folder is expected" -- report "$T/planted.json" --out /dev/full
ok "an empty folder's name is one" exits 2 report "$T/planted.json" --out ""
touch "$T/file"
ok "a folder that cannot be is status 1" exits 1 report "$T/planted.json" --out "$T/file/report"
ok "and is named" says "$T/err" "$T/file/report"

# ---- without tools ----
ok "no gnuplot is status 1" exits 1 env PATH=/nonexistent "$ZAPBENCH" report "$T/planted.json" --out "$T/bare"
ok "with the fix" says "$T/err" "apt-get install gnuplot-nox"
ok "the text is there all the same" says "$T/bare/report.txt" "lazy costs least in 2 of 4 workloads"
ok "the page says why there is no figure" \
	says "$T/bare/report.html" "<strong>Not drawn:</strong> gnuplot is not installed"
ok "data and script are there to be drawn later" \
	test -s "$T/bare/plots/A-crossover-1.gp" -a -s "$T/bare/plots/A-crossover-1.dat"
ok "no Chromium is said" says "$T/out" "no PDF: Chromium is not installed"
mkdir "$T/bin"
printf '#!/bin/sh\necho "\\"x.gp\\" line 7: undefined variable: y" >&2\nexit 1\n' >"$T/bin/gnuplot"
chmod +x "$T/bin/gnuplot"
ok "a gnuplot that fails is status 1" \
	exits 1 env PATH="$T/bin:/usr/bin:/bin" "$ZAPBENCH" report "$T/planted.json" --no-pdf --out "$T/failing"
ok "with what it said" says "$T/err" "line 7: undefined variable: y"

# ---- hostile text ----
ok "reports hostile text" exits $done_status report "$T/hostile.json" --out "$T/hostile"
for file in "$T/hostile/report.html" "$T/hostile/plots"/*.svg; do
	[ -e "$file" ] || continue
	ok "no element of it is in ${file##*/}" no grep -qE '<(script|img src)' "$file"
done
grep -v '^```' "$T/hostile/report.md" >"$T/hostile.md"
ok "no element, code, image or link of it is in the Markdown" \
	no grep -nE '(^|[^\\])[<`]|(^|[^\\])\]\(http' "$T/hostile.md"
sed "s/\"policy\": \"/&'/; s/\"operation\": \"/&'/" "$T/planted.json" >"$T/quoted.json"
ok "texts that begin with a quote are drawn" exits $done_status report "$T/quoted.json" --out "$T/quoted"
ok "with their quote" grep -q "^[a-z0-9]* = ''[.]\"'\"[.]'" "$T"/quoted/plots/*.gp
ok "as it is in the text" says "$T/hostile/report.txt" '![i](http'
ok "nothing of it was run" test ! -e OWNED -a ! -e "$T/hostile/plots/OWNED"
ok "its width holds" narrow "$T/hostile/report.txt"

page=$SRC/report/test/fixtures/page.py
if [ -n "$python" ]; then
	ok "the page is well-formed, its names are unique, its figures have names" "$python" "$page" "$T/several/report.html"
	ok "so is the hostile one" "$python" "$page" "$T/hostile/report.html"
	sed 's|<main id="main">|<main id="s1"><div>|' "$T/several/report.html" >"$T/wrong.html"
	ok "that check sees what is wrong" no "$python" "$page" "$T/wrong.html" 2>/dev/null
else
	skip "the page's form" "no python3; apt-get install python3"
fi

if no_gnuplot; then
	skip "figures" "no gnuplot; make deps GROUPS=report"
else
	drawn() { for gp in "$1"/*.gp; do test -s "${gp%gp}svg" -a -s "${gp%gp}png" -a -s "${gp%gp}dat" || return 1; done; }
	ok "each figure is there as SVG and PNG with its data" drawn "$T/several/plots"
	cp -r "$T/planted/plots" "$T/again"
	rm "$T/again"/*.svg "$T/again"/*.png
	ok "a reader can draw one again" sh -c "cd '$T/again' && gnuplot A-crossover-1.gp"
	ok "and gets the same" cmp "$T/again/A-crossover-1.svg" "$T/planted/plots/A-crossover-1.svg"
	# In a locale without UTF-8 gnuplot warns of the degree sign, whatever is drawn.
	redrawn() { (cd "$1" && for gp in *.gp; do LC_ALL=C.UTF-8 gnuplot "$gp"; done) 2>&1 | sed 's/^/# /' | head -n 5; }
	ok "of none does gnuplot warn" is "$(redrawn "$T/again")" ""
	for report in partial hostile board virt; do
		ok "nor of those of the report $report" is "$(redrawn "$T/$report/plots")" ""
	done
	ok "figures are in the page" says "$T/planted/report.html" '<svg role="img" aria-labelledby="A-crossover-1-title"'
	ok "the value of a point is under the pointer" grep -qE '<title>[^<]*: [0-9.]+ \([0-9.]+ to [0-9.]+\)</title>' \
		"$T/planted/report.html"
	ok "without a script" no grep -q onmouse "$T/planted/report.html"
	ok "inconclusive cells are hatched" grep -q "<pattern id='gpPat" "$T/planted/plots/A-map-touched-1.svg"
	ok "the names of policies stand at their marks" grep -qE '>lazy \+[0-9.]+ %<' "$T/planted/plots/A-answer.svg"
	charts_fit_slides()
	{
		sed -n 's/.*viewBox="0 0 \([0-9]*\) \([0-9]*\)".*/\1 \2/p' "$T/planted/plots/A-answer.svg" \
			"$T/virt/plots/A-answer.svg" |
			awk '$2 * 16 > ($1 + 2) * 9 { bad = 1 } END { exit bad || NR != 2 }'
	}
	# "eager +12.3 %" is at least a tenth of the picture wide, to the right of the largest figure.
	names_have_room()
	{
		sed 's/"[^"]*"/T/g' "$T/virt/plots/A-answer.gp" "$T/virt/plots/A-answer.dat" |
			awk '/^high = / { high = $3 }
				$11 == "T" && $8 > most { most = $8 }
				END { exit !(most > 0 && high > 1.1 * most) }'
	}
	standard_python "$SRC/report/test/fixtures/spoil.py" "$T/planted.json" "$T/many.json" many
	ok "a result of seven policies" exits 0 report "$T/many.json" --out "$T/many" --no-pdf
	# A letter is 11 units wide at most, and a name begins 16 right of its mark; the plot is 486 wide.
	names_are_apart()
	{
		sed 's/"[^"]*"/T/g' "$1/A-answer.gp" | awk '/^(low|high) = / { print $1, $3 }' >"$T/axis"
		awk -F '"' -v OFS='|' '{ print $1, $6, $7, $8 }' "$1/A-answer.dat" |
			awk -F '|' 'NR == FNR { split($0, a, " "); axis[a[1]] = a[2]; next }
				function at(x) { return (x - axis["low"]) / (axis["high"] - axis["low"]) * 486 }
				{
					split($1, row, " "); split($3, f, " ")
					line = row[1] " " f[4]; n++
					mark[n] = at(f[1]); on[n] = line
					if ($4 != "") { from[n] = at(f[5]) + 16; to[n] = from[n] + 9 * length($4) }
				}
				END {
					for (i in to) {
						if (to[i] > 486 + 24) bad = 1
						for (j in mark)
							if (on[j] == on[i] && mark[j] > from[i] && mark[j] < to[i]) bad = 1
					}
					exit bad || n < 20
				}' "$T/axis" -
	}
	ok "their names are whole, and no mark is in one" names_are_apart "$T/many/plots"
	ok "the chart of the answer is no higher than a slide" charts_fit_slides
	ok "the names have room" names_have_room
	ok "a figure of an emulated result says so" says "$T/virt/plots/A-time-1.svg" "EMULATED: instructions, not times"
	ok "one of a timed result does not" no grep -q EMULATED "$T"/planted/plots/*.svg
	ok "axes say units and samples" says "$T/planted/plots/A-crossover-1.svg" "ns per frame; n = 60 rounds"
	standard_python "$SRC/report/test/fixtures/spoil.py" "$T/planted.json" "$T/uneven.json" uneven
	ok "a result whose policies have unequal numbers of samples" \
		exits 0 report "$T/uneven.json" --out "$T/uneven" --no-pdf
	ok "its lines say both numbers" says "$T/uneven/plots/A-crossover-1.svg" "ns per frame; n = 45 to 60 rounds"
	ok "so does its map" says "$T/uneven/plots/A-map-touched-1.svg" "n = 45 to 60 rounds"
	ok "and the answer, of the pairs that its marks rest on" \
		grep -q "All rows: .*[.] n = 45 to 60 rounds; a round" "$T/uneven/report.html"
	# gnuplot cuts what is longer than the picture is high.
	titles_fit()
	{
		sed -n "s/^ytitle = '\(.*\)'$/\1/p" "$@" |
			awk '{ n++ } length > 46 { long = 1; print "# too long: " $0 } END { exit long || !n }'
	}
	ok "titles of the y axis fit beside it" titles_fit "$T"/uneven/plots/*.gp "$T"/virt/plots/*.gp
	ok "the number of events is below the x axis" grep -q "^xtitle = .*n = 888880 events or more'" \
		"$T/uneven/plots/A-tail-1.gp"
	# Two columns of long names are wider than the picture.
	one_column()
	{
		awk 'match($0, /translate\([0-9.]+/) { x = substr($0, RSTART + 10, RLENGTH - 10) }
			/<text>.*frame / { n++; seen[x]++ } END { for (x in seen) columns++; exit !(n == 6 && columns == 1) }' "$1"
	}
	ok "the names of six lines are below each other" one_column "$T/uneven/plots/A-tail-1.svg"
	touch "$T/planted/plots/Z-map-touched-9.svg" "$T/planted/plots/mine.svg"
	ok "again into the same folder" exits 0 report "$T/planted.json" --out "$T/planted"
	ok "removes what an earlier report left" test ! -e "$T/planted/plots/Z-map-touched-9.svg"
	ok "and nothing else" test -e "$T/planted/plots/mine.svg"
fi

# A page of its own browser: what it writes to the console, or tries to load against its own policy, is a line there.
browse()
{
	timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$T/profile" --enable-logging=stderr --v=0 \
		--window-size="${2:-1200},900" --dump-dom "file://$1" >"$T/dom" 2>"$T/console"
	says "$T/dom" '<main id="main">'
}
silent() { browse "$1" && ! grep 'CONSOLE' "$T/console"; }
if ! command -v chromium >/dev/null; then
	skip "the page in a browser" "no chromium; make deps GROUPS=report"
else
	ok "the console stays silent, and nothing is loaded" silent "$T/several/report.html"
	ok "so it does with hostile text" silent "$T/hostile/report.html"
	sed 's|<main id="main">|&<img src="http://evil.example/x">|' "$T/several/report.html" >"$T/loads.html"
	ok "that check hears a page that loads something" no silent "$T/loads.html"
	# The titles of the tables that are cut at the right, by a script that the page's own policy forbids.
	{
		sed '/Content-Security-Policy/d; s/<details>/<details open>/g' "$T/several/report.html"
		echo '<script>for (const c of document.querySelectorAll("caption"))'
		echo 'if (c.getBoundingClientRect().right > innerWidth) c.innerText = "is" + " cut";</script>'
	} >"$T/captions.html"
	ok "the page is read on a phone" browse "$T/captions.html" 400
	ok "no title of a table is cut there" lacks "$T/dom" "is cut"
	ok "a PDF is printed" exits $done_status "$ZAPBENCH" report "$T/planted.json" --out "$T/planted"
	ok "which is one" sh -c "head -c 5 '$T/planted/report.pdf' | grep -q '%PDF-'"
	# Evidence is in report.html only.
	ok "of two pages: the answer" is "$(grep -ac '/Type */Page\b' "$T/planted/report.pdf")" 2
fi
tap_end

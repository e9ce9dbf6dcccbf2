#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench export, through the program: each format is read by what it is for, or by what that is documented to read.
# slow: many formats
# one CPU: zapbench chooses the same CPU in all tests, which would wait for each other
# measures: a run without clean samples has less to export
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

"$O/report/test/test_choice" "$T" || { echo "not ok 1 - planted results can be written"; exit 1; }
"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
cd "$T" || exit 1
export_to() { "$ZAPBENCH" export --to "$@"; }
one_result="openmetrics github-action-benchmark github-action-benchmark-bigger google-benchmark bmf csv"
one_result="$one_result otava otava-config ktap lava share"
fixtures=$SRC/report/test/fixtures
# planted HOW RECORD OUT...: a record changed by the program of that name
planted() { planted_how=$1; shift; standard_python "$fixtures/$planted_how.py" "$@"; }

# --- a real run, and what is made of it
# One worker: several wait for each other, and beside other tests that takes long.
ok "a real run" measured "$ZAPBENCH" run null refault bandwidth --policy eager,cached --set size=256K --set workers=1 \
	--set transfer=read,write --set isa=scalar --budget 1 --out real.json

# The parser of OpenMetrics is a Debian package, which another python may not see.
parser=
for candidate in "$python" /usr/bin/python3; do
	[ -z "$parser" ] && "$candidate" "$fixtures/has_parser.py" 2>/dev/null && parser=$candidate
done
checks()
{
	case $1 in
	openmetrics | otava-config) "${parser:-$python}" "$fixtures/check_export.py" "$@" ;; # with libraries
	*) standard_python "$fixtures/check_export.py" "$@" ;;
	esac 2>"$T/err" && return 0
	tail -n 3 "$T/err" | sed 's/^/# /'
	return 1
}
promtool_takes()
{
	promtool check metrics <"$1" >"$T/promtool" 2>&1
	tap_status=$?
	sed 's/^/# /' "$T/promtool"
	[ $tap_status -eq 0 ] && [ ! -s "$T/promtool" ]
}

ends_in_eof() { [ "$(tail -n 1 "$1")" = "# EOF" ]; }

# openmetrics NAME: what is NAME.json as OpenMetrics
openmetrics()
{
	ok "$1 as openmetrics" exits 0 export_to openmetrics --out "$1.prom" "$1.json"
	ok "which ends as OpenMetrics must" ends_in_eof "$1.prom"
	if [ -n "$parser" ]; then
		ok "and a parser of OpenMetrics finds the record's figures" checks openmetrics "$1.prom" "$1.json"
	else
		skip "a parser of OpenMetrics" "no prometheus_client; apt-get install python3-prometheus-client"
	fi
	if command -v promtool >/dev/null; then
		ok "and promtool has nothing to say" promtool_takes "$1.prom"
	else
		skip "promtool" "not installed; make deps GROUPS=services"
	fi
}

# formats NAME: the others that hold any result
formats()
{
	# The build that was tested is a label of the run.
	standard_python "$fixtures/plant_label.py" "$1.json" kcidb-build maestro:6812 "$1.build.json"
	ok "$1 as kcidb" exits 0 export_to kcidb --out "$1.kcidb" "$1.build.json"
	echo "kcidb $1.kcidb $1.json" >each
	for pair in github-action-benchmark:smaller bmf:bmf csv:csv otava:otava ktap:ktap lava:lava; do
		ok "$1 as ${pair%:*}" exits 0 export_to "${pair%:*}" --out "$1.${pair#*:}" "$1.json"
		echo "${pair#*:} $1.${pair#*:} $1.json $1.csv" >>each
	done
	standard_python "$fixtures/check_export.py" --each each >verdicts 2>&1
	exec 3<verdicts
	while read -r format _; do
		read -r verdict <&3
		ok "what $1 says as $format is what the record says, for each figure" is "$verdict" ok
	done <each
	exec 3<&-
	ok "$1 as otava-config" exits 0 export_to otava-config --out "$1.yaml" "$1.json"
	ok "which names the columns" checks otava-config "$1.yaml" "$1.json" "$1.otava"
}

# of_times NAME: those that hold times only
of_times()
{
	ok "$1 as github-action-benchmark-bigger" exits 0 export_to github-action-benchmark-bigger --out "$1.bigger" "$1.json"
	ok "gives rates" checks bigger "$1.bigger" "$1.json"
	ok "$1 as google-benchmark" exits 0 export_to google-benchmark --out "$1.google" "$1.json"
	ok "has what compare.py reads" checks google "$1.google" "$1.json"
}

openmetrics real
formats real

# --- what others may see
"$ZAPBENCH" run null --budget 0.3 --quiet --label board=pi5 --label rack=secretlab --out secrethost.json
standard_python "$fixtures/plant_private.py" secrethost.json private.json
ok "a record for others" exits 0 export_to share --out shared.json private.json
ok "has nothing private" lacks shared.json secret
ok "which the record has" says private.json secrethost secretlab secretuser secretpath secretprocess secretfield
ok "and the name of the board" says shared.json pi5
ok "its figures are the same" exits 0 export_to csv --out private.csv private.json
ok "as those of the record" exits 0 export_to csv --out shared.csv shared.json
ok "but for the run's name" is "$(cut -d , -f 2- shared.csv)" "$(cut -d , -f 2- private.csv)"
ok "removed facts say so" says shared.json '"kernel.command_line":"private: removed by zapbench export --to share"'
ok "a history takes it" exits 0 "$ZAPBENCH" history --db shared.db add shared.json
if command -v jsonschema >/dev/null; then
	ok "the schema takes it" exits 0 jsonschema -i shared.json "$SRC/results/schema/zapbench.schema.json"
else
	skip "the schema" "no jsonschema; apt-get install python3-jsonschema"
fi
ok "smaller is written" exits 0 export_to github-action-benchmark-smaller real.json
ok "smaller is what the plain name means" cmp out real.smaller
ok "csv is written" exits 0 export_to csv real.json
ok "standard output is the default" cmp out real.csv
openmetrics planted
formats planted
# What a frame moves is not planted.
ok "frames that move bytes" planted moves planted.json moves.json
openmetrics moves
formats moves
of_times moves
ok "what a cache may hold is marked" says moves.csv ",true" ",false"
ok "frames that move nothing have no rate" exits 3 export_to github-action-benchmark-bigger planted.json
ok "not even 0" lacks planted.prom zapbench_bytes_per_second
ok "others have one" says moves.prom "zapbench_bytes_per_second{"

ok "kcidb needs the id of the build" errs 3 "which build of KCIDB was tested" "--label kcidb-build=ORIGIN:ID" -- \
	export_to kcidb real.json

# --- those checks see what is wrong
sed 's/"path": "zapbench\./&a+/' planted.kcidb >wrong.kcidb
ok "a path that KCIDB refuses is seen" no checks kcidb wrong.kcidb planted.json
sed 's/"value": \([0-9]\)/"value": 1\1/' planted.bmf >wrong.bmf
ok "another figure is seen" no checks bmf wrong.bmf planted.json
awk '/"value"/ && !done { sub(/: .*/, ": NaN,"); done = 1 } 1' planted.bmf >nan.bmf
ok "NaN is seen" no checks bmf nan.bmf planted.json
sed '2d' planted.csv >wrong.csv
ok "a missing row is seen" no checks csv wrong.csv planted.json
sed '3s/^ok/not ok/' planted.ktap >wrong.ktap
ok "a wrong result is seen" no checks ktap wrong.ktap planted.json
sed '1s/--measurement /&1/' planted.lava >wrong.lava
ok "a wrong measurement is seen" no checks lava wrong.lava planted.json planted.csv
if [ -n "$parser" ]; then
	sed '$d' planted.prom >wrong.prom
	ok "a missing EOF is seen" no checks openmetrics wrong.prom planted.json
fi
if command -v promtool >/dev/null; then
	sed 's/zapbench_operation_seconds/zapbench_operation_nanoseconds/' planted.prom >wrong.prom
	ok "promtool sees another unit" no promtool_takes wrong.prom 2>/dev/null
fi

# --- emulated: instructions, marked, never time
openmetrics emulated
formats emulated
# All policies of a patched kernel, which counted itself, and an emulated PMU.
cp "$SRC/results/reference/qemu-6.12-4k.json" reference.json
openmetrics reference
formats reference
ok "what the kernel counted itself is there" \
	says reference.csv ",refault_instructions,instructions/" ",ptes_zapped,events/"
# with_times NAME: those of its files that name a time, other than when the run began
with_times()
{
	for suffix in prom smaller bmf csv otava ktap lava; do
		grep -v _timestamp_seconds "$1.$suffix" |
			grep -qE '_seconds\{|[" ,]ns(/|"|,|$)|"latency"|real_time|cycles' && echo "$1.$suffix"
	done
}
for name in emulated reference; do
	ok "no file of $name names a time" is "$(with_times $name)" ""
done
ok "that check sees times" is "$(with_times planted | wc -l)" 7
for file in emulated.prom emulated.smaller emulated.bmf emulated.csv emulated.otava emulated.ktap emulated.lava; do
	ok "$file is marked" grep -qiE 'emulated|,true,' "$file"
done
ok "google-benchmark cannot hold instructions" errs 3 "would take its instructions for times" "fix: " -- \
	export_to google-benchmark emulated.json
ok "nor can bigger is better" exits 3 export_to github-action-benchmark-bigger emulated.json
ok "and nothing is printed" [ ! -s out ]

# --- Grafana's dashboard asks for what is exported
# jsonschema is a Debian package, which another python may not see.
with_packages() { /usr/bin/python3 -I "$@"; }
if with_packages -c "import jsonschema" 2>/dev/null; then
	board=$SRC/docs/examples/grafana-dashboard.json
	schema=$SRC/results/schema/grafana-dashboard.schema.json
	grafana() { with_packages "$fixtures/grafana.py" "$1" "$schema" real.prom shifted.prom emulated.prom; }
	ok "a run with intervals" exits 0 export_to openmetrics --out shifted.prom shifted.json
	ok "the dashboard for Grafana fits its model, and the exports" grafana "$board"
	# wrong_board NAME SED: a changed dashboard is refused
	wrong_board()
	{
		sed "$2" "$board" >wrong.json
		ok "$1 is seen" no grafana wrong.json 2>/dev/null
	}
	wrong_board "a metric that no export has" 's/zapbench_single_seconds/zapbench_singles_seconds/'
	wrong_board "a label that no export has" 's/{{percentile}}/{{quantile}}/'
	wrong_board "a field that Grafana does not have" 's/"gridPos"/"grid_pos"/'
	wrong_board "a panel on another" 's/"y": 26/"y": 20/'
	# shellcheck disable=SC2016 # the dashboard's variable
	wrong_board "a variable that is not defined" 's/configuration=\\"$configuration/configuration=\\"$config/'
else
	skip "the dashboard for Grafana" "no jsonschema; apt-get install python3-jsonschema"
fi

# --- hostile text
ok "a hostile record" planted hostile real.json bad.json
openmetrics bad
formats bad
ok "hostile google-benchmark" exits 0 export_to google-benchmark --out bad.google bad.json
ok "is harmless" checks google bad.google bad.json
ok "and hostile texts of the report's tests" exits 0 export_to openmetrics --out hostile.prom hostile.json
! command -v promtool >/dev/null || ok "are promtool's, too" promtool_takes hostile.prom
mkdir bin
printf '#!/bin/sh\necho "$@"\n' >bin/lava-test-case
chmod +x bin/lava-test-case
ok "a shell runs the hostile file" exits 0 env PATH="$T/bin:$PATH" sh bad.lava
ok "it makes one line of each, a test case or a line for the log" is "$(wc -l <out)" "$(wc -l <bad.lava)"
ok "and no signal of LAVA" lacks out "<" ">"
ok "and no error" [ ! -s err ]
ok "two configurations that would be one test case" planted twins real.json twins.json
ok "are refused, both named" errs 3 "same test case name" -- export_to lava --out nothing twins.json
ok "and no file is left" [ ! -e nothing ]
ok "a board without a name has a label" says hostile.prom "board=\""
ok "single faults have percentiles" grep -q '^zapbench_single_seconds{.*percentile="50"} 1.0[0-9]*e-06$' hostile.prom

# --- not valid, disturbed, skipped
ok "a record with an invalid configuration" planted spoil real.json invalid.json invalid
openmetrics invalid
formats invalid
invalid='INVALID: unexpected fault counts in ([0-9]+) of \1 samples'
ok "it is not ok, and why" grep -qE "^not ok 1 .* # $invalid" invalid.ktap
ok "the one that was not run is skipped" grep -qE '^ok [0-9]+ refault/none # SKIP there is no \? of it$' invalid.ktap
ok "LAVA gets the reason" grep -qE "$invalid" invalid.lava
ok "the result is unknown to LAVA" grep -q " --result unknown$" invalid.lava
ok "and the one that was not run is skipped" says invalid.lava "lava-test-case refault.none.median --result skip"
name=$(sed -n 's/^not ok 1 \([^ ]*\) .*/\1/p' invalid.ktap)
ok "the invalid one has a name" [ -n "$name" ]
ok "and no figure in bmf, not 0" lacks invalid.bmf "\"$name\""
ok "nor in csv" lacks invalid.csv ",$name,"
ok "openmetrics says that it is invalid" says invalid.prom "zapbench_valid{configuration=\"$name\""
ok "a record with three rounds left" planted spoil planted.json few.json few
openmetrics few
formats few
ok "has no bound anywhere, not 0" \
	no grep -lE '_lower_|_upper_|"(lower|upper)_value"|"range"' few.prom few.bmf few.smaller
ok "a record that was all disturbed" planted spoil real.json disturbed.json disturbed
ok "says so" prints 0 "# DISTURBED: all " -- export_to ktap disturbed.json
ok "is not ok" no grep "^ok .*DISTURBED" out
for format in github-action-benchmark bmf csv otava google-benchmark github-action-benchmark-bigger; do
	ok "$format cannot hold it" errs 3 "fix: " -- export_to $format --out nothing disturbed.json
	ok "and no file is left" [ ! -e nothing ]
done
ok "an empty record is one line of metrics" prints 0 "zapbench_run_info{" -- export_to openmetrics empty.json
! command -v promtool >/dev/null || ok "that promtool takes" promtool_takes out

# --- a history
ok "a folder of runs as otava" exits 0 export_to otava --out history.otava before
ok "has a row for each run, by time" is "$(grep -c "^20" history.otava)" 10
has_each() { for run in before/*.json; do checks otava history.otava "$run" || return 1; done; }
ok "with the figures of each" has_each
ok "and its config" exits 0 export_to otava-config --out history.yaml before
ok "names its columns" checks otava-config history.yaml before/0.json history.otava
mkdir mixed
cp before/[0-4].json mixed
cp after/5.json mixed
ok "figures that not all runs have are named" errs 0 "figures of configurations that not all of the 6 runs have" -- \
	export_to otava --out mixed.otava mixed
ok "and left out" no grep -E "/(4|8)M" mixed.otava
ok "those that all have are there" says mixed.otava "refault/memfd/eager/page/1M "
ok "with the figures of the record" checks otava mixed.otava after/5.json
mkdir nothing
cp before/0.json nothing
sed 's|"name": "\([a-z]*/\)|"name": "other/\1|' before/1.json >nothing/1.json
ok "runs without a configuration in common: what to export" errs 3 "no valid figure in common" "folder of runs" -- \
	export_to otava nothing
cp emulated-0.json mixed
ok "emulated and timed runs do not mix" errs 3 "cannot mix emulated and timed runs" -- export_to otava mixed
ok "and nothing is printed" [ ! -s out ]
rm mixed/emulated-0.json
echo '{"benchmarks": []}' >mixed/foreign.json
ok "a file that is no result is left out, named, and in the status" errs 2 "not used: mixed/foreign.json" -- \
	export_to otava --out mixed.otava mixed
ok "the others are there" is "$(grep -c "^20" mixed.otava)" 6
ok "a run with a label" planted hostile before/0.json labelled.json
ok "a run's label is its commit" prints 0 "{HOME}" -- export_to otava labelled.json
ok "other formats take one result" errs 2 "holds 10 results" -- export_to bmf before

# --- files
echo old >f
ok "a file is written" exits 0 export_to bmf --out f real.json
ok "it replaces what was there" cmp f real.bmf
cp real.json r.json
ok "the result itself is not replaced" exits 2 export_to bmf --out ./r.json r.json
ok "and stays as it is" cmp r.json real.json
# No block at all: some of these files are small.
onto_full_disk() { without_room 0 "$ZAPBENCH" export "$@" 2>/dev/null; }
onto_full() { "$ZAPBENCH" export "$@" >/dev/full; }
status_of() { "$@"; echo $?; }
for format in $one_result; do
	echo old >full
	ok "a full disk is status 1, with $format" is "$(status_of onto_full_disk --to "$format" --out full moves.json)" 1
	ok "the old file is as it was" is "$(cat full)" old
	ok "and nothing is beside it" is "$(find . -name "full*.tmp")" ""
	ok "standard output that is full is status 1, with $format" errs 1 "No space left" -- \
		onto_full --to "$format" moves.json
done
mkdir disk
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=4k tmpfs disk 2>/dev/null; then
	ok "a disk that is really full" errs 1 "No space left" "fix: " -- export_to csv --out disk/x real.json
	ok "nothing is left on it" is "$(ls disk)" ""
	umount disk
else
	skip "a disk that is really full" "only root can mount one"
fi
if strace -o /dev/null true 2>/dev/null; then
	echo old >killed
	strace -f -o trace -e trace=fsync -e inject=fsync:signal=KILL "$ZAPBENCH" export --to csv --out killed real.json
	ok "it can be killed before the file is there" says trace "killed by SIGKILL"
	ok "and the old file is whole" is "$(cat killed)" old
else
	skip "a kill while it writes" "strace does not work here"
fi
ok "a folder that is not there" errs 1 "nowhere/f: No such file" -- export_to bmf --out nowhere/f real.json
: >zero.json
cp mixed/foreign.json foreign.json
for file in foreign zero nothing; do
	ok "$file.json is an error that names it" errs 2 "$file.json" -- export_to bmf --out x "$file.json"
	ok "and no file is left" [ ! -e x ]
done

# --- words
ok "help" prints 0 "exit status" -- "$ZAPBENCH" export --help
cp out help
for format in $one_result; do
	ok "help says what $format is" grep -q "^ *$format" help
	ok "so does the man page" prints 0 ".It Cm $format" -- "$ZAPBENCH" __man formats
	ok "completion knows it" prints 0 "$format" -- "$ZAPBENCH" __complete export --to "$format"
done
ok "an unknown format is named with the list" \
	errs 2 "'promethean'" "known: openmetrics, github-action-benchmark, " -- export_to promethean real.json
ok "and what was nearly right" errs 2 "did you mean 'openmetrics'" -- export_to openmetric real.json
ok "no format is a usage error" errs 2 "--to FORMAT" -- "$ZAPBENCH" export real.json
for bad in "--to bmf" "--to bmf real.json real.json" "--to bmf --wrong real.json" "--to" "--to bmf --out= real.json"; do
	# shellcheck disable=SC2086
	ok "'export $bad' is a usage error" exits 2 "$ZAPBENCH" export $bad
done
tap_end

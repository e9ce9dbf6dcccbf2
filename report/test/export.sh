#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench export, through the program: each format is read by what it is for, or by what that is documented to read.
# The conditions are strings on purpose: ok() evaluates them.
# shellcheck disable=SC2016
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

"$O/report/test/test_choice" "$T" || { echo "not ok 1 - planted results can be written"; exit 1; }
"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
cd "$T" || exit 1
export_to() { "$ZAPBENCH" export --to "$@"; }
no() { ! "$@"; }
one_result="openmetrics github-action-benchmark github-action-benchmark-bigger google-benchmark bmf csv otava otava-config ktap lava"
measured() { "$@" >"$T/out" 2>"$T/err"; tap_status=$?; [ $tap_status -eq 0 ] || [ $tap_status -eq 3 ]; }

# --- a real run, and what is made of it
ok "a real run" measured "$ZAPBENCH" run null refault bandwidth --policy eager,cached --set size=256K --budget 2 --out real.json

# check.py FORMAT FILE RECORD: does the file say what the record does, by what readers of the format read? Written from
# the documentation of each, and apart from the program: it takes figures from the record's own summary.
cat >check.py <<'EOF'
import csv, json, math, re, sys

kind, path, record = sys.argv[1], sys.argv[2], json.load(open(sys.argv[3], encoding="utf-8"))
text = open(path, encoding="utf-8", newline="").read()
emulated = record["run"]["emulated"]
configs = {c["name"]: c for c in record["configurations"]}

def valid(c):
    return c["summary"]["rounds"] > 2 * c["summary"]["samples_invalid"]

# With its bounds. The range of an emulated one is the rounds' own.
def estimate(c):
    e = c["summary"]["value"]
    if not emulated:
        return e["value"], e["lower"], e["upper"]
    x = [v / c["operations"] for v in c["samples"][c["value_column"]] if v is not None]
    return e["value"], min(x), max(x)

wanted = {n: estimate(c) for n, c in configs.items() if valid(c) and c["summary"]["value"]["value"] is not None}
assert wanted, "a record without figures tests nothing"

def same(a, b):
    assert (a is None) == (b is None), (a, b)
    assert a is None or (math.isfinite(a) and math.isclose(a, b, rel_tol=1e-9)), (a, b)

def no_number(name):
    raise AssertionError("not finite: " + name)

def parse():
    return json.loads(text, parse_constant=no_number)

def rows():
    got = list(csv.reader(text.splitlines(keepends=True), strict=True))
    assert all(len(row) == len(got[0]) for row in got), "rows of different lengths"
    return got

if kind == "bmf":
    got = parse()
    measure = "emulated-instructions" if emulated else "latency"
    assert set(got) == set(wanted), set(got) ^ set(wanted)
    for name, metrics in got.items():
        assert list(metrics) == [measure], metrics
        m = metrics[measure]
        assert set(m) <= {"value", "lower_value", "upper_value"}
        for key, value in zip(("value", "lower_value", "upper_value"), wanted[name]):
            same(m.get(key), value)
elif kind in ("smaller", "bigger"):
    got = parse()
    assert isinstance(got, list) and got
    assert len({b["name"] for b in got}) == len(got), "a name twice"
    mark = " (emulated)" if emulated else ""
    for b in got:
        assert set(b) <= {"name", "unit", "value", "range", "extra"} and {"name", "unit", "value"} <= set(b), b
        assert all(isinstance(b[k], str) for k in b if k != "value") and isinstance(b["value"], (int, float)), b
        assert b["name"].endswith(mark)
        name = b["name"][:len(b["name"]) - len(mark)]
        c = configs[name]
        if kind == "smaller":
            same(b["value"], wanted[name][0])
            assert b["unit"] == ("instructions/" if emulated else "ns/") + c["operation"], b["unit"]
            assert ("range" in b) == (wanted[name][1] is not None and wanted[name][2] is not None), b
        else:
            assert b["unit"] == "bytes/s" and not emulated
            bounds = [float(x) for x in b["range"].split(" to ")]
            assert bounds[0] < b["value"] < bounds[1], b
            same(b["value"], c["bytes"] / c["operations"] / wanted[name][0] * 1e9)
    if kind == "smaller":
        assert len(got) == len(wanted)
elif kind == "google":
    got = parse()
    # compare.py warns about another version; Bencher refuses a context without caches
    assert got["context"]["json_schema_version"] == 1 and isinstance(got["context"]["caches"], list)
    for cache in got["context"]["caches"]:
        assert cache["type"] in ("Data", "Unified", "Instruction") and cache["level"] > 0 and cache["size"] > 0
    names = []
    for b in got["benchmarks"]:
        # what partition_benchmarks() and get_difference_report() of compare.py take out of a row
        assert "time_unit" in b and "real_time" in b and "cpu_time" in b
        assert b["time_unit"] == "ns" and b["run_type"] == "iteration" and b["run_name"] == b["name"]
        assert isinstance(b["family_index"], int) and isinstance(b["per_family_instance_index"], int)
        same(b["real_time"], wanted[b["name"]][0])
        same(b["cpu_time"], b["real_time"])
        same(b.get("lower_ns"), wanted[b["name"]][1])
        same(b.get("upper_ns"), wanted[b["name"]][2])
        names.append(b["name"])
    assert sorted(names) == sorted(wanted)
    indices = [(b["family_index"], b["per_family_instance_index"]) for b in got["benchmarks"]]
    assert indices == sorted(set(indices)), "rows would be sorted anew"
elif kind == "csv":
    head, *body = rows()
    got = [dict(zip(head, row)) for row in body]
    medians = {r["configuration"]: r for r in got if r["figure"] == "median"}
    assert set(medians) == set(wanted), set(medians) ^ set(wanted)
    for name, r in medians.items():
        c = configs[name]
        for key, value in zip(("value", "lower", "upper"), wanted[name]):
            same(float(r[key]) if r[key] else None, value)
        for key in ("case", "source", "policy", "granularity", "operation"):
            assert r[key] == c[key], (key, r[key], c[key])
    assert len({(r["configuration"], r["figure"]) for r in got}) == len(got), "a figure twice"
    for r in got:
        assert float(r["lower"] or "-inf") <= float(r["value"]) <= float(r["upper"] or "inf"), r
        assert math.isfinite(float(r["value"])) and r["emulated"] == ("true" if emulated else "false")
        assert not (emulated and re.match("(ns|s)(/|$)", r["unit"])), r
        for event in configs[r["configuration"]]["counters"]:
            assert event["counted"] or event["event"] != r["figure"], "not counted, and yet there"
elif kind == "otava":
    head, *body = rows()
    assert head[:3] == ["time", "commit", "run"] and len(body) >= 1
    for row in body:
        assert all(math.isfinite(float(cell)) for cell in row[3:]), "Otava takes no empty cell"
    assert [row[0] for row in body] == sorted(row[0] for row in body), "not by time"
    mine = [row for row in body if row[2] == record["run"]["id"]]
    assert mine
    for column, cell in zip(head[3:], mine[0][3:]):
        name, unit = [(n, column[len(n):]) for n in wanted if column.startswith(n + " ")][-1]
        assert unit.startswith(" emulated instructions/" if emulated else " ns/"), unit
        same(float(cell), wanted[name][0])
elif kind == "otava-config":
    test = parse()["tests"]["zapbench"]
    assert test["type"] == "csv" and test["time_column"] == "time" and test["attributes"] == ["commit", "run"]
    columns = next(csv.reader(open(sys.argv[4], newline="", encoding="utf-8")))
    assert [m["column"] for m in test["metrics"].values()] == columns[3:]
    assert all(m["direction"] == -1 for m in test["metrics"].values())
    try:
        import yaml
        assert yaml.safe_load(text) == parse(), "YAML reads it otherwise"
    except ImportError:
        pass
elif kind == "ktap":
    lines = text.splitlines()
    assert lines[0] == "KTAP version 1" and lines[1] == "1..%d" % (len(lines) - 2)
    assert len(lines) - 2 == len(configs) + len(record["skipped"])
    for i, line in enumerate(lines[2:], 1):
        m = re.fullmatch(r"(ok|not ok) (\d+) ([^#]*?)( # .*)?", line)
        assert m and int(m[2]) == i and line.isascii() and line.isprintable(), line
        if i > len(configs):
            assert m[1] == "ok" and m[4].startswith(" # SKIP "), line
        else:
            name = record["configurations"][i - 1]["name"]
            assert (m[1] == "ok") == (name in wanted) and "SKIP" not in line.split("#")[-1], line
            assert ("EMULATED" in line) == (emulated and name in wanted), line
elif kind == "openmetrics":
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
    families = {f.name: f for f in text_string_to_metric_families(text)}
    unit, by = ("instructions", 1) if emulated else ("seconds", 1e9)
    stem = "zapbench_emulated_operation" if emulated else "zapbench_operation"
    for i, part in enumerate(("", "_lower", "_upper")):
        family = families.get("%s%s_%s" % (stem, part, unit))
        got = {s.labels["configuration"]: s for s in family.samples} if family else {}
        assert {n for n, e in wanted.items() if e[i] is not None} == set(got)
        for name, sample in got.items():
            same(sample.value * by, wanted[name][i])
            for key in ("case", "source", "policy", "granularity", "operation"):
                assert sample.labels[key] == configs[name][key]
            assert ("emulated" in sample.labels) == emulated
    for name, f in families.items():
        assert f.type == "gauge" and f.documentation, name
        assert not emulated or "seconds" not in name or "timestamp" in name, name
        assert f.unit == (name.rsplit("_", 1)[1] if name.endswith(("_seconds", "_instructions")) else ""), name
        assert all(math.isfinite(s.value) for s in f.samples)
    assert {s.labels["configuration"]: s.value for s in families["zapbench_valid"].samples} == \
        {n: float(valid(c)) for n, c in configs.items()}
    for s in families["zapbench_samples_invalid"].samples:
        assert s.value == configs[s.labels["configuration"]]["summary"]["samples_invalid"]
elif kind == "lava":
    import shlex
    def mapped(name):
        name = bytes(ord(".") if b in b"/: " else b for b in name.encode())
        return re.sub(rb"[^-_a-zA-Z0-9.+]", b"_", name).decode()
    def case_of(name, figure):
        return ("emulated." if emulated else "") + mapped(name) + "." + mapped(figure)
    figures, none, log = {}, {}, None
    for line in text.splitlines():
        assert line.isascii() and line.isprintable(), line
        command, *words = shlex.split(line)
        if command == "echo":
            assert log is None and len(words) == 1 and not set(words[0]) & set("<>\\"), line
            log = words[0]
            continue
        # lava-test-case makes a signal of it, of which LAVA takes what its pages have addresses for
        assert command == "lava-test-case" and len(words) % 2 and not any(set(w) & set(" =<>") for w in words), line
        assert re.fullmatch(r"[-_a-zA-Z0-9.+]+", words[0]) and words[0] not in {**figures, **none}, line
        options = dict(zip(words[1::2], words[2::2]))
        if options["--result"] == "pass":
            assert log is None and set(options) <= {"--result", "--measurement", "--units"}, line
            figures[words[0]] = float(options["--measurement"]), options.get("--units", "")
        else:
            assert list(options) == ["--result"] and log.startswith(words[0] + ": ") and len(log) > len(words[0]) + 2
            none[words[0]], log = options["--result"], None
    table = {case_of(r["configuration"], r["figure"]): r for r in csv.DictReader(open(sys.argv[4], newline="", encoding="utf-8"))}
    assert set(table) == set(figures), set(table) ^ set(figures)
    for name, (value, unit) in figures.items():
        same(value, float(table[name]["value"]))
        assert unit == re.sub("[^-_a-zA-Z0-9.+/%]", "_", table[name]["unit"]), unit
    assert {case_of(n, "median") for n in wanted} == {n for n in figures if n.endswith(".median")}
    missing = {case_of(n, "median"): "unknown" for n in configs if n not in wanted}
    for skipped in record["skipped"]:
        missing[case_of(skipped["name"], "median")] = "skip"
    for name, c in configs.items():
        for event in c["counters"]:
            if valid(c) and not event["counted"] and not emulated:
                missing[case_of(name, event["event"])] = "skip"
    assert none == missing, set(none.items()) ^ set(missing.items())
else:
    raise SystemExit("check.py: what is " + kind)
EOF

# The parser of OpenMetrics is a Debian package, which another python may not see.
python=
for candidate in python3 /usr/bin/python3; do
	[ -z "$python" ] && "$candidate" -c 'import prometheus_client.openmetrics.parser' 2>/dev/null && python=$candidate
done
checks() { "${python:-python3}" check.py "$@" 2>"$T/err" || { tail -n 3 "$T/err" | sed 's/^/# /'; return 1; }; }
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
	if [ -n "$python" ]; then
		ok "and a parser of OpenMetrics finds the record's figures" checks openmetrics "$1.prom" "$1.json"
	else
		skip "a parser of OpenMetrics" "no prometheus_client; apt-get install python3-prometheus-client"
	fi
	if command -v promtool >/dev/null; then
		ok "and promtool has nothing to say" promtool_takes "$1.prom"
	else
		skip "promtool" "not installed; apt-get install prometheus"
	fi
}

# formats NAME: the others that hold any result
formats()
{
	for pair in github-action-benchmark:smaller bmf:bmf csv:csv otava:otava ktap:ktap; do
		ok "$1 as ${pair%:*}" exits 0 export_to "${pair%:*}" --out "$1.${pair#*:}" "$1.json"
		ok "says what the record says" checks "${pair#*:}" "$1.${pair#*:}" "$1.json"
	done
	ok "$1 as otava-config" exits 0 export_to otava-config --out "$1.yaml" "$1.json"
	ok "which names the columns" checks otava-config "$1.yaml" "$1.json" "$1.otava"
	ok "$1 as lava" exits 0 export_to lava --out "$1.lava" "$1.json"
	ok "gives every figure to a test case" checks lava "$1.lava" "$1.json" "$1.csv"
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
ok "smaller is what the plain name means" eval 'exits 0 export_to github-action-benchmark-smaller real.json && cmp out real.smaller'
ok "standard output is the default" eval 'exits 0 export_to csv real.json && cmp out real.csv'
openmetrics planted
formats planted
# What a frame moves is not planted.
cat >moves.py <<'EOF'
import json, sys
record = json.load(open(sys.argv[1]))
for c in record["configurations"]:
    c["bytes"] = c["params"]["size_bytes"] * c["operations"]
json.dump(record, open(sys.argv[2], "w"))
EOF
ok "frames that move bytes" python3 moves.py planted.json moves.json
openmetrics moves
formats moves
of_times moves
ok "without them there is no rate, not 0" eval 'exits 3 export_to github-action-benchmark-bigger planted.json && no grep -q zapbench_bytes_per_second planted.prom && says moves.prom "zapbench_bytes_per_second{"'

# --- those checks see what is wrong
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
if [ -n "$python" ]; then
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
ok "what the kernel counted itself is there" eval 'says reference.csv ",refault_instructions,instructions/" && says reference.csv ",ptes_zapped,events/"'
for name in emulated reference; do
	ok "no file of $name names a time" no grep -lE '_seconds\{|[" ,]ns(/|"|,|$)|"latency"|real_time|cycles' \
		$name.prom $name.smaller $name.bmf $name.csv $name.otava $name.ktap $name.lava
done
ok "that check sees times" eval 'grep -lE "_seconds\{|[\" ,]ns(/|\"|,|\$)|\"latency\"|real_time" planted.prom planted.smaller planted.bmf planted.csv planted.otava planted.ktap planted.lava >list; [ "$(wc -l <list)" -eq 7 ]'
for file in emulated.prom emulated.smaller emulated.bmf emulated.csv emulated.otava emulated.ktap emulated.lava; do
	ok "$file is marked" grep -qiE 'emulated|,true,' "$file"
done
ok "google-benchmark has no place for it" eval 'exits 3 export_to google-benchmark emulated.json && says err "would take them for times" && says err "remedy: "'
ok "nor has bigger is better" eval 'exits 3 export_to github-action-benchmark-bigger emulated.json && [ ! -s out ]'

# --- hostile text
cat >hostile.py <<'EOF'
import json, sys
record = json.load(open(sys.argv[1], encoding="utf-8"))
bad = 'a"b\\c\nd,e\r# SKIP\t{x="y"}\u202e\u00e9\x1b[31m${HOME}%{y}: - |> =1+1'
for i, c in enumerate(record["configurations"]):
    c["name"] = "%s %d" % (bad, i)
    for key in ("case", "source", "policy", "granularity"):
        c[key] = bad
for key in ("id", "started_at"):
    record["run"][key] = bad
record["tool"]["git"] = bad
record["environment"]["kernel"]["release"] = bad
record["labels"].append({"key": "commit", "value": bad})
record["skipped"].append({"name": bad, "reason": bad, "remedy": bad})
json.dump(record, open(sys.argv[2], "w"))
EOF
ok "a hostile record" python3 hostile.py real.json bad.json
openmetrics bad
formats bad
ok "hostile google-benchmark" exits 0 export_to google-benchmark --out bad.google bad.json
ok "is harmless" checks google bad.google bad.json
ok "and hostile texts of the report's tests" exits 0 export_to openmetrics --out hostile.prom hostile.json
! command -v promtool >/dev/null || ok "are promtool's, too" promtool_takes hostile.prom
mkdir bin
printf '#!/bin/sh\necho "$@"\n' >bin/lava-test-case
chmod +x bin/lava-test-case
ok "a shell makes of hostile texts only test cases, and lines for the log" eval \
	'(PATH=$T/bin:$PATH; exits 0 sh bad.lava) && [ ! -s err ] && [ "$(wc -l <out)" -eq "$(wc -l <bad.lava)" ] && no grep -q "[<>]" out'
cat >twins.py <<'EOF'
import json, sys
record = json.load(open(sys.argv[1], encoding="utf-8"))
record["configurations"][1]["name"] = record["configurations"][0]["name"].replace("/", ".")
json.dump(record, open(sys.argv[2], "w"))
EOF
ok "two configurations that would be one test case" python3 twins.py real.json twins.json
ok "are refused, both named" eval 'exits 3 export_to lava --out nothing twins.json && says err "would be one test case" && [ ! -e nothing ]'
ok "single faults have percentiles" grep -q '^zapbench_single_seconds{.*percentile="50"} 1.0[0-9]*e-06$' hostile.prom

# --- not valid, disturbed, skipped
cat >spoil.py <<'EOF'
import json, sys
record = json.load(open(sys.argv[1], encoding="utf-8"))
if sys.argv[3] == "invalid":
    c = record["configurations"][0]
    c["faults_expected"] = c["faults_expected_max"] = c["faults_expected"] + 7
    c["summary"]["samples_invalid"] = c["summary"]["rounds"]
else:
    left = 3 if sys.argv[3] == "few" else 0
    record["rounds"]["samples"]["disturbed"] = [0] * left + [8] * (record["rounds"]["count"] - left)
    for c in record["configurations"]:
        c["keeps_disturbed"] = False
        if left:
            x = sorted(v / c["operations"] for v in c["samples"][c["value_column"]][:left])
            c["summary"]["value"].update(value=x[1], lower=None, upper=None)
record["skipped"] = [{"name": "refault/none", "reason": "there is no # of it", "remedy": ""}]
json.dump(record, open(sys.argv[2], "w"))
EOF
ok "a record with an invalid configuration" python3 spoil.py real.json invalid.json invalid
openmetrics invalid
formats invalid
ok "it is not ok, and why" eval 'grep -qE "^not ok 1 .* # INVALID: ([0-9]+) of \1 samples" invalid.ktap'
ok "the one that was not run is skipped" grep -qE '^ok [0-9]+ refault/none # SKIP there is no \? of it$' invalid.ktap
ok "and so they are for LAVA" eval 'grep -qE "INVALID: ([0-9]+) of \1 samples" invalid.lava && grep -q " --result unknown$" invalid.lava && grep -qF "lava-test-case refault.none.median --result skip" invalid.lava'
ok "it has no figure, not 0" eval 'name=$(sed -n "s/^not ok 1 \([^ ]*\) .*/\1/p" invalid.ktap); [ -n "$name" ] && no grep -qF "\"$name\"" invalid.bmf && no grep -qF ",$name," invalid.csv && grep -qF "zapbench_valid{configuration=\"$name\"" invalid.prom'
ok "a record with three rounds left" python3 spoil.py planted.json few.json few
openmetrics few
formats few
ok "has no bound anywhere, not 0" no grep -lE '_lower_|_upper_|"(lower|upper)_value"|"range"' few.prom few.bmf few.smaller
ok "a record that was all disturbed" python3 spoil.py real.json disturbed.json disturbed
ok "is not ok" eval 'exits 0 export_to ktap disturbed.json && no grep -q "^ok .*DISTURBED" out && says out "# DISTURBED: all "'
for format in github-action-benchmark bmf csv otava google-benchmark github-action-benchmark-bigger; do
	ok "and nothing to $format" eval "exits 3 export_to $format --out nothing disturbed.json && says err 'remedy: ' && [ ! -e nothing ]"
done
ok "an empty record is one line of metrics" eval 'exits 0 export_to openmetrics empty.json && says out "zapbench_run_info{"'
! command -v promtool >/dev/null || ok "that promtool takes" promtool_takes out

# --- a history
ok "a folder of runs as otava" exits 0 export_to otava --out history.otava before
ok "has a row a run, by time" eval '[ "$(grep -c "^20" history.otava)" -eq 10 ]'
ok "with the figures of each" eval 'for run in before/*.json; do checks otava history.otava "$run" || exit 1; done'
ok "and its config" exits 0 export_to otava-config --out history.yaml before
ok "names its columns" checks otava-config history.yaml before/0.json history.otava
mkdir mixed
cp before/[0-4].json mixed
cp after/5.json mixed
ok "columns that not all runs have are left out, and said" eval \
	'exits 0 export_to otava --out mixed.otava mixed && says err "figures of configurations that not all of the 6 runs have" && no grep -qE "/(4|8)M" mixed.otava'
ok "those that all have are there" eval 'checks otava mixed.otava after/5.json && says mixed.otava "refault/memfd/eager/page/1M "'
cp emulated-0.json mixed
ok "instructions and times are no history" eval 'exits 3 export_to otava mixed && says err "make no one history" && [ ! -s out ]'
rm mixed/emulated-0.json
echo '{"benchmarks": []}' >mixed/foreign.json
ok "a file that is no result is left out, said, and in the status" eval \
	'exits 2 export_to otava --out mixed.otava mixed && says err "left out: mixed/foreign.json" && [ "$(grep -c "^20" mixed.otava)" -eq 6 ]'
ok "a run's label is its commit" eval 'python3 hostile.py before/0.json labelled.json && exits 0 export_to otava labelled.json && says out "{HOME}"'
ok "other formats take one result" eval 'exits 2 export_to bmf before && says err "holds 10 results"'

# --- files
ok "a file is replaced" eval 'echo old >f && exits 0 export_to bmf --out f real.json && cmp f real.bmf'
ok "the result itself is not" eval 'cp real.json r.json && exits 2 export_to bmf --out ./r.json r.json && cmp r.json real.json'
left() { find . -name "$1*.tmp" | grep -q .; }
for format in $one_result; do
	echo old >full
	# A file size limit stands for a full disk. Zero: some of these files are small.
	ok "a full disk is status 1, with $format" eval "(trap '' XFSZ; ulimit -f 0; \"\$ZAPBENCH\" export --to $format --out full moves.json 2>/dev/null); [ \$? -eq 1 ]"
	ok "the old file is as it was, and nothing is beside it" eval '[ "$(cat full)" = old ] && no left full'
	ok "standard output that is full is status 1, with $format" eval '"$ZAPBENCH" export --to "$format" moves.json >/dev/full 2>err; [ $? -eq 1 ] && says err "No space left"'
done
mkdir disk
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=4k tmpfs disk 2>/dev/null; then
	ok "a disk that is really full" eval 'exits 1 export_to csv --out disk/x real.json && says err "No space left" && says err "remedy: " && [ -z "$(ls disk)" ]'
	umount disk
else
	skip "a disk that is really full" "only root can mount one"
fi
if strace -o /dev/null true 2>/dev/null; then
	echo old >killed
	ok "it can be killed before the file is there" eval 'strace -f -o trace -e trace=fsync -e inject=fsync:signal=KILL "$ZAPBENCH" export --to csv --out killed real.json; grep -q "killed by SIGKILL" trace'
	ok "and the old file is whole" eval '[ "$(cat killed)" = old ]'
else
	skip "a kill while it writes" "strace does not work here"
fi
ok "a folder that is not there" eval 'exits 1 export_to bmf --out nowhere/f real.json && says err "nowhere/f: No such file"'
: >zero.json
for file in foreign zero nothing; do
	[ -e "$file.json" ] || [ "$file" = nothing ] || cp mixed/foreign.json foreign.json
	ok "$file.json is an error that names it" eval "exits 2 export_to bmf --out x $file.json && says err $file.json && [ ! -e x ]"
done

# --- words
ok "help" eval 'exits 0 "$ZAPBENCH" export --help && says out "exit status"'
for format in $one_result; do
	ok "help and man page say what $format is" eval 'grep -q "^  ${format%-bigger}" out && grep -qF "$format" "$SRC/bench/zapbench.1" && grep -qF "$format" "$SRC/bench/zapbench.completion"'
done
ok "an unknown format is named with the list" eval 'exits 2 export_to promethean real.json && says err "'"'promethean'"'" && says err "there are openmetrics, github-action-benchmark, "'
ok "and what was nearly right" eval 'exits 2 export_to openmetric real.json && says err "did you mean '"'openmetrics'"'"'
ok "no format is a usage error" eval 'exits 2 "$ZAPBENCH" export real.json && says err "--to FORMAT"'
for bad in "--to bmf" "--to bmf real.json real.json" "--to bmf --wrong real.json" "--to" "--to bmf --out= real.json"; do
	# shellcheck disable=SC2086
	ok "'export $bad' is a usage error" exits 2 "$ZAPBENCH" export $bad
done
tap_end

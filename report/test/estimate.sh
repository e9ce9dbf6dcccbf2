#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench model --counts: estimates agree with what is computed by hand here, and are never taken for anything else.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
cp "$SRC/results/reference/qemu-6.12-4k.json" record.json
# Per frame of 2 MiB, all of it read: cached cleans 1000 lines, uncached has 100 loads of write-combined memory.
# number NAME: the place of a configuration in the record, in which null comes first and has no source
number() { grep -o '"name": *"[a-z-]*/zap-heap/[^"]*"' record.json | grep -nF "\"$1\"" | cut -d: -f1; }
cat >counts <<END
zapbench-counts 1
model cortex-a72 version 2 prefetch off
strays 0
configuration regions dc-cvac wc-load-8 dsb
$(number frame/zap-heap/cached/none/2M/access=read) 1 4000 0 0
$(number frame/zap-heap/uncached/none/2M/access=read) 1 0 400 0
end
END
"$ZAPBENCH" __model-counts counts record.json >out || cat out
# estimates TEXT...: printed, whatever the blanks; options are in $options
estimates()
{
	# shellcheck disable=SC2086 # words
	"$ZAPBENCH" model --counts record.json $options >out 2>err || return 1
	tr -s ' \n' ' ' <out >flat
	says flat "$@"
}
options="--cost wc-load=50 --cost dc-cvac=2..6"
ok "counts times unit costs, with their range" estimates "cached 4 2 6 cached" "uncached 5 5 5 write-combined"
ok "the unit cost that decides, and the crossover" estimates \
	"all: cached is cheapest as long as dc-cvac costs less than 5 ns, else uncached (given: 2 to 6 ns)"
ok "cached against write-combined" estimates "cached or write-combined: cached is cheapest as long as dc-cvac"
ok "a unit cost that nothing counts is not listed" lacks flat "dsb"
cp record.json real.json
sed -i 's/"not_played": *""/"not_played": "write-combined attributes"/' record.json
ok "memory that only imitates a policy is cached" estimates "uncached 5 5 5 cached"
ok "and is not weighed against itself" lacks flat "cached or write-combined:"
mv real.json record.json
options="--cost wc-load=50 --cost dc-cvac=5.5..6"
ok "on the other side" estimates "all: uncached is cheapest, whatever the unit costs are within their ranges"
options="--cost wc-load=50 --cost dc-cvac=4"
ok "what is known is certain" estimates "all: cached is cheapest, whatever the unit costs are"
options="--cost wc-load=50"
ok "an unknown unit cost is a range" estimates "dc-cvac 0.5 200 unknown" "cached 10 0.5 200" \
	"uncached is cheapest as long as dc-cvac costs more than 5 ns, else cached (unknown: 0.5 to 200 ns)"
options="--costs rk3399-a72"
ok "a published unit cost has its source" estimates "published HermanChen/mpp, issue 21" "dc-cvac 0.5 200 unknown"
options="--costs rk3588-a76"
ok "another core than that of the counts is said" estimates "NOTE: the unit costs are those of a cortex-a76"
ok "it is called an estimate" estimates "ESTIMATED, us/frame" "ESTIMATED: counts of emulated code times unit costs"
options="--bytes 2M --touched 1 --maps 1 --frames 4"
ok "frames can be chosen" estimates "frame: 2M buffer"
ok "one that was not counted" errs 1 "no such frame was counted" -- "$ZAPBENCH" model --counts record.json --bytes 4M
ok "a record without modelled counts" errs 1 "no modelled counts" "make bench-qemu MODEL=cortex-a72" -- \
	"$ZAPBENCH" model --counts "$SRC/results/reference/qemu-6.12-4k.json"

ok "a wrong event" errs 2 "no unit cost 'dc-cva'; did you mean dc-cvac?" -- \
	"$ZAPBENCH" model --counts record.json --cost dc-cva=1
for wrong in dc-cvac =1 dc-cvac=x dc-cvac=-1 dc-cvac=6..4 dc-cvac=..4 dc-cvac=4.. dc-cvac=inf; do
	ok "--cost $wrong" errs 2 "expected EVENT=NS or EVENT=NS..NS" -- "$ZAPBENCH" model --counts x --cost "$wrong"
done
ok "a board that nobody published" errs 2 "rk9999" -- "$ZAPBENCH" model --counts record.json --costs rk9999
ok "--costs alone" errs 2 "need --counts" -- "$ZAPBENCH" model record.json --costs rk3399-a72
ok "a second file" errs 2 "found 1 results file more" -- "$ZAPBENCH" model record.json --counts record.json
ok "--chunk" errs 2 "leave out --use, --chunk" -- "$ZAPBENCH" model --counts record.json --chunk 4K
ok "--use" errs 2 "leave out --use" -- "$ZAPBENCH" model --counts record.json --use camera

ok "a report weighs cached against write-combined" exits 0 "$ZAPBENCH" report record.json --out report --no-pdf
tr -s ' \n' ' ' <report/report.txt >flat
ok "as an estimate, per board of that core" says flat "ESTIMATED: cached against write-combined" \
	"ESTIMATED us per frame" "rk3399-a72; 2M buffer" "bcm2711-a72; 2M buffer" \
	"answer: uncached is cheapest as long as dc-cvac costs more than 7.22 ns, else cached (unknown: 0.5 to 200 ns)"
ok "and of no other core" lacks flat "rk3588-a76;"
ok "a report without modelled counts has none" no grep -rq "ESTIMATED: cached" "$SRC/report/example/report.txt"

ok "json" exits 0 "$ZAPBENCH" model --counts record.json --costs bcm2711-a72 --cost wc-load=50 --json
cp out estimate.json
ok "names the deciding unit cost" says out '"decided_by":"dc-cvac","crossover_ns":5.0,"holds":"above"'
if command -v jsonschema >/dev/null; then
	schema=$SRC/results/schema/zapbench-estimate.schema.json
	sed 's/"additionalProperties": true/"additionalProperties": false/' "$schema" >strict.json
	ok "the schema describes every field" exits 0 jsonschema -i estimate.json strict.json
else
	skip "the schema" "no jsonschema; apt-get install python3-jsonschema"
fi
tap_end

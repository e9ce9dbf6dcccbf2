#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Counts of QEMU's plugin in a record: table, explain and report show them as modelled, and never as counted.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
cp "$SRC/results/reference/qemu-6.12-4k.json" record.json
row=refault/zap-heap/eager/page/2M/access=read
cat >counts <<END
zapbench-counts 1
model cortex-a72 version 1 prefetch off
strays 0
configuration regions l1d-refill dtlb-walk dsb wc-load-8 l3d-refill
1 1000 1024 512 128 1536 0
end
END
# once TEXT: the table has it in one line, whatever the blanks
once() { tr -s ' \n' ' ' <out | grep -qF -- "$1"; }

ok "the counts get into the record" exits 0 "$ZAPBENCH" __model-counts counts record.json
ok "the table is titled MODELLED" once "MODELLED per page"
ok "it has the columns of the row, per page" once "L1D L2 TLB walks DC DSB WC"
ok "a column adds up its events" once "2.000 0 0 1.000 0 0.250 3.000"
ok "a row without modelled counts has none" once "eager page 2M - - - - - - -"
ok "it names the model" once "MODELLED: counts of a model (cortex-a72 version 1 prefetch off), not of hardware"
ok "modelled events are listed apart" once "MODELLED (in the result file): "
# the lines of what was counted, up to the next list
sed -n '/^counted (in/,/^MODELLED (in/p' out | sed '$d' >list
ok "there is a list of what was counted" grep -q instructions list
ok "no modelled event is in it" no grep -qE "l1d-refill|dtlb-walk|dsb" list
ok "explain says MODELLED" prints 0 "MODELLED by cortex-a72" -- "$ZAPBENCH" explain "$row" record.json
ok "and does not call it counted" no once "Counted in a separate pass: dtlb-walk"
"$ZAPBENCH" export --to csv record.json >out 2>err
ok "an export marks a modelled count" says out "l1d-refill,modelled-events/page,2,"
ok "and has none that is not marked" no grep -qE "(l1d-refill|dtlb-walk|dsb),events/" out
ok "OpenMetrics has a metric of its own for them" prints 0 "zapbench_modelled_events_per_operation{" -- \
	"$ZAPBENCH" export --to openmetrics record.json
sed 's/^1 1000/999 1000/' counts >other
ok "the counts of another run are refused" errs 2 "line 5 is not of a configuration of this record" -- \
	"$ZAPBENCH" __model-counts other record.json
ok "a record without modelled counts has no such table" no grep -rq MODELLED "$SRC/report/example/report.txt"
tap_end

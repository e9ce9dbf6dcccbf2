#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Comparisons of a run with itself must not alarm more often than they say; comparisons of what differs must alarm.
# The short form of make check-statistics.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

alarms=$O/report/test/alarms
"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
ok "1000 simulated comparisons within a run and between runs" exits 0 "$alarms" 1000
sed 's/^/# /' "$T/out"
ok "halves that differ are too many alarms" exits 1 "$alarms" halves "$T/shifted.json"
ok "and are said to be" says "$T/out" "10 false alarms in 10 comparisons"
ok "no halves are no proof" exits 1 "$alarms" halves "$T/one.json"
ok "runs of one kernel pass" exits 0 "$alarms" between 5 "$T"/before/?.json
tap_end

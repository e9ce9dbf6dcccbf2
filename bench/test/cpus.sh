#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Cases that need several CPUs at once, held against what the kernel itself counts.
# The conditions are strings on purpose: ok() evaluates them.
# shellcheck disable=SC2016,SC2034
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

field() { python3 -c 'import json,sys,statistics; r=json.load(open(sys.argv[1])); med=lambda x: statistics.median([v for v in x if v is not None]); by=lambda part: [c for c in r["configurations"] if part in c["name"]][0]; print(eval(sys.argv[2]))' "$1" "$2"; }
is() { [ "$1" = "$2" ] || { echo "# is '$1', expected '$2'"; return 1; }; }
less() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 <= b + 0) }' || { echo "# $1 is not at most $2"; return 1; }; }
measured() { "$@" >"$T/out" 2>"$T/err"; tap_status=$?; [ $tap_status -eq 0 ] || [ $tap_status -eq 3 ]; }

# --- too few CPUs are no failure
ok "a configuration that needs more CPUs is skipped with its reason" eval \
	'exits 1 "$ZAPBENCH" run tlb-shootdown --source memfd --set granularity=page --set access=write --set others=63 --set others_do=idle --set size=64K && says "$T/err" "needs 64 CPUs, and $(nproc) are available"'
if [ "$(nproc)" -lt 2 ]; then
	skip "cases beside other CPUs" "this machine offers 1 CPU"
	tap_end
	exit
fi

# --- tlb-shootdown: the kernel's own count of the interrupts
ok "tlb-shootdown" measured "$ZAPBENCH" run tlb-shootdown --source memfd --set granularity=page --set access=write --set size=64K,192K \
	--set others=0,1 --budget 1 --out "$T/s.json"
ok "what was zapped faulted again" is "$(field "$T/s.json" "{c['faults_expected']/c['operations'] for c in r['configurations']} == {16.0, 48.0}")" True
ok "busy threads did lose time" is "$(field "$T/s.json" "med(by('192K/others_do=busy')['samples']['victim_lost_ns']) > 0")" True
ok "nothing is lost where nobody is busy" is "$(field "$T/s.json" "set(by('192K/others=0')['samples']['victim_lost_ns'])")" "{None}"
if grep -q "TLB:" /proc/interrupts && ! grep -qw invlpgb /proc/cpuinfo; then
	ok "a zap interrupts a busy CPU once" less 0.9 "$(field "$T/s.json" "med(by('192K/others_do=busy')['samples']['flush_interrupts'])")"
else
	skip "a zap interrupts a busy CPU once" "nothing counts these interrupts here"
fi

# --- fault-scaling: every worker's faults are there, whoever took them
for set in 'page --set access=write' 'around --set access=read' 'huge --set access=read'; do
	# shellcheck disable=SC2086
	ok "fault-scaling, granularity=$set" measured "$ZAPBENCH" run fault-scaling --source memfd --set granularity=$set \
		--set workers=1,2 --set size=2M --budget 1 --out "$T/f.json"
	ok "its faults are those that they must be" less "$(field "$T/f.json" "sum(not c['faults_expected'] <= f <= max(c['faults_expected'], c['faults_expected_max']) for c in r['configurations'] for f in c['samples']['faults_minor'])")" 1
	ok "the other worker took its part of them" is "$(field "$T/f.json" "{med(c['samples']['helpers_faults']) * c['repetitions'] / c['faults_expected'] for c in r['configurations'] if 'workers=2' in c['name'] and not c['faults_expected_max']}")" "{0.5}"
done
if [ "$(nproc --all)" -lt 4 ]; then
	ok "too few CPUs for a serial share are said" says "$T/out" "serial share: not estimated ($(nproc --all) CPUs, needs 4)"
else
	ok "too few workers for a serial share are said" says "$T/out" "serial share: not estimated (needs 4 numbers of workers"
fi
if grep -q vma_lock_retry /proc/vmstat; then
	ok "the locks of VMAs are counted" says "$T/out" "vma lock retried"
else
	ok "locks of VMAs that nobody counts are said" says "$T/out" "no vma_lock_*"
fi
ok "a buffer that comes back whole is no work for two" eval \
	'exits 1 "$ZAPBENCH" run fault-scaling --source memfd --set granularity=buffer --set access=write --set workers=2 --set buffers=shared && says "$T/err" "use buffers=own"'

# --- bandwidth: the bytes of all workers are held against what they must be by the case itself
ok "bandwidth of two" measured "$ZAPBENCH" run bandwidth --source memfd --policy eager --set granularity=page --set workers=2 \
	--set transfer=read,write,fill,copy-from,copy-to --set isa=scalar,vector,stream --set state=before --set size=260K --budget 1 --out "$T/b.json"
ok "moves every byte once" is "$(field "$T/b.json" "{c['bytes'] / c['repetitions'] for c in r['configurations']}")" "{266240.0}"
ok "and takes no fault" is "$(field "$T/b.json" "{f for c in r['configurations'] for f in c['samples']['faults_minor']}")" "{0}"
ok "more workers than CPUs are said" eval \
	'exits 1 taskset -c 0 "$ZAPBENCH" run bandwidth --source memfd --policy eager --set workers=2 && says "$T/err" "CPU"'

# --- concurrent-access: helpers access the buffer all the time, get no signal and lose no byte
ok "concurrent-access" measured "$ZAPBENCH" run concurrent-access --source memfd --policy eager,lazy,cached --set granularity=page --set access=write \
	--set owners=threads,processes --set others=0,1 --set frames=4 --set size=256K --budget 2 --out "$T/t.json"
ok "its faults are within their bounds" less "$(field "$T/t.json" "sum(not c['faults_expected'] <= f <= max(c['faults_expected'], c['faults_expected_max']) for c in r['configurations'] for f in c['samples']['faults_minor'])")" 1
accesses() { field "$T/t.json" "[all(f for s in c['samples']['$1'] for f in [$2]) for c in r['configurations'] if 'others=0' not in c['name']]"; }
ok "every page is accessed after the last frame, and more" is "$(accesses helper_accesses "s > 64")" "[True, True, True, True, True, True]"
ok "nobody sees a bus error" is "$(accesses sigbus_signals "s == 0")" "[True, True, True, True, True, True]"
ok "every access is checked" is "$(accesses checked_bytes "s >= 64 * 32")" "[True, True, True, True, True, True]"
ok "what was zapped has to fault again" is "$(field "$T/t.json" "{min(c['samples']['helpers_faults']) >= 48 for c in r['configurations'] if 'others=0' not in c['name'] and c['policy'] != 'cached'}")" "{True}"
ok "where nothing is zapped nothing faults" is "$(field "$T/t.json" "{c['faults_expected'] for c in r['configurations'] if c['policy'] == 'cached'}")" "{0}"
ok "without helpers the figures are unknown, not 0" is "$(field "$T/t.json" "{f for c in r['configurations'] if 'others=0' in c['name'] for k in ('helper_accesses', 'sigbus_signals', 'checked_bytes') for f in c['samples'][k]}")" "{None}"
tap_end

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Refaults against the kernel's tracepoint, and against perf's own count of page faults: two loops differ only in how often they go round, and so must what
# perf counted of the whole program.
# The conditions are strings on purpose: ok() evaluates them.
# shellcheck disable=SC2016,SC2034
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

# --- the kernel's tracepoint: as many as page faults where it can be counted, else a reason and never 0
field() { python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"; }
trace="[c for c in r['configurations'][0]['counters'] if c['event']=='tracepoint:exceptions:page_fault_user'][0]"
refault()
{
	"$@" "$ZAPBENCH" run refault --policy eager --set granularity=page --set timing=batch --budget 0.3 --quiet --out "$T/t.json" \
		>"$T/out" 2>"$T/err"
	case $? in 0 | 3) ;; *) return 1 ;; esac
}
traced() { [ "$(field "$T/t.json" "${trace}['per_operation']")" = "$(field "$T/t.json" "[c['per_operation'] for c in r['configurations'][0]['counters'] if c['event']=='page-faults'][0]")" ]; }
if [ "$(uname -m)" != x86_64 ]; then
	skip "the tracepoint of page faults" "only x86 has it"
else
	ok "a run of refault" refault env
	if [ -d /sys/kernel/tracing/events ]; then
		skip "no tracefs, no count" "tracefs is mounted here"
	else
		ok "no tracefs, no count, and the remedy is said" [ "$(field "$T/t.json" "(${trace}['counted'], ${trace}['per_operation'], 'tracefs' in ${trace}['why_not'])")" = "(False, None, True)" ]
	fi
	# In a mount namespace of its own: nobody else sees it.
	if unshare -m sh -c 'mount -t tracefs tracefs /sys/kernel/tracing && [ -r /sys/kernel/tracing/events/exceptions/page_fault_user/id ]' 2>/dev/null; then
		ok "a run of refault with tracefs" refault unshare -m sh -c 'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"' sh
		ok "each page fault passed the tracepoint once" traced
	else
		skip "each page fault passed the tracepoint once" "only root can mount tracefs, or the kernel has no such tracepoint"
	fi
fi

if ! command -v perf >/dev/null; then
	skip "faults as perf counts them" "no perf; apt-get install linux-perf"
	tap_end
	exit
fi
if ! perf stat -x, -o "$T/perf" -e minor-faults true 2>"$T/err"; then
	skip "faults as perf counts them" "perf may not count: $(head -n 1 "$T/err")"
	tap_end
	exit
fi

# loop SECONDS ARGUMENT...: sets passes, expected (faults a pass) and counted (by perf)
loop()
{
	seconds=$1
	shift
	perf stat -x, -o "$T/perf" -e minor-faults "$ZAPBENCH" run refault --policy eager --set timing=batch "$@" \
		--loop "$seconds" >"$T/out" 2>"$T/err" || { sed 's/^/# /' "$T/err"; return 1; }
	passes=$(sed -n 's/^zapbench: \([0-9]*\) passes of .*/\1/p' "$T/err")
	expected=$(sed -n 's/.* unexpected fault counts (\([0-9]*\) expected)$/\1/p' "$T/err")
	counted=$(sed -n 's/^\([0-9]*\),.*minor-faults.*/\1/p' "$T/perf")
	[ -n "$passes" ] && [ -n "$expected" ] && [ -n "$counted" ]
}

# The warm-up ends with a reference pass and a timed one of as many repetitions as a pass of the loop has, which a fast
# machine may choose anew in the next run. All else is the same in both loops but for a few faults.
few=64
agrees()
{
	more=$((counted - counted_short))
	should=$((expected * (passes + 2) - expected_short * (passes_short + 2)))
	difference=$((more - should))
	echo "# $((passes - passes_short)) passes more: perf counted $more faults more, zapbench $should"
	[ "${should#-}" -gt $((20 * few)) ] && [ "${difference#-}" -le $few ]
}

# check NAME FAULTS ARGUMENT...
check()
{
	name=$1
	faults=$2
	shift 2
	ok "a short loop, $name" loop 0.2 "$@"
	passes_short=$passes
	expected_short=$expected
	counted_short=$counted
	ok "a longer one" loop 0.8 "$@"
	ok "each repetition must take $faults faults" [ $((expected % faults)) -eq 0 ]
	ok "perf counts the same faults, $name" agrees
}

pages=$((1048576 / $(getconf PAGESIZE)))
check "page by page" "$pages" --set granularity=page --set access=write --set size=1M
check "an eighth, in random order" "$((pages / 8))" --set granularity=page --set access=write --set size=1M \
	--set order=random --set touched=0.125

# What a record says of the same configuration is what perf agreed with.
"$ZAPBENCH" run refault --policy eager --set timing=batch --set granularity=page --set access=write --set size=1M \
	--budget 0.5 --quiet --out "$T/o.json"
ok "the record expects them too" [ "$(field "$T/o.json" "[c['faults_expected']/c['repetitions'] for c in r['configurations']]")" = "[$pages.0]" ]
tap_end

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Refaults against the kernel's tracepoint, and against perf's own count of page faults: two loops differ only in how
# often they go round, and so must what perf counted of the whole program.
# one CPU: zapbench chooses the same CPU in all tests, which would wait for each other
# measures: perf counts whatever happens in the program
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

# --- the kernel's tracepoint: as many as page faults where it can be counted, else a reason and never 0
tracepoint=tracepoint:exceptions:page_fault_user
refault()
{
	"$@" "$ZAPBENCH" run refault --policy eager --set granularity=page --set timing=batch --budget 0.1 --quiet \
		--out "$T/t.json" >"$T/out" 2>"$T/err"
	case $? in 0 | 3) ;; *) return 1 ;; esac
}
per_page() { record "$T/t.json" counter "$1" per_operation; }
if [ "$(uname -m)" != x86_64 ]; then
	skip "the tracepoint of page faults" "only x86 has it"
else
	ok "a run of refault" refault env
	if [ -r /sys/kernel/tracing/events ]; then
		skip "no tracefs, no count" "tracefs is mounted here"
	else
		# Where it is mounted, only root may look into it.
		reason='tracefs is not mounted'
		! grep -q ' /sys/kernel/tracing ' /proc/self/mounts || reason='root only'
		ok "without a readable tracefs nothing is counted" is "$(record "$T/t.json" counter $tracepoint counted)" False
		ok "which is not 0" is "$(per_page $tracepoint)" None
		record "$T/t.json" counter $tracepoint why_not >"$T/why"
		ok "and the reason is there" says "$T/why" "$reason"
	fi
	# In a mount namespace of its own: nobody else sees it.
	with_tracefs=$SRC/bench/test/fixtures/with_tracefs.sh
	if unshare -m "$with_tracefs" test -r /sys/kernel/tracing/events/exceptions/page_fault_user/id 2>/dev/null; then
		ok "a run of refault with tracefs" refault unshare -m "$with_tracefs"
		ok "each page fault passed the tracepoint once" is "$(per_page $tracepoint)" "$(per_page page-faults)"
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
ok "the record expects them too" is "$(record "$T/o.json" ratio faults_expected repetitions)" "$pages.0"
tap_end

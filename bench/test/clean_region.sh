#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside a timed region there is no system call of the harness: between the getrusage() before it and the one behind it,
# strace sees what the case measures and nothing else.
# one CPU: zapbench chooses the same CPU in all tests, which would wait for each other
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

if ! command -v strace >/dev/null; then
	skip "system calls in timed regions" "no strace; apt-get install strace"
	tap_end
	exit
fi
if ! strace -o /dev/null true 2>/dev/null; then
	skip "system calls in timed regions" "strace may not trace here"
	tap_end
	exit
fi

# (The leak checker does not work under strace.)
# calls CASE SETTINGS...: what the process of a round calls between two getrusage(), one line a kind
calls()
{
	rm -f "$T"/trace.*
	ASAN_OPTIONS=detect_leaks=0 strace -ff -o "$T/trace" -e signal=none \
		"$ZAPBENCH" run "$@" --budget 0.1 --quiet --out "$T/o.json" >/dev/null 2>"$T/err" ||
		return 1
	for trace in "$T"/trace.*; do
		# Rounds' processes only, and not those of the counter pass, which has its own calls around a region.
		grep -q __round "$trace" || continue
		grep -q perf_event_open "$trace" && continue
		awk '/^getrusage/ { if (open) seen[between == "" ? "nothing" : between]++; open = !open; between = ""; next }
			open { name = $0; sub(/\(.*/, "", name); if (!index(between, name)) between = between name " " }
			END { for (b in seen) print b }' "$trace"
	done | sort -u | tr '\n' ';'
}

only() { [ "$1" = "$2" ] || { echo "# between the regions' ends: '$1', expected '$2'"; return 1; }; }

ok "page-wise refault: nothing" \
	only "$(calls refault --set granularity=page --set timing=batch --policy eager)" "nothing;"
ok "single faults: nothing" \
	only "$(calls refault --set granularity=page --set timing=event --policy eager)" "nothing;"

# And no allocation: a library in front of malloc() counts what is called between the same two.
if [ "$sanitized" = yes ]; then
	skip "allocations in timed regions" "the sanitizers have a malloc() of their own"
else
	ok "the counting library builds" "${CC:-cc}" -shared -fPIC -D_GNU_SOURCE -o "$T/allocations.so" \
		"$SRC/bench/test/allocations.c"
	for settings in null 'refault --set timing=batch' 'refault --set timing=event' zap frame; do
		rm -f "$T/allocations"
		# shellcheck disable=SC2086
		ALLOCATIONS=$T/allocations LD_PRELOAD=$T/allocations.so \
			"$ZAPBENCH" run $settings --budget 0.1 --quiet --out "$T/o.json" >/dev/null 2>&1
		ok "$settings: rounds were watched" grep -q '^regions [1-9]' "$T/allocations"
		ok "$settings: no allocation in a region" no grep -v " allocations 0$" "$T/allocations"
	done
fi
tap_end

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What .ci/run and check-all.sh share: steps that are timed and counted. The script that includes this sets $log, a file
# for the output of a step, calls step for each and steps_end at the end.
# shellcheck disable=SC2154 # $log is set there
# environment: STEPS   the steps to run, by name (all)
passed=0
failed=0
skipped=0
known=
table=
failures=

# step NAME COMMAND...: runs it and goes on if it fails. Counts what its last line "N passed, N failed, N skipped" says,
# or one if there is no such line.
step()
{
	local name=$1 start=$SECONDS status=0 p f s said result=ok count='([0-9]+)'

	shift
	known="$known $name"
	case " ${STEPS:-$name} " in *" $name "*) ;; *) return ;; esac
	echo "== $name"
	mkdir -p "$(dirname "$log")"
	# STEPS is for this script, and for no make below.
	env -u STEPS -u MAKEFLAGS "$@" 2>&1 | tee "$log"
	status=${PIPESTATUS[0]}
	if ! read -r p f s < <(sed -nE "s/^$count passed, $count failed, $count skipped\$/\1 \2 \3/p" "$log" |
		tail -n 1); then
		p=$((status == 0)) f=0 s=0
	fi
	[ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
	if [ "$f" -gt 0 ]; then
		result=FAILED
		# Said once more at the end, for who sees no more of a long log: what the scripts and make say of a failure.
		said=$(grep -E '^ *(not ok|FAIL|FAILED|SURVIVED) |:Expected |[: ]error: |: \*\*\* \[' "$log" |
			grep -v '# SKIP' | head -n 20)
		failures+=$(printf '%s\n' "${said:-$(tail -n 5 "$log")}" | sed "s/^ */$name: /")$'\n'
	fi
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
	table+=$(printf '%-14s %-6s %6d s %5d passed %3d failed %3d skipped' \
		"$name" "$result" $((SECONDS - start)) "$p" "$f" "$s")$'\n'
}

# steps_end BUDGET: what failed, the table of times, and the counts of all; the status is 1 if something failed
steps_end()
{
	local name

	for name in ${STEPS:-}; do
		case " $known " in *" $name "*) continue ;; esac
		echo "unknown step $name; steps:$known" >&2
		failed=$((failed + 1))
	done
	[ -z "$failures" ] || printf '== failures\n%s' "$failures"
	echo "== time"
	printf '%s' "$table"
	echo "all of it: $((SECONDS / 60)) min $((SECONDS % 60)) s; budget: $1"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
}

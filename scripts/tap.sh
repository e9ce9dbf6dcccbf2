# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034 # used by those who include it
# What the shell tests share: TAP, a scratch folder, and the program under test.
set -u

ZAPBENCH=$O/zapbench
T=$(mktemp -d)
trap 'chmod -R u+rwx "$T" 2>/dev/null; rm -rf "$T"' EXIT
sanitized=$(if nm "$ZAPBENCH" 2>/dev/null | grep -q __asan_init; then echo yes; else echo no; fi)
tap_count=0
tap_failed=0

# ok NAME COMMAND...: the command must succeed
ok()
{
	tap_name=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@"; then
		echo "ok $tap_count - $tap_name"
	else
		echo "not ok $tap_count - $tap_name"
		tap_failed=$((tap_failed + 1))
	fi
}

# skip NAME REASON
skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# exits STATUS COMMAND...: with its output in $T/out and $T/err
exits()
{
	tap_wanted=$1
	shift
	"$@" >"$T/out" 2>"$T/err"
	tap_status=$?
	[ "$tap_status" -eq "$tap_wanted" ] && return 0
	echo "# $*: status $tap_status, expected $tap_wanted"
	sed 's/^/# /' "$T/err" | tail -n 5
	return 1
}

# says FILE TEXT: the text is in there, letter by letter
says()
{
	grep -qF -- "$2" "$1" && return 0
	echo "# $1 does not say '$2' but:"
	sed 's/^/# /' "$1" | tail -n 8
	return 1
}

tap_end()
{
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
}

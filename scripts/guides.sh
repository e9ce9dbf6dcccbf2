#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run the commands of guides as their reader would: in a clone, in their order, with zapbench installed.
# Arguments: guides, names in docs/ without .md. Called by check-fresh.sh.
#
# A command is an indented line that begins with "make " or "zapbench ". Each is run, or instead() says why not. What a
# line takes from its reader (a board's result, the name of a run) is made first. Runs are short: --budget 1.
# Prints a line per command, and the end of the output where one fails. Status 1: one has failed.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log
status=0

# The newest run of the history: guides write 20260101T0200 for a run.
newest_run()
{
	zapbench history list 2>/dev/null | awk '/^20/ { name = $2 } END { print name }'
}

# What a run leaves that was killed.
killed_run()
{
	rm -f results/runs/*.journal
	zapbench run null >/dev/null 2>&1 &
	until [ -n "$(find results/runs -name '*.journal' -size +4k)" ] || ! kill -0 $! 2>/dev/null; do
		sleep 0.2
	done
	kill -9 $!
	wait $! 2>/dev/null
	find results/runs -name '*.journal'
}

# instead COMMAND: sets $command to what is run, or $reason to why it is not
instead()
{
	command=$1
	reason=
	case $1 in
	*20260101T0200*) set -- "$(echo "$1" | sed "s/20260101T0200/$(newest_run)/")" && command=$1 ;;
	esac
	case $1 in
	*observe*) reason='needs an application with dma-bufs; make check-module runs it' ;;
	*bench-full* | *check-statistics*) reason='takes a quarter of an hour and more' ;;
	'make bench-qemu'*MODEL* | *--counts*) reason='make check-model runs it' ;;
	*bench-qemu* | *nightly-qemu* | *' gate'* | *qemu-6.12-4k*) reason='make check-qemu runs it' ;;
	*--reboot-hook* | *insmod* | */sys/knob*) reason='names kernels, modules or settings of the reader' ;;
	*sync-range* | *zap-heap*) [ -e /dev/zap-bench ] || reason='needs the zap heaps; make check-module runs it' ;;
	*sync-matrix*) [ -e /dev/zap-bench ] || [ -w /dev/udmabuf ] || [ -d /dev/dma_heap ] || reason='needs dma-bufs' ;;
	*udmabuf*) [ -w /dev/udmabuf ] || reason='needs /dev/udmabuf' ;;
	*dma-heap:*) [ -d /dev/dma_heap ] || reason='needs /dev/dma_heap' ;;
	*--profile\ matrix*) command=$(echo "$1" | sed 's/--profile matrix/& --budget 1/') ;;
	*binary-a*)
		mkdir -p old new
		cp "$(command -v zapbench)" old/
		cp "$(command -v zapbench)" new/
		command=$(echo "$1" | sed 's/--budget 20/--budget 1/')
		;;
	*--resume* | *recover*) command=$(echo "$1" | sed "s|results/runs/X.json.journal|$(killed_run)|") ;;
	*board.json*)
		cp results/runs/latest.json board.json
		cp "$top/results/reference/qemu-6.12-4k.json" qemu.json
		;;
	'zapbench model '*) # of the run before it, which is one of the kernel patch
		command=$(echo "$1" | sed "s|results/runs/latest.json|$top/results/reference/qemu-6.12-4k.json|")
		;;
	# Too few runs, or some that measured less than those before.
	'zapbench history check'*) command="$1 || case \$? in 3 | 5) ;; *) false ;; esac" ;;
	*' --by '*) command="zapbench run refault frame --budget 5 && $1" ;;
	*otava*) command=$(echo "$1" | sed 's|results/runs/|&before/|') ;; # a folder of runs that are alike
	*/var/lib/prometheus*) command=$(echo "$1" | sed 's|/var/lib/prometheus/node-exporter/||') ;;
	*' --loop '*) command=$(echo "$1" | sed 's/--loop 10/--loop 1/') ;;
	'zapbench run'*--dry-run*) ;;
	'zapbench run'*) command="$1 --budget 1" ;;
	esac
}

commands_of()
{
	sed -n 's/^    \(make .*\|zapbench .*\)$/\1/p' "$top/docs/$1.md" | sed 's/  *# .*//'
}

for guide; do
	[ -n "$(commands_of "$guide")" ] || { echo "guides.sh: docs/$guide.md has no command" >&2 && exit 2; }
	commands_of "$guide" >"$work/commands"
	while read -r line; do
		instead "$line"
		if [ -n "$reason" ]; then
			echo "$guide: not run: $line: $reason"
			continue
		fi
		begin=$(date +%s)
		if sh -c "$command" >"$log" 2>&1 </dev/null; then
			echo "$guide: ok: $command ($(($(date +%s) - begin)) s)"
		else
			echo "$guide: FAILED with status $?: $command"
			tail -n 20 "$log" | sed 's/^/    /'
			status=1
		fi
	done <"$work/commands"
done
exit $status

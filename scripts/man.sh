#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The man page: standard input with its generated parts as the program prints them. Argument: the program.
# Where the program cannot run (a cross build) the parts stay as they are: they name the command that prints the list.
set -eu

"$1" --version >/dev/null 2>&1 || {
	echo "man: $1 cannot run here; the man page refers to --help for its lists" >&2
	exec cat
}
while IFS= read -r line; do
	case $line in
	'.\" generated: '*)
		"$1" __man "${line##*: }"
		while IFS= read -r line && [ "$line" != '.\" end' ]; do :; done
		;;
	*) printf '%s\n' "$line" ;;
	esac
done

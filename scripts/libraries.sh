#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Does this machine have every library that the build needs? A missing one is named with its Debian package.
# Arguments: pkg-config modules.
# CC, SYSROOT and PKG_CONFIG come from the Makefile.
set -u

status=0

missing()
{
	if [ -n "$SYSROOT" ]; then
		echo "zapbench: $1 is missing in $SYSROOT; fix: make the sysroot again: scripts/sysroot.sh DIR ($2)" >&2
	else
		echo "zapbench: $1 is missing; fix: make deps (apt-get install $2)" >&2
	fi
	status=1
}

if ! command -v pkg-config >/dev/null; then
	echo "zapbench: pkg-config is missing; fix: make deps (apt-get install pkg-config)" >&2
	exit 1
fi
if ! command -v "${CC%% *}" >/dev/null; then
	echo "zapbench: ${CC%% *} is missing; fix: apt-get install gcc, or gcc-aarch64-linux-gnu to build for Arm" >&2
	exit 1
fi
for module in "$@"; do
	case $module in
	zlib) package=zlib1g-dev ;;
	*) package=lib$module-dev ;;
	esac
	sh -c "$PKG_CONFIG --exists $module" || missing "$module" "$package"
done
# libpfm4 has no .pc file.
echo '#include <perfmon/pfmlib_perf_event.h>' | $CC ${SYSROOT:+--sysroot="$SYSROOT"} -E - >/dev/null 2>&1 ||
	missing libpfm4 libpfm4-dev
exit $status

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2016 # functions are called through ok()
# Do the commands of the README work on a fresh machine?
#
# usage: check-fresh.sh LOGS
#
# For each user this makes a minimal Debian 12 in a temporary folder. It has git, make and ca-certificates, and sudo for
# the ordinary user, as the README asks for. The commands run there, in a clone of the last commit of this tree, with
# the packages that they install themselves. Both users run every step; they share downloaded packages and the kernel.
#
# Steps, in the order they run without STEPS; each needs those before it only where this is said:
#   bench       make deps bench, with a budget of 5 s; it must install nothing of the other groups
#   kpatch      make deps kpatch
#   check       make deps check
#   bench-qemu  make bench-qemu; it takes the kernel from CACHE, and builds it where it is not there
#   report      make report, of the newest result (of bench or bench-qemu)
#   deb         make deps deb
#   dist-target make deps dist-target
#   install     make install, and the installed program, man page and completion
#   guides      the commands of the guides that need no device and no kernel build, see guides.sh; after install
# environment:
#   STEPS   the steps to run (all of them)
#   USERS   root, user (both)
#   CACHE   the cache of this machine (~/.cache/zapbench)
#
# It needs root, mmdebstrap and 6 GB in TMPDIR (/tmp). Packages come from where apt of this machine takes them. Logs are
# in LOGS.
# The output is TAP, and ends with 'N passed, N failed, N skipped'.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
CACHE=${CACHE:-$HOME/.cache/zapbench}
all_steps='bench kpatch check bench-qemu report deb dist-target install guides'
STEPS=${STEPS:-$all_steps}
USERS=${USERS:-root user}
suite=bookworm
bare=git,make,ca-certificates
passed=0
failed=0
skipped=0

# cannot_run REASON FIX: nothing can be tested here
cannot_run()
{
	echo "ok 1 - the commands on a fresh machine # SKIP $1; fix: $2"
	echo "1..1"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
}

# ok NAME LOG COMMAND...: the command must succeed; its output goes to LOGS/LOG.log, and its end is shown where it fails
ok()
{
	local name=$1 log=$logs/$2.log start=$SECONDS status=0

	shift 2
	"$@" >"$log" 2>&1 </dev/null || status=$?
	if [ "$status" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok $((passed + failed + skipped)) - $name"
	else
		failed=$((failed + 1))
		echo "not ok $((passed + failed + skipped)) - $name"
		echo "# status $status; the end of $log:"
		tail -n 40 "$log" | sed 's/^/# /'
	fi
	echo "# $((SECONDS - start)) s"
	return "$status"
}

# What this machine tells apt about how to get packages: proxies, certificates, times. Not its hooks.
apt_configuration()
{
	apt-config dump | grep '^Acquire::'
	for scheme in http https; do
		proxy=${scheme}_proxy
		[ -z "${!proxy:-}" ] || echo "Acquire::$scheme::Proxy \"${!proxy}\";"
	done
}

# bare_system DIR: a minimal Debian that asks for packages where this machine does
bare_system()
{
	local sources=()

	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
		[ ! -s "$file" ] || sources+=("$file")
	done
	apt_configuration >"$work/apt.conf"
	# shellcheck disable=SC2016 # mmdebstrap sets $1, the folder
	# Nothing here must survive a power failure.
	mmdebstrap --quiet --variant=minbase --include="$bare" --aptopt="$work/apt.conf" --dpkgopt=force-unsafe-io \
		--setup-hook='for part in trusted.gpg trusted.gpg.d keyrings auth.conf auth.conf.d preferences.d; do
			[ ! -e /etc/apt/$part ] || cp -rL /etc/apt/$part "$1/etc/apt/"; done' \
		"$suite" "$1" "${sources[@]}" &&
		cp -L /etc/resolv.conf /etc/hosts "$1/etc/" &&
		cp "$work/apt.conf" "$1/etc/apt/apt.conf.d/00host"
}

# as USER COMMAND: what a login of that user would do, in the clone
as()
{
	chroot "$root" su - "$1" -c "cd zapbench && $2"
}

# fresh_machine USER: sets $root, a system for that user with a clone in the home directory
fresh_machine()
{
	local home=/root

	[ "$1" = root ] || home=/home/$1
	root=$work/$1
	[ -d "$work/bare-system" ] || bare_system "$work/bare-system" || return 1
	cp -a "$work/bare-system" "$root" || return 1
	mount -t proc proc "$root/proc" && mount --rbind /sys "$root/sys" && mount --rbind /dev "$root/dev" || return 1
	mkdir -p "$work/archives/partial"
	mount --bind "$work/archives" "$root/var/cache/apt/archives" || return 1
	if [ "$1" != root ]; then
		chroot "$root" sh -ec 'apt-get update -qq && apt-get install -y -qq --no-install-recommends sudo &&
			rm -rf /var/lib/apt/lists && mkdir -p /var/lib/apt/lists/partial' &&
			chroot "$root" useradd --create-home --shell /bin/bash "$1" &&
			echo "$1 ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/$1" || return 1
	fi
	git clone -q "file://$top" "$root$home/zapbench" || return 1
	kernel_cache "$1" "$root$home/.cache/zapbench/kernel"
	[ "$1" = root ] || chroot "$root" chown -R "$1:" "$home"
	chroot "$root" dpkg-query -W -f '${Package}\n' >"$work/bare"
}

# kernel_cache USER DIR: the kernels that this machine has built. root builds a missing one into the cache of this
# machine, where ccache knows it; the other user has no right to do that and gets a copy of the images.
kernel_cache()
{
	mkdir -p "$2"
	if [ "$1" = root ]; then
		mkdir -p "$CACHE/kernel" && mount --bind "$CACHE/kernel" "$2"
	else
		find "$CACHE/kernel" -maxdepth 1 -name 'Image-*' -exec cp {} "$2/" \;
	fi
}

remove_machine()
{
	umount -R "$root/var/cache/apt/archives" "$root/proc" "$root/sys" "$root/dev"
	[ "$1" != root ] || umount "$root/root/.cache/zapbench/kernel"
	rm -rf --one-file-system "$root"
}

# What make deps bench shall not bring: packages that are in other groups of scripts/packages only.
nothing_else_installed()
{
	awk '!/^#/ && $1 != "build" { print $2 }' "$top/scripts/packages" | sort -u >"$work/other"
	{
		awk '$1 == "build" { print $2 }' "$top/scripts/packages"
		cat "$work/bare"
	} | sort -u >"$work/allowed"
	chroot "$root" dpkg-query -W -f '${Package}\n' | sort -u |
		comm -12 - "$work/other" | comm -23 - "$work/allowed" >"$work/unexpected"
	[ ! -s "$work/unexpected" ] || { echo "not in the group build:" && cat "$work/unexpected"; return 1; }
}

installed_files()
{
	local prefix=$root/usr/local

	[ -s "$prefix/share/man/man1/zapbench.1" ] &&
		bash -n "$prefix/share/bash-completion/completions/zapbench" &&
		[ -x "$prefix/bin/zapbench-nightly" ] &&
		[ -s "$prefix/lib/systemd/system/zapbench-nightly.service" ] &&
		[ -s "$prefix/lib/systemd/system/zapbench-nightly.timer" ]
}

step()
{
	local user=$1 by="as $1" sudo=

	[ "$user" = root ] || sudo="sudo "
	case $2 in
	bench)
		ok "make deps bench $by" "$user-bench" as "$user" "make deps bench RUN='--budget 5'" &&
			ok "it installed only what the build needs" "$user-packages" nothing_else_installed
		;;
	kpatch)
		ok "make deps kpatch $by" "$user-kpatch" as "$user" "make deps kpatch" &&
			ok "the patches are there" "$user-patches" as "$user" "ls build/kpatch-6.12/*.patch" ;;
	check) ok "make deps check $by" "$user-check" as "$user" "make deps check" ;;
	bench-qemu) ok "make bench-qemu $by" "$user-bench-qemu" as "$user" "make bench-qemu" ;;
	report)
		ok "make report $by" "$user-report" as "$user" "make report" &&
			ok "the report is there, with its PDF" "$user-pages" as "$user" \
				"cd build/report && ls -l report.html report.md report.txt report.pdf plots"
		;;
	deb)
		ok "make deps deb $by" "$user-deb" as "$user" "make deps deb" &&
			ok "both packages are there" "$user-debs" as "$user" "ls build/deb/zapbench_*.deb build/deb/zapbench-dkms_*.deb"
		;;
	dist-target)
		ok "make deps dist-target $by" "$user-dist-target" as "$user" "make deps dist-target" &&
			ok "the archive is there" "$user-archive" as "$user" "ls build/*.tar.*"
		;;
	install)
		ok "${sudo}make install $by" "$user-install" as "$user" "${sudo}make install" &&
			ok "zapbench --version $by" "$user-version" as "$user" "cd && zapbench --version" &&
			ok "zapbench list $by" "$user-list" as "$user" "cd && zapbench list" &&
			ok "zapbench run null $by" "$user-null" as "$user" \
				"cd && zapbench run null --budget 1 --out null.json" &&
			ok "man page, completion and systemd units are installed" "$user-files" installed_files
		;;
	guides)
		ok "the commands of the guides $by" "$user-guides" as "$user" \
			"scripts/guides.sh measuring comparing report exports nightly"
		;;
	esac
}

# In a mount and process namespace of its own: whatever ends it, the mounts and the processes end with it.
inside()
{
	local user name

	work=$1
	logs=$2
	mkdir -p "$logs"
	logs=$(cd "$logs" && pwd)
	ok "the README names the packages of a bare system" readme \
		grep -q "apt-get install ${bare//,/ }" "$top/README.md"
	git -C "$top" diff --quiet HEAD || echo "# uncommitted changes are not tested"
	for user in $USERS; do
		ok "a minimal Debian with ${bare//,/, } for $user" "$user-system" fresh_machine "$user" || continue
		for name in $STEPS; do
			step "$user" "$name"
		done
		remove_machine "$user"
	done
	echo "1..$((passed + failed + skipped))"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
	exit
}

case ${1:-} in
'') echo "usage: check-fresh.sh LOGS" >&2 && exit 2 ;;
--inside) inside "$2" "$3" ;;
esac
for name in $STEPS; do
	case " $all_steps " in
	*" $name "*) ;;
	*) echo "check-fresh.sh: unknown step $name; steps: $all_steps" >&2 && exit 2 ;;
	esac
done
[ "$(id -u)" -eq 0 ] || cannot_run "only root can mount and chroot" "sudo make check-fresh"
command -v mmdebstrap >/dev/null || cannot_run "mmdebstrap is missing" "apt-get install mmdebstrap"
unshare --mount --pid --fork true 2>/dev/null ||
	cannot_run "mount and process namespaces are not allowed here" "run it as real root, with CAP_SYS_ADMIN"

work=$(mktemp -d)
chmod 755 "$work"
# This process removes the folder. It reads from a pipe that ends when this script ends, be it by kill -9.
exec 7> >(
	trap '' INT TERM HUP
	cat >/dev/null
	# What it started may need a moment to end.
	until rm -rf --one-file-system "$work"; do sleep 1; done
)
cleaner=$!
trap 'exit 130' INT TERM HUP
TMPDIR=$work setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child -- "$0" --inside "$work" "$1" 7>&- &
wait $!
status=$?
exec 7>&-
wait "$cleaner"
exit "$status"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What make deps says, and with which status, when packages are missing, cannot be installed, or are all there.
# dpkg-query, apt-get, id and sudo are scripts here: nothing is installed. apt-get answers as that of Debian 12.
# shellcheck disable=SC2016 # the words of scripts and of awk
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

mkdir "$T/bin" "$T/scripts"
cp "$SRC/scripts/deps.sh" "$T/scripts/"
cat >"$T/scripts/packages" <<'END'
# a comment
build there
build libfoo-dev
build libbar-dev
test there
END
# Installed is what a line of the file "installed" names.
cat >"$T/bin/dpkg-query" <<END
#!/bin/sh
for package; do :; done
grep -qx "\$package" "$T/installed" && echo installed
END
# The file "broken" names packages that cannot be found. The file "offline" stands for no network, "stale" for no lists.
cat >"$T/bin/apt-get" <<END
#!/bin/sh
echo "\$*" >>"$T/calls"
case "\$*" in *-s*) simulate=yes ;; *) simulate=no ;; esac
case \$1 in
update)
	rm -f "$T/stale"
	[ ! -e "$T/offline" ] || { echo "W: Failed to fetch http://example.invalid/InRelease" && exit 100; }
	exit 0
	;;
esac
[ ! -e "$T/stale" ] || { echo "E: Unable to locate package \$package" && exit 100; }
for package; do
	case \$package in
	-* | install) continue ;;
	esac
	! grep -qx "\$package" "$T/broken" || { echo "E: Unable to locate package \$package" && exit 100; }
done
[ \$simulate = no ] || exit 0
[ ! -e "$T/offline" ] || { echo "E: Failed to fetch http://example.invalid/libbar-dev.deb" && exit 100; }
for package; do
	case \$package in
	-* | install) ;;
	*) echo "\$package" >>"$T/installed" ;;
	esac
done
END
printf '#!/bin/sh\necho "${FAKE_UID:-0}"\n' >"$T/bin/id"
printf '#!/bin/sh\necho sudo >>"%s"\nexec "$@"\n' "$T/calls" >"$T/bin/sudo"
chmod 755 "$T"/bin/*

# again INSTALLED BROKEN: a machine where these are installed, and those cannot be found
again()
{
	rm -f "$T/offline" "$T/stale" "$T/calls"
	printf '%s\n' "$1" | tr ' ' '\n' >"$T/installed"
	printf '%s\n' "$2" | tr ' ' '\n' >"$T/broken"
	: >"$T/calls"
}
deps() { PATH="$T/bin:$PATH" sh "$T/scripts/deps.sh" "$@"; }
calls() { [ "$(grep -c "$2" "$T/calls")" -eq "$1" ]; }

again "there libfoo-dev libbar-dev" none
ok "all installed: status 0" exits 0 deps build test
ok "nothing is printed" [ ! -s "$T/out" ]
ok "apt-get is not called" [ ! -s "$T/calls" ]

again there none
ok "two are missing and get installed" exits 0 deps build test
ok "their names are printed, each once" says "$T/out" "deps: installing libbar-dev libfoo-dev"
ok "the package lists are not renewed" calls 0 ^update
ok "a second call finds all installed" exits 0 deps build test

again there none
touch "$T/stale"
ok "a fresh machine has no package lists" exits 0 deps build
ok "they are renewed once" calls 1 ^update

again there libfoo-dev
ok "a package that apt cannot find is an error" exits 1 deps build
ok "it names the package and apt's reason" says "$T/err" \
	"deps: libfoo-dev is not installed: E: Unable to locate package libfoo-dev"
ok "it names the one that was not installed because of it" says "$T/err" "deps: not installed: libbar-dev"
ok "it names a command to try" says "$T/err" "apt-get install --no-install-recommends libbar-dev libfoo-dev"

again "there libfoo-dev" none
touch "$T/offline"
ok "no network is an error" exits 1 deps build
ok "it names the package" says "$T/err" "deps: not installed: libbar-dev"
ok "it gives apt's reason" says "$T/err" "deps: E: Failed to fetch http://example.invalid/libbar-dev.deb"
ok "it says that the lists are not there" says "$T/err" "deps: apt-get update: W: Failed to fetch"

again there none
ok "an ordinary user installs with sudo" exits 0 env FAKE_UID=1000 PATH="$T/bin:$PATH" sh "$T/scripts/deps.sh" build
ok "which was called" calls 1 sudo
again there none
mkdir "$T/no-sudo"
for tool in sh dirname awk echo printf sort xargs env mktemp rm grep head tail sed; do
	ln -s "/usr/bin/$tool" "$T/no-sudo/$tool"
done
cp "$T/bin/dpkg-query" "$T/bin/apt-get" "$T/bin/id" "$T/no-sudo/"
ok "without root and without sudo it fails" exits 1 env FAKE_UID=1000 PATH="$T/no-sudo" sh "$T/scripts/deps.sh" build
ok "it says so, with the command for root" says "$T/err" \
	"sudo is missing; fix: as root: apt-get install --no-install-recommends libbar-dev libfoo-dev"

ok "an unknown group is a usage error" exits 2 deps build nonsense
ok "the groups are listed" says "$T/err" "deps: unknown group 'nonsense'; groups: build test"
ok "every line of scripts/packages is a group and a package" \
	awk '!/^#/ && NF != 2 { bad = 1; print "# line " NR ": " $0 } END { exit bad }' "$SRC/scripts/packages"
tap_end

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is downloaded and unpacked: the sysroot and the QEMU of backports. No network, no room, and a kill -9 in the
# middle are said, leave nothing that the next call takes for whole, and the next call makes it. Folders have names with
# blanks, quotes, a line end and a leading dash. mmdebstrap, apt-get and dpkg-deb are scripts here.
# shellcheck disable=SC2016 # the words of scripts
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

mkdir "$T/bin"
# tool NAME: a script that logs its call, and fails as the file "broken" says: by an error, or by the death of who
# called
tool()
{
	cat >"$T/bin/$1"
	chmod +x "$T/bin/$1"
}
cat >"$T/fails" <<END
echo "\${0##*/}" >>"$T/calls"
read -r tool how <"$T/broken" || return 0
[ "\$tool" = "\${0##*/}" ] || return 0
case \$how in
killed) kill -KILL \$PPID ;;
*) echo "\$tool: \$how" >&2 ;;
esac
exit 1
END
tool mmdebstrap <<END
#!/bin/sh
for folder; do :; done
mkdir -p -- "\$folder/usr" || exit 1
. "$T/fails"
END
tool apt-get <<END
#!/bin/sh
case " \$* " in
*" update "*) exec update ;;
*) exec download ;;
esac
END
tool update <<END
#!/bin/sh
. "$T/fails"
END
tool download <<END
#!/bin/sh
. "$T/fails"
: >qemu.deb
END
tool dpkg-deb <<END
#!/bin/sh
mkdir -p "\$3/usr/bin"
. "$T/fails"
printf '#!/bin/sh\necho QEMU\n' >"\$3/usr/bin/qemu-system-aarch64"
chmod +x "\$3/usr/bin/qemu-system-aarch64"
END
cd "$T" || exit 1
: >calls
: >broken
odd=$(printf -- "-o \"dd'\nfolder \$HOME *")
with_tools() { PATH=$T/bin:$PATH "$@"; }
sysroot() { with_tools "$SRC/scripts/sysroot.sh" "$odd/sysroot"; }
backports() { with_tools "$SRC/scripts/qemu-backports.sh" "$odd/qemu"; }
# fails_with TOOL HOW STATUS TEXT COMMAND: the tool fails so; then it does not, and the command ends well
fails_with()
{
	echo "$1 $2" >broken
	ok "$5: $1 fails: $2" errs "$3" "$4" -- "$5"
	: >broken
	ok "the next $5 makes it" exits 0 "$5"
	: >calls
	ok "the one after it" exits 0 "$5"
	ok "has nothing to do" is "$(cat calls)" ""
	rm -rf -- "./$odd"
}

fails_with mmdebstrap "No space left on device" 1 "fix: a network" sysroot
fails_with mmdebstrap killed 137 "" sysroot
if [ -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
	fails_with update "Could not resolve deb.debian.org" 1 "fix: a network" backports
	fails_with download "Connection timed out" 1 "fix: a network" backports
	fails_with dpkg-deb "No space left on device" 1 "fix: room there" backports
	fails_with dpkg-deb killed 137 "" backports
	ok "a machine that it does not emulate is refused" errs 2 usage -- "$SRC/scripts/qemu-backports.sh" qemu riscv64
else
	skip "the QEMU of backports" "no debian-archive-keyring"
fi
ok "nothing else is left" is "$(find . -mindepth 1 -maxdepth 1 | sort | tr '\n' ' ')" \
	"./bin ./broken ./calls ./err ./fails ./out ./texts "
tap_end

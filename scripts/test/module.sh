#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What make module says where it cannot build: what is missing, and a fix that helps on this kernel. make check-module
# builds modules and loads them.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

mkdir "$T/bin"
# The kernel that runs has the version in the file "release", and no headers.
cat >"$T/bin/uname" <<END
#!/bin/sh
cat "$T/release"
END
chmod 755 "$T/bin/uname"
on() { echo "$1" >"$T/release" && shift && env -u KDIR PATH="$T/bin:$PATH" "$@"; }

ok "a kernel without headers: which package" errs 1 "apt-get install linux-headers-6.12.999-none" -- \
	on 6.12.999-none "$SRC/scripts/module.sh" "$T/module"
ok "a kernel that the modules are not for: that, and no package" \
	errs 1 "6.18.999-none" "Linux 6.12 and 6.1" "make bench" -- on 6.18.999-none \
	"$SRC/scripts/module.sh" "$T/module"
ok "so it is with 6.10" errs 1 "Linux 6.12 and 6.1" -- on 6.10.1 "$SRC/scripts/module.sh" "$T/module"
ok "headers are named for none" lacks "$T/err" linux-headers
ok "a KDIR without headers is named" errs 1 "KDIR=$T/none has no kernel headers" -- \
	on 6.12.999-none env KDIR="$T/none" "$SRC/scripts/module.sh" "$T/module"
ok "no package helps there" lacks "$T/err" linux-headers
tap_end

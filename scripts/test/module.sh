#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What make module says where it cannot build: what is missing, and a fix that helps on this kernel. That make
# bench-module unloads what it has loaded. make check-module builds modules and loads them.
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
for headers in 6.1.170-none 6.12.1000-none 6.12.998-none 6.120.1-none; do
	mkdir -p "$T/modules/$headers/build"
	: >"$T/modules/$headers/build/Makefile"
done
ok "headers of another kernel of the series: the newest" errs 1 "headers of 6.12.1000-none are installed" \
	"fix: reboot into 6.12.1000-none" "KDIR=" -- \
	on 6.12.999-none env LIB_MODULES="$T/modules" "$SRC/scripts/module.sh" "$T/module"
rm -r "$T/modules"/6.12.*
ok "those of another series are of no use" errs 1 "apt-get install linux-headers-6.12.999-none" -- \
	on 6.12.999-none env LIB_MODULES="$T/modules" "$SRC/scripts/module.sh" "$T/module"
ok "and are not named" lacks "$T/err" "installed;"
ok "a kernel that the modules are not for: that, and no package" \
	errs 1 "6.18.999-none" "Linux 6.12 and 6.1" "make bench" -- on 6.18.999-none \
	"$SRC/scripts/module.sh" "$T/module"
ok "so it is with 6.10" errs 1 "Linux 6.12 and 6.1" -- on 6.10.1 "$SRC/scripts/module.sh" "$T/module"
ok "headers are named for none" lacks "$T/err" linux-headers
ok "a KDIR without headers is named" errs 1 "KDIR=$T/none has no kernel headers" -- \
	on 6.12.999-none env KDIR="$T/none" "$SRC/scripts/module.sh" "$T/module"
ok "no package helps there" lacks "$T/err" linux-headers

# --- bench-module, with commands that write down when they were called
for name in insmod rmmod; do
	printf '#!/bin/sh\necho "%s $*" >>"%s/calls"\n' $name "$T" >"$T/bin/$name"
done
printf '#!/bin/sh\necho 0\n' >"$T/bin/id"
cat >"$T/bin/program" <<END
#!/bin/sh
echo begin >>"$T/calls"
until [ -e "$T/go" ]; do sleep 0.05; done
echo end >>"$T/calls"
END
chmod 755 "$T"/bin/*
# signalled SIGNAL: it comes while the program runs, to the script alone
signalled()
{
	rm -f "$T/calls" "$T/go"
	PATH="$T/bin:$PATH" "$SRC/scripts/bench-module.sh" . "$T/bin/program" "$T" &
	for _ in $(seq 100); do
		grep -q begin "$T/calls" 2>/dev/null && break
		sleep 0.05
	done
	kill -s "$1" $!
	sleep 0.2
	: >"$T/go"
	wait $!
}
if [ -e /sys/module/zap_heap ]; then
	skip "bench-module unloads the modules" "they are in this kernel"
else
	for signal in HUP TERM; do
		ok "bench-module gets SIG$signal" exits 130 signalled $signal
		ok "and unloads the modules when the program has ended" is "$(tr '\n' ' ' <"$T/calls")" \
			"insmod ./zap_heap.ko insmod ./zap_bench.ko begin end rmmod zap_bench zap_heap "
	done
fi
tap_end

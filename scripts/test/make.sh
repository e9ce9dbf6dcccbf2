#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the Makefile promises of its variables and of the groups of packages, without building anything.
# shellcheck disable=SC2016 # the words of make
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
makefile() { env -u O -u GROUPS -u TESTS make -s -C "$T" --no-print-directory -f "$SRC/Makefile" "$@"; }

# value VARIABLE [ARGUMENT...]: its value in the Makefile, called from the folder $T
value()
{
	variable=$1
	shift
	makefile --eval "print_value: ; @echo '\$($variable)'" print_value "$@"
}
ok "O is build without O=" is "$(value O)" build
ok "a relative O stays" is "$(value O O=some/where)" some/where
ok "an absolute O of the same folder is the same" is "$(value O O="$T/some/where")" some/where
ok "so is one with a slash at its end" is "$(value O O=some/where/)" some/where
ok "an absolute O elsewhere stays" is "$(value O O=/some/where)" /some/where
ok "a relative O elsewhere becomes absolute" is "$(value O O=../where)" "$(dirname "$T")/where"

# An empty QEMU_CPU is no CPU to QEMU's user emulation: no arm64 program would run.
unset QEMU_CPU
handed_on() { makefile --eval "print_environment: ; @env" print_environment "$@" | grep ^QEMU_CPU; }
ok "make hands on no QEMU_CPU that nobody set" is "$(handed_on)" ""
ok "and the one that somebody did" is "$(handed_on QEMU_CPU=cortex-a76)" QEMU_CPU=cortex-a76

# Otherwise the first make after a commit does not see that version.h has changed, and the next one links again.
ok "the compiler and the rules name generated headers alike" is \
	"$(value generated | tr ' ' '\n' | sed 's,/[^/]*$,,; s/^/-I/' | sort -u)" \
	"$(value own_flags | tr ' ' '\n' | grep -F /include | grep -v kpatch)"

# make check builds what runs: with TESTS= the programs that it names, and in any case what scripts call.
ok "TESTS names test programs" is "$(value named TESTS="bench/test/test_clo report/test/test_kn none")" \
	"build/bench/test/test_clock build/report/test/test_knees"
ok "and without it all of them are built" is "$(value named)" "$(value tests)"
value called | tr ' ' '\n' | sed 's,^build/,,' >"$T/called"
ok "what test scripts call is built" is "$(cat "$SRC"/*/test/*.sh | grep -o '"*$O/[a-z]*/test/[a-z_-]*' |
	sed 's,.*$O/,,' | sort -u | grep -vxFf "$T/called")" ""

# Every target that a user may call is in make help; the others are called by a target that is.
makefile help >"$T/help"
for target in $(sed -n '/^\.PHONY:/,/[^\\]$/p' "$SRC/Makefile" | tr -d '\\\n' |
	sed 's/^\.PHONY://'); do
	case $target in
	libraries | fuzzer | FORCE) ;;
	help) ok "make without a target prints the help" is "$(makefile)" "$(cat "$T/help")" ;;
	*) ok "make help has $target" grep -qE "make (deps )?$target( |\$)" "$T/help" ;;
	esac
done

# groups TARGET...: what make deps TARGET... would install
groups() { makefile -n deps "$@" | sed -n 's,.*/scripts/deps\.sh  *,,p' | head -n 1 | xargs; }
ok "make deps installs what the build needs" is "$(groups)" build
ok "make deps bench installs nothing else" is "$(groups bench)" build
ok "make deps check also what the tests need" is "$(groups check)" "build test"
ok "GROUPS adds to it" is "$(groups check GROUPS="services lava")" "build test services lava"
sed -n 's/^groups_\([a-z-]*\) :=.*/\1/p' "$SRC/Makefile" >"$T/targets"
while read -r target; do
	ok "groups_$target belongs to a target" grep -qE "^([a-z0-9-]+ )*$target( [a-z0-9-]+)*:" "$SRC/Makefile"
done <"$T/targets"
ok "no target installs a service without being asked" no grep -E "^groups_.*:=.*(services|lava)" "$SRC/Makefile"
for group in $(sed -n "s,^groups_[a-z-]* := *,,p" "$SRC/Makefile" |
	sed "s|\$(if \$(filter [^ ]*,\([a-z]*\))|\1|" | tr " " "\n" | sort -u); do
	ok "the group $group has packages" grep -q "^$group " "$SRC/scripts/packages"
done
tap_end

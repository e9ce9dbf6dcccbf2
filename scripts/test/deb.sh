#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The packaging files agree with the rest of the tree. make check-deb builds the packages and uses them.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
debian=$SRC/scripts/debian
conf=$debian/zapbench-dkms.dkms

# The libraries that the build needs, but those of the compiler.
sed -n '/^Build-Depends:/,/^Standards-Version/p' "$debian/control" |
	tr -s ', ' '\n' | grep -E -- '-dev$' | sort >"$T/control"
ok "Build-Depends has the libraries of the group build" is "$(awk '$1 == "build" && /-dev$/ { print $2 }' \
	"$SRC/scripts/packages" | grep -vE '^(libc6|linux-libc)-dev$' | sort)" "$(cat "$T/control")"
# dpkg-buildpackage asks for it, though no Build-Depends names it.
ok "make deps deb brings build-essential" grep -qx "deb build-essential" "$SRC/scripts/packages"
ok "the maintainer is that of MAINTAINERS" is "$(sed -n 's/^Maintainer: //p' "$debian/control")" \
	"$(sed -n 's/^M:[[:space:]]*//p' "$SRC/MAINTAINERS" | head -n 1)"

# What dkms reads.
kernel_source_dir=/headers
# shellcheck source=/dev/null
value() { kernel_source_dir=$kernel_source_dir bash -c '. "$1"; echo "${!2}"' - "$conf" "$1"; }
ok "dkms builds the modules of Kbuild" is "$(value 'BUILT_MODULE_NAME[*]')" \
	"$(sed -n 's/^obj-m := //p' "$SRC/kpatch/module/Kbuild" | sed 's/\.o//g')"
ok "with the headers that it names" is "$(value 'MAKE[0]')" "KDIR=/headers scripts/module.sh built"
# The kernels of the modules, as stock.h has them: STOCK_IS(6, 1) is 6.1.
for kernel in 4.19.1 5.10.1 6.1.0-1-arm64 6.2.1 6.6.1 6.12.1+deb12-arm64 6.13.1 6.120.1 7.1.1 16.1.1; do
	echo "$kernel" | grep -qE "$(value BUILD_EXCLUSIVE_KERNEL)"
	excluded=$?
	version=$(echo "$kernel" | sed -n 's/^\([0-9]*\)\.\([0-9]*\)\..*/STOCK_IS(\1, \2)/p')
	sed -n '/^#if !(STOCK_IS/p' "$SRC/kpatch/module/stock.h" | grep -qF "$version"
	ok "$kernel: dkms and the modules agree" is $? $excluded
done

# An option of the kernel that is an #error in the modules: "#ifdef CONFIG_ARM_LPAE".
refused=$(awk '/^#error/ && option { print option } { option = $1 == "#ifdef" ? $2 : "" }' "$SRC"/kpatch/module/*.h)
ok "dkms leaves out kernels with an option that the modules refuse" is \
	"$(value BUILD_EXCLUSIVE_CONFIG | tr ' ' '\n' | sed -n 's/^!//p')" "${refused:-none}"

ok "deb.sh without arguments is a wrong use" errs 2 "usage:" -- "$SRC/scripts/deb.sh"
if command -v dpkg-buildpackage >/dev/null; then
	: >"$T/page"
	ok "so is an unknown architecture" errs 2 "DEB_HOST_ARCH=riscv64: expected" -- \
		env DEB_HOST_ARCH=riscv64 "$SRC/scripts/deb.sh" "$T/deb" 1.2.3 "$T/page"
fi
tap_end

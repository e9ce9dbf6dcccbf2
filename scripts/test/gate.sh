#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What make gate-accept writes, in a tree that has nothing else. make check-qemu and make gate measure.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
mkdir -p "$T/scripts" "$T/gate"
cp "$SRC/scripts/gate.sh" "$T/scripts/"
accept() { "$T/scripts/gate.sh" accept "$T/gate" "$@"; }
for name in qemu-6.12-4k qemu-6.1-4k-module; do
	echo '{"labels": [{"key":"image","value":"abc"}, {"key":"qemu","value":"7.2.22"}]}' >"$T/gate/$name.json"
done

ok "no reason is a wrong use" errs 2 "usage:" -- accept
ok "a result that was not measured is named" errs 2 "qemu-6.12-16k.json is missing; fix: make gate first" -- \
	env PAGE_SIZE=16k "$T/scripts/gate.sh" accept "$T/gate" why
ok "a result of the patch becomes the reference" exits 0 accept "a fault costs
less"
ok "so does one of the modules" exits 0 env HEAPS=module KERNEL=6.1 "$T/scripts/gate.sh" accept "$T/gate" "the first"
ok "in a folder of its own" cmp "$T/gate/qemu-6.1-4k-module.json" \
	"$T/results/reference/module/qemu-6.1-4k-module.json"
ok "each reason is a line, with the path of its reference" is "$(cat "$T/results/reference/REASONS")" "qemu-6.12-4k.json
  image abc, QEMU 7.2.22: a fault costs less
module/qemu-6.1-4k-module.json
  image abc, QEMU 7.2.22: the first"
tap_end

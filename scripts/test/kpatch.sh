#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The series of kernel patches: what they are asked for, their cover letters, and that nothing of the benchmark is sent.
# That they apply and build is checked by scripts/check-kernel-series.sh.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
unset SERIES SENDER BASE_COMMIT SEND KERNEL
result=$SRC/results/reference/qemu-6.12-4k.json
somebody='SENDER=Ann Example <ann@kernel.example>'
commit=BASE_COMMIT=0123456789012345678901234567890123456789

# series [VARIABLE=VALUE...]: into $T/series
series() { env "$@" "$SRC/scripts/kpatch-series.sh" "$T/series"; }
letter() { env SERIES=wc-heap "$@" "$SRC/scripts/kpatch-cover.sh" "$ZAPBENCH" "$result" "$T/series"; }
patches() { cat "$T"/series/*.patch; }

ok "an unknown series is a wrong use" errs 2 "no series other" -- series SERIES=other
ok "so is a sender without a mail address" errs 2 "fix: SENDER=" -- series SERIES=wc-heap SENDER=Ann
ok "and a commit that is none" errs 2 "fix: 40 hexadecimal" -- series SERIES=wc-heap BASE_COMMIT=main
ok "a series to send asks who sends it" errs 2 "fix: SENDER=" -- series SERIES=wc-heap SEND=yes "$commit"
ok "and for which commit" errs 2 "fix: BASE_COMMIT=" -- series SERIES=wc-heap SEND=yes "$somebody"
ok "the benchmark build is not for sending" errs 2 "not for sending" -- series SEND=yes "$somebody" "$commit"
ok "the series zap is for 6.12" errs 2 "KERNEL=6.12" -- series SERIES=zap KERNEL=6.1

ok "with both it is made" series SERIES=wc-heap SEND=yes "$somebody" "$commit"
ok "no placeholder is left" no grep -r -q zapbench.invalid "$T/series"
ok "the sender has signed each patch" is "$(grep -l '^Signed-off-by: Ann Example' "$T"/series/*.patch | wc -l)" \
	"$(find "$T/series" -name '*.patch' | wc -l)"
ok "the patches are numbered" grep -q '^Subject: \[PATCH 1/5\] ' "$T"/series/0001-*.patch
ok "its cover letter is written" letter "$somebody" "$commit"
ok "it says for which commit it is" says "$T/series/cover-letter" "base-commit: ${commit#*=}"
ok "it has a figure of each configuration" is "$(grep -c '^  [a-z-]*/zap-heap/.* [0-9][0-9]* instructions/' \
	"$T/series/cover-letter")" "$(grep -c '^[a-z-]*/zap-heap/' "$SRC/kpatch/wc-heap/cover")"
ok "no line of the table is left as it was" lacks "$T/series/cover-letter" "@figures" "@end"

result=$T/other.json
printf '{}' >"$result"
ok "what is no result is an error" no letter 2>"$T/err"
result=$T/null.json
ok "a run of another case" measured "$ZAPBENCH" run null --budget 0.3 --quiet --out "$result"
ok "a result without these figures is an error" errs 1 "no figure of" -- letter

# The rules that make it need Coccinelle.
if command -v spatch >/dev/null; then
	ok "the series zap is made" series SERIES=zap
	patches >"$T/all"
	ok "it has nothing of the benchmark" lacks "$T/all" zap_bench ZAP_BENCH zap_heap_account skip_clean
	ok "it has no header of bounce buffers" lacks "$T/all" swiotlb.h
fi
tap_end

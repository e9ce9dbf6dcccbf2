#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Adds a field to the record in a copy of the tree, as docs/adding.md says, and proves the promise of the format:
# records of every shape still read, and a program without the field keeps it.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

need "${CC:-cc}" gcc "a field is added"
# shellcheck source=bench/test/fixtures/recipe.sh
. "$SRC/bench/test/fixtures/recipe.sh"

now=$(sed -n 's|^#define RECORD_VERSION_MINOR \([0-9]*\).*|\1|p' "$SRC/bench/record/record.h")
next=$((now + 1))
ok "the tree is copied" copy_tree
ok "its files and lines fit" apply add-a-field-to-the-record
ok "four files were touched" is "$(wc -l <"$T/add-a-field-to-the-record.files")" 4

# build FOLDER PROGRAM OPTION...: a program that reads a record and writes it
build()
{
	folder=$1
	program=$2
	shift 2
	# shellcheck disable=SC2046 # words
	"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -I"$folder" -I"$SRC/kpatch/src/include/uapi" "$@" -o "$program" \
		"$SRC/bench/test/fixtures/copy-record.c" "$folder"/bench/record/*.c "$folder"/bench/base/*.c \
		$(pkg-config --cflags --libs jansson gsl zlib) -lm
}
ok "the program with the field builds" exits 0 build "$tree" "$T/new" -DNICE=5
ok "the program without it builds" exits 0 build "$SRC" "$T/old"

# --- what it does
kept() { says "$1" '"nice":5' '"schema_version": "1.'$next'"'; }
for file in "$SRC"/bench/test/fixtures/shapes/*.json.gz; do
	shape=$(basename "$file" .json.gz)
	ok "$shape: reads without the field" exits 0 "$T/new" "$file" "$T/$shape.json"
	ok "$shape: the field is written" kept "$T/$shape.json"
done
ok "the program without the field reads it" exits 0 "$T/old" "$T/8eab1d4.json" "$T/again.json"
ok "and keeps it" kept "$T/again.json"
ok "it exports" exits 0 "$ZAPBENCH" export --to csv "$T/again.json"
if command -v jsonschema >/dev/null; then
	ok "the new schema takes it" exits 0 jsonschema -i "$T/again.json" "$tree/results/schema/zapbench.schema.json"
fi
tap_end

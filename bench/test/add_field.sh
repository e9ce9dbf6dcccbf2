#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Adds a field to the record in a copy of the sources, as CONTRIBUTING.md says, and proves the promise of the format:
# records of every shape still read, and a program without the field keeps it.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

need "${CC:-cc}" gcc "a field is added"
copy=$T/copy
mkdir -p "$copy/results"
cp -r "$SRC/bench" "$copy/bench"
cp -r "$SRC/results/schema" "$copy/results/schema"
ln -s "$SRC/kpatch" "$copy/kpatch"

# --- the field
edit() { sed "$2" "$1" >"$T/edited" && ! cmp -s "$T/edited" "$1" && cp "$T/edited" "$1"; }
member='/^\tint64_t repeat_index, repeat_count;/s|$|\n\tchar *weather; /* outside */|'
now=$(sed -n 's|^#define RECORD_VERSION_MINOR \([0-9]*\).*|\1|p' "$copy/bench/record/record.h")
next=$((now + 1))
minor="s|^\\(#define RECORD_VERSION_MINOR\\) $now|\\1 $next|"
line='/^\tCOUNT("repeat_count", /s|$|\n\tTEXT("weather", record, weather, LATER),|'
entry='/^        "repeat_count": {/s|$|\n        "weather": { "description": "Outside.", "type": "string" },|'
ok "a member" edit "$copy/bench/record/record.h" "$member"
ok "a higher minor version" edit "$copy/bench/record/record.h" "$minor"
ok "a line in the tables" edit "$copy/bench/record/fields.c" "$line"
ok "an entry in the schema" edit "$copy/results/schema/zapbench.schema.json" "$entry"
changed=$(diff -rq "$SRC/bench" "$copy/bench" | wc -l)
changed=$((changed + $(diff -rq "$SRC/results/schema" "$copy/results/schema" | wc -l)))
ok "three files were touched" is "$changed" 3

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
ok "the program with the field builds" exits 0 build "$copy" "$T/new" '-DWEATHER="rain"'
ok "the program without it builds" exits 0 build "$SRC" "$T/old"

# --- what it does
kept() { says "$1" '"weather":"rain"' '"schema_version": "1.'$next'"'; }
for file in "$SRC"/bench/test/fixtures/shapes/*.json.gz; do
	shape=$(basename "$file" .json.gz)
	ok "$shape: reads without the field" exits 0 "$T/new" "$file" "$T/$shape.json"
	ok "$shape: the field is written" kept "$T/$shape.json"
done
ok "the program without the field reads it" exits 0 "$T/old" "$T/8eab1d4.json" "$T/again.json"
ok "and keeps it" kept "$T/again.json"
ok "it exports" exits 0 "$ZAPBENCH" export --to csv "$T/again.json"
if command -v jsonschema >/dev/null; then
	ok "the new schema takes it" exits 0 jsonschema -i "$T/again.json" "$copy/results/schema/zapbench.schema.json"
fi
tap_end

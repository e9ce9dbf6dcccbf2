#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Does the schema describe what record_write() writes? test_record writes an example of everything when given a path.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

schema=$SRC/results/schema/zapbench.schema.json
if ! command -v jsonschema >/dev/null; then
	skip "the schema" "no jsonschema; apt-get install python3-jsonschema"
	tap_end
	exit
fi
"$O/bench/test/test_record" "$T/record.json"

# With no other field allowed, a field that is written and not described is an error.
sed 's/"additionalProperties": true/"additionalProperties": false/' "$schema" >"$T/strict.json"
ok "describes every field" exits 0 jsonschema -i "$T/record.json" "$T/strict.json"

# Python starts once for all records: their verdicts are lines such as ===[SUCCESS]===(FILE)===.
: >"$T/wrong"
# wrong WHAT SED-COMMAND: the record changed so is no record any more
changed() { sed "$1" "$T/record.json" >"$T/$2"; ! cmp -s "$T/record.json" "$T/$2"; }
wrong()
{
	name=wrong-$(($(wc -l <"$T/wrong") + 1)).json
	echo "$name $1" >>"$T/wrong"
	ok "there is something to change for $1" changed "$2" "$name"
}
wrong "another major version" 's/"schema_version": "1\.[0-9]*"/"schema_version": "2.0"/'
wrong "a seed that is a number" 's/"seed":"[0-9]*"/"seed":7/'
wrong "a sample that is a string" 's/"disturbed": \[0,/"disturbed": ["0",/'
wrong "a negative count" 's/"operations": 4/"operations": -4/'
wrong "a missing field" 's/"case": /"caze": /'
wrong "an event not counted without a reason" 's/"why_not":"the PMU does not list it"/"why_not":null/'
wrong "a bin that there is not" 's/"bins": \[\[144,/"bins": [[1440,/'
sed 's/"schema_version": "1\.[0-9]*"/"schema_version": "1.9", "newer": 1/; s/"case": /"newer": [], "case": /' \
	"$T/record.json" >"$T/newer.json"

set -- --output pretty
for file in record.json newer.json $(cut -d ' ' -f 1 "$T/wrong"); do
	set -- "$@" -i "$T/$file"
done
ok "some of these are no records" exits 1 jsonschema "$@" "$schema"
cat "$T/out" "$T/err" >"$T/verdicts"
ok "takes a record" says "$T/verdicts" "[SUCCESS]===($T/record.json)"
ok "takes fields of a newer minor version" says "$T/verdicts" "[SUCCESS]===($T/newer.json)"
while read -r name what; do
	ok "refuses $what" says "$T/verdicts" "[ValidationError]===($T/$name)"
done <"$T/wrong"
tap_end

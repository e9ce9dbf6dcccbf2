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
ok "takes a record" exits 0 jsonschema -i "$T/record.json" "$schema"
ok "describes every field" exits 0 jsonschema -i "$T/record.json" "$T/strict.json"

# refuses WHAT SED-COMMAND: the record changed so is no record any more
changed() { sed "$1" "$T/record.json" >"$T/wrong.json"; ! cmp -s "$T/record.json" "$T/wrong.json"; }
refuses()
{
	ok "there is something to change for $1" changed "$2"
	ok "refuses $1" exits 1 jsonschema -i "$T/wrong.json" "$schema"
}

refuses "another major version" 's/"schema_version": "1\.[0-9]*"/"schema_version": "2.0"/'
refuses "a seed that is a number" 's/"seed":"[0-9]*"/"seed":7/'
refuses "a sample that is a string" 's/"disturbed": \[0,/"disturbed": ["0",/'
refuses "a negative count" 's/"operations": 4/"operations": -4/'
refuses "a missing field" 's/"case": /"caze": /'
refuses "an event not counted without a reason" 's/"why_not":"the PMU does not list it"/"why_not":null/'
refuses "a bin that there is not" 's/"bins": \[\[144,/"bins": [[1440,/'

sed 's/"schema_version": "1\.[0-9]*"/"schema_version": "1.9", "newer": 1/; s/"case": /"newer": [], "case": /' \
	"$T/record.json" >"$T/newer.json"
ok "takes fields of a newer minor version" exits 0 jsonschema -i "$T/newer.json" "$schema"
tap_end

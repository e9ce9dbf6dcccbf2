#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Commands that get no memory: report/test/no-memory.c says what they promise then.
#
# environment: NO_MEMORY_TRIES   tries per command and kind (8; 0: every allocation, which takes half an hour)
#              NO_MEMORY_RECORD  a results file (bench/test/fixtures/minimal.json)
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

if [ "$sanitized" = yes ]; then
	skip "commands without memory" "the sanitizers have a malloc() of their own"
	tap_end
	exit
fi
tries=${NO_MEMORY_TRIES:-8}
shapes=$SRC/bench/test/fixtures/shapes
cd "$T" || exit 1
mkdir base
cp -- "${NO_MEMORY_RECORD:-$SRC/bench/test/fixtures/minimal.json}" base/r.json
gzip -dc "$shapes/b5d4b8e.json.gz" >base/old.json
gzip -dc "$shapes/0bfbff0.journal.gz" >base/j.json.journal
"$ZAPBENCH" history --db base/full add base/old.json >out 2>&1 || sed 's/^/# /' out
# No programs for figures and PDF.
mkdir bin
for tool in cp rm mv diff grep head sed sh; do ln -s "$(command -v $tool)" bin/$tool; done

# The number has 15 letters: Jansson needs more room for the letter after it.
echo '{"number":0.1234567890123,"schema":"zapbench-recording","schema_version":"1.0"}' >base/wrong.json

# without STATUS COMMAND...: one allocation fails, then it and the rest
without()
{
	for kind in one rest; do
		tap_count=$((tap_count + 1))
		PATH=$T/bin "$O/report/test/no-memory" base "$tries" $kind "$@" >lines 2>&1 ||
			tap_failed=$((tap_failed + 1))
		sed "s/ok - /ok $tap_count - /" lines
	done
}

without 1 export --to csv r.json --out x
without 1 export --to openmetrics r.json --out x
without 1 export --to bmf r.json
without 1 recover j.json.journal
without 1 report r.json --out rep
without 1 report --brief r.json
without 4 history --db new add r.json
without 4 history --db full add r.json
without 4 history --db full list
without 4 history --db full check
without 4 history --db full dashboard pages
without 4 compare old.json r.json --unlike program,kernel,settings,configurations,machine
without 1 explain refault r.json
# Every allocation: this file is none, or there is no memory to know it.
tries=0
without 1 export --to csv wrong.json
tap_end

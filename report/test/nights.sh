# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Planted nights, for tests of what is told about a history. To be read by them, in $T.
history() { "$ZAPBENCH" history --db "$db" "$@"; }

# nights DB FILE DAY...: a night for each, made of FILE; DAY is a number, the times as much that it costs, and changes:
# path=value pairs in the record
cat >nights.py <<'PY'
import copy, json, os, random, sys
db, source = sys.argv[1:3]
base = json.load(open(source))
files = []
for day in sys.argv[3:]:
    number, factor, *changes = day.split(",")
    random.seed(int(number))
    r = copy.deepcopy(base)
    r["run"]["id"] = "night-%03d" % int(number)
    r["run"]["started_at"] = "2026-%02d-%02dT02:00:00Z" % (1 + int(number) // 28, 1 + int(number) % 28)
    noise = 1 if r["run"]["emulated"] else random.lognormvariate(0, 0.01)
    for c in r["configurations"]:
        column = c["value_column"]
        c["samples"][column] = [s if s is None else s * float(factor) * noise for s in c["samples"][column]]
    for change in changes:
        path, value = change.split("=", 1)
        *to, last = path.split(".")
        at = r
        for key in to:
            at = at.setdefault(key, {})
        at[last] = value
    files.append("%s-%s.json" % (db, number))
    json.dump(r, open(files[-1], "w"))
PY
nights()
{
	db=$1
	python3 nights.py "$@" || exit 1
	shift 2
	for day; do
		history add "$db-${day%%,*}.json" >/dev/null || echo "not ok 0 - night $day was not added"
	done
}
# shellcheck disable=SC2034 # for whoever reads this
quiet=$(seq 1 14 | sed 's/$/,1/')

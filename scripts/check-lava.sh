#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is promised of LAVA, by Debian's own: its dispatcher runs scripts/lava/qemu.yaml, every policy of the patched kernel on its QEMU
# device, and what it took for results is compared with the record that the guest wrote; a run that fails is a failed test case; the jobs
# for boards follow LAVA's schema. There is no server: device types and what its pages take for a name are read from its package.
# Called by make check-lava, which has built all of it. Arguments: the arm64 program, its sysroot, a folder for what is downloaded.
# The conditions are strings on purpose: ok() evaluates them.
# shellcheck disable=SC2016,SC2034,SC2317
set -u
SRC=$(cd "$(dirname "$0")/.." && pwd)
: "${O:=$SRC/build}"
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
program=$1
sysroot=$2
downloads=$3
python=/usr/bin/python3 # Debian's, which sees LAVA

# nothing REASON REMEDY: none of it can be tested here
nothing()
{
	echo "check-lava: skipped: $1; remedy: $2"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
}
command -v lava-run >/dev/null || nothing "lava-run is not installed" "make deps GROUPS=lava"
[ "$(id -u)" -eq 0 ] || nothing "lava-run wants to be root" "sudo make check-lava"

# The server is only unpacked, as installing it would mean a database and a web server.
version=$(dpkg-query -W -f '${Version}' lava-dispatcher)
server=$downloads/lava-server-$version
if [ ! -d "$server" ]; then
	(cd "$T" && apt-get download -qq "lava-server=$version" >"$T/out" 2>"$T/err" && dpkg -x lava-server_*.deb unpacked) ||
		nothing "lava-server $version cannot be downloaded: $(tail -n 1 "$T/err")" "apt-get update, with a network"
	mkdir -p "$downloads" && mv "$T/unpacked" "$server"
fi

# --- the jobs, by LAVA's own schema
jobs=$SRC/scripts/lava
cat >"$T/schema.py" <<'END'
import sys, yaml, lava_common.schemas as schemas
from lava_common.schemas.test.testdef import validate
data = yaml.safe_load(open(sys.argv[2]))
if sys.argv[1] == "job":
    schemas.validate(data)
    schemas.extra_checks(data)
else:
    validate(data)
END
follows() { "$python" "$T/schema.py" "$@" 2>"$T/err" || { tail -n 1 "$T/err" | sed 's/^/# /'; return 1; }; }
no() { ! "$@"; }
# What is to be filled in is named and explained in the comments, and nothing else is.
explained()
{
	sed -n 's/^#   \(@[A-Z_]*@\)  *[^ ].*/\1/p' "$1" | LC_ALL=C sort >"$T/explained"
	grep -v '^#' "$1" | grep -o '@[A-Z_]*@' | LC_ALL=C sort -u | cmp -s - "$T/explained"
}
for job in qemu rk3588-rock-5b bcm2711-rpi-4-b; do
	ok "$job.yaml explains what is to be filled in" explained "$jobs/$job.yaml"
	sed 's/@[A-Z_]*@/filled-in/g' "$jobs/$job.yaml" >"$T/filled.yaml"
	ok "filled in it follows the schema of jobs" follows job "$T/filled.yaml"
done
ok "the test definition follows the schema of test definitions" follows definition "$jobs/zapbench.yaml"
sed 's/^    prompts:/    prompt:/' "$T/filled.yaml" >"$T/wrong.yaml"
ok "the schema sees what is wrong" no follows job "$T/wrong.yaml"

# --- what jobs fetch: the kernel, the ramdisk, and this tree as a repository
image=$("$SRC/scripts/kernel-build.sh" all-on) || exit 1
ok "a ramdisk" exits 0 "$jobs/ramdisk.sh" "$program" "$sysroot" "$T/ramdisk.cpio"
repository=$T/repository
mkdir -p "$repository/scripts"
cp -r "$jobs" "$repository/scripts/"
commit() { git -C "$repository" add . && git -C "$repository" -c user.name=test -c user.email=test@example.org commit -q -m test; }
ok "a repository" eval 'git init -q "$repository" && commit'

# lava NAME SED: runs qemu.yaml, changed by SED. NAME.results: a line a test case, "case result measurement units";
# NAME.record: what the guest wrote, if it did; NAME.ends: how job and test ended. A device is made for the job as a server does it.
cat >"$T/results.py" <<'END'
import base64, gzip, sys, yaml
log, name = sys.argv[1:]
cases, record, within, ends = [], "", False, []
for line in open(log):
    if '"lvl": "results"' in line:
        m = yaml.safe_load(line)["msg"]
        if m["definition"] != "lava":
            cases.append("%s %s %s %s\n" % (m["case"], m["result"], m.get("measurement", "-"), m.get("units", "-")))
        elif m["case"] in ("job", "0_zapbench"):
            ends.append("%s %s %s\n" % (m["case"], m["result"], m.get("error_msg", "")))
    elif '"lvl": "target"' in line:
        m = yaml.safe_load(line)["msg"]
        within = within and m != "zapbench-record-end"
        record += m if within else ""
        within = within or m.startswith("zapbench-record:")
open(name + ".results", "w").writelines(cases)
open(name + ".ends", "w").writelines(ends)
if record:
    open(name + ".record", "wb").write(gzip.decompress(base64.b64decode(record)))
END
lava()
{
	sed -e "s,@KERNEL_URL@,file://$image," -e "s,@RAMDISK_URL@,file://$T/ramdisk.cpio," -e "s,@REPOSITORY_URL@,file://$repository," \
		-e "$2" "$jobs/qemu.yaml" >"$T/$1.yaml"
	"$python" -c 'import sys, yaml, jinja2; print(jinja2.Environment(loader=jinja2.FileSystemLoader(sys.argv[1])).get_template("qemu.jinja2").render(yaml.safe_load(open(sys.argv[2]))["context"]))' \
		"$server/usr/share/lava-server/device-types" "$T/$1.yaml" >"$T/$1.device" || return 1
	timeout --foreground 600 lava-run --job-id "zapbench-$$" --output-dir "$T/$1.out" --device "$T/$1.device" "$T/$1.yaml" >"$T/$1.log" 2>&1 </dev/null
	lava_status=$?
	"$python" "$T/results.py" "$T/$1.log" "$T/$1"
	return "$lava_status"
}
# has NAME TEST-CASE RESULT: LAVA has it once, with that result and without a measurement
has() { [ "$(grep -cF "$2 " "$T/$1.results")" -eq 1 ] && grep -qxF "$2 $3 - -" "$T/$1.results" && return 0; sed 's/^/# /' "$T/$1.results" | tail -n 5; return 1; }
ended() { says "$T/$1.ends" "$2"; }

# --- every policy, every figure
started=$(date +%s)
ok "lava-run boots the patched kernel and runs zapbench" lava all ""
echo "# that took $(($(date +%s) - started)) s"
ok "the job ended well" ended all "job pass"
ok "and so did the test" ended all "0_zapbench pass"
ok "zapbench ran" has all zapbench-run pass
ok "the record came through the log, and follows the schema" exits 0 "$python" -c \
	'import json,sys,jsonschema; jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' "$T/all.record" "$SRC/results/schema/zapbench.schema.json"
# By the table of the record, and apart from what export --to lava makes of it.
cat >"$T/compare.py" <<'END'
import csv, re, sys
table, results, urls = sys.argv[1:4]
allowed = re.compile(re.search(r"\(\?P<case_id>(\[.*a-z.*\]\+)\)", open(urls).read())[1])
def mapped(text):
    return re.sub("[^-_a-zA-Z0-9.+]", "_", re.sub("[/: ]", ".", text))
wanted = {}
for r in csv.DictReader(open(table, newline="")):
    name = ("emulated." if r["emulated"] == "true" else "") + mapped(r["configuration"]) + "." + mapped(r["figure"])
    assert name not in wanted, "two figures are one: " + name
    wanted[name] = "pass", float(r["value"]), r["unit"].replace(" ", "_") or "-"
got = {}
for line in open(results):
    name, result, value, unit = line.split()
    assert allowed.fullmatch(name), "LAVA's pages have no address for " + name
    assert name not in got, "twice: " + name
    got[name] = result, None if value == "-" else float(value), unit
assert got.pop("zapbench-run")[0] == "pass"
result, count, unit = got.pop("zapbench-cases")
assert (result, count, unit) == ("pass", len(got), "cases"), (result, count, unit, len(got))
assert len(got) == len(wanted), (len(got), len(wanted))
for name in wanted:
    assert got[name] == wanted[name], (name, got[name], wanted[name])
print(len(got), "figures")
END
agree()
{
	exits 0 "$O/zapbench" export --to csv --out "$T/$1.csv" "$T/$1.record" &&
		exits 0 "$python" "$T/compare.py" "$T/$1.csv" "$T/$1.results" "$server/usr/lib/python3/dist-packages/lava_results_app/urls.py"
}
ok "LAVA's results are the record's figures: names, values, units, count" agree all
sed 's/^/# /' "$T/out"
for policy in eager.page eager.huge lazy.around lazy.buffer cached.none uncached.none refuse.none; do
	ok "$policy is among them" grep -q "^emulated.frame.zap-heap.$policy.2M.access_read.median pass [1-9][0-9.]* instructions/frame\$" "$T/all.results"
done
ok "no unit is a time" no grep -qE ' (ns|s)(/|$)' "$T/all.results"
cp "$T/all.results" "$T/right"
sed '10d' "$T/right" >"$T/all.results"
ok "a lost result is seen" eval 'no agree all >/dev/null'
sed '10s/ pass [0-9]/&1/' "$T/right" >"$T/all.results"
ok "a changed one is seen" eval 'no agree all >/dev/null'

# --- what is no figure. The program is a script here, that gives back a record with planted flaws.
cat >"$T/plant.py" <<'END'
import json, sys
r = json.load(open(sys.argv[1]))
r["configurations"] = r["configurations"][:3]
c = r["configurations"][1]
c["faults_expected"] = c["faults_expected_max"] = c["faults_expected"] + 7
for event in r["configurations"][2]["counters"]:
    if event["event"] == "page-faults":
        event.update(counted=False, why_not="it's <not> there", per_operation=None, lower=None, upper=None)
r["skipped"] = [{"name": "refault/zap-heap/none/2M", "reason": "planted", "remedy": ""}]
json.dump(r, open(sys.argv[2], "w"))
END
cat >"$repository/planted" <<'END'
#!/bin/sh
[ "$1" = run ] || exec zapbench "$@"
for file; do :; done
cp planted.json "$file"
exit 3
END
chmod 755 "$repository/planted"
ok "a record with flaws" exits 0 "$python" "$T/plant.py" "$T/all.record" "$repository/planted.json"
ok "is committed" commit
ok "a run with invalid samples" lava planted "s,^\( *\)ARGUMENTS:.*,\1ZAPBENCH: ./planted,"
ok "has run" has planted zapbench-run pass
invalid=emulated.refault.zap-heap.eager.page.2M
ok "what is invalid is unknown, without a measurement" has planted "$invalid.access_read.median" unknown
ok "nor has it another figure" no grep -q "^$invalid.access_read.[^m]" "$T/planted.results"
ok "an event that was not counted is skipped" has planted "$invalid.page-faults" skip
ok "and what was not run" has planted emulated.refault.zap-heap.none.2M.median skip
ok "what is a figure has its measurement" grep -q "^$invalid.median pass [1-9]" "$T/planted.results"
ok "the log says why" eval 'grep -q "INVALID: " "$T/planted.log" && grep -q "it.s ?not? there" "$T/planted.log"'

# --- what fails
ok "a program that fails" lava fails "s,^\( *\)ARGUMENTS:.*,\1ZAPBENCH: 'false',"
ok "is a failed test case" has fails zapbench-run fail
ok "and the only one" [ "$(wc -l <"$T/fails.results")" -eq 1 ]
printf '#!/bin/sh\npoweroff -f\n' >"$repository/dies"
chmod 755 "$repository/dies"
ok "a guest" commit
ok "that dies is a job that failed" eval 'no lava dies "s,^\( *\)ARGUMENTS:.*,\1ZAPBENCH: ./dies,"'
ok "by LAVA, too" ended dies "job fail Connection closed"
ok "and a test that did" ended dies "0_zapbench fail"
ok "with no figure of it" [ ! -s "$T/dies.results" ]
tap_end
status=$?
echo "$((tap_count - tap_failed)) passed, $tap_failed failed, 0 skipped"
exit $status

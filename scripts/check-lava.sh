#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is promised of LAVA, with Debian's LAVA: its dispatcher runs scripts/lava/qemu.yaml, which measures every policy
# of the patched kernel on a QEMU device. What it took for results is compared with the record that the guest wrote. A
# run that fails is a failed test case. The jobs for boards follow LAVA's schema. There is no server: device types and
# the addresses of its pages are read from its package. Called by make check-lava, which has built all of it. Arguments:
# the arm64 program, its sysroot, a folder for downloads.
# shellcheck disable=SC2016,SC2317 # ok() evaluates conditions, and calls functions
set -u
SRC=$(cd "$(dirname "$0")/.." && pwd)
: "${O:=$SRC/build}"
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
program=$1
sysroot=$2
downloads=$3
python=/usr/bin/python3 # Debian's, which has LAVA's modules
fixtures=$SRC/scripts/test/fixtures

# cannot_run REASON FIX: nothing can be tested here
cannot_run()
{
	echo "check-lava: skipped: $1; fix: $2"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
}
command -v lava-run >/dev/null || cannot_run "lava-run is missing" "make deps GROUPS=lava"
[ "$(id -u)" -eq 0 ] || cannot_run "lava-run needs root" "sudo make check-lava"

# The server is only unpacked: installing it would bring a database and a web server.
version=$(dpkg-query -W -f '${Version}' lava-dispatcher)
server=$downloads/lava-server-$version
if [ ! -d "$server" ]; then
	(
		cd "$T" && apt-get download -qq "lava-server=$version" >"$T/out" 2>"$T/err" &&
			dpkg -x lava-server_*.deb unpacked
	) || cannot_run "lava-server $version cannot be downloaded: $(tail -n 1 "$T/err")" "apt-get update"
	mkdir -p "$downloads" && mv "$T/unpacked" "$server"
fi

# --- the jobs, by LAVA's own schema
jobs=$SRC/scripts/lava
follows()
{
	"$python" "$fixtures/lava_schema.py" "$@" 2>"$T/err" && return
	tail -n 1 "$T/err" | sed 's/^/# /'
	return 1
}
# The comments explain each placeholder of a job, and no other.
explained()
{
	sed -n 's/^#   \(@[A-Z_]*@\)  *[^ ].*/\1/p' "$1" | LC_ALL=C sort >"$T/explained"
	grep -v '^#' "$1" | grep -o '@[A-Z_]*@' | LC_ALL=C sort -u | cmp -s - "$T/explained"
}
for job in qemu rk3588-rock-5b bcm2711-rpi-4-b; do
	ok "$job.yaml explains its placeholders" explained "$jobs/$job.yaml"
	sed 's/@[A-Z_]*@/filled-in/g' "$jobs/$job.yaml" >"$T/filled.yaml"
	ok "$job.yaml, filled in, follows the schema of jobs" follows job "$T/filled.yaml"
done
ok "the test definition follows its schema" follows definition "$jobs/zapbench.yaml"
sed 's/^    prompts:/    prompt:/' "$T/filled.yaml" >"$T/wrong.yaml"
ok "the schema refuses a wrong job" no follows job "$T/wrong.yaml"

# --- what jobs fetch: the kernel, the ramdisk, and this tree as a repository
image=$("$SRC/scripts/kernel-build.sh" all-on) || exit 1
ok "a ramdisk" exits 0 "$jobs/ramdisk.sh" "$program" "$sysroot" "$T/ramdisk.cpio"
repository=$T/repository
mkdir -p "$repository/scripts"
cp -r "$jobs" "$repository/scripts/"
commit()
{
	git -C "$repository" add . &&
		git -C "$repository" -c user.name=test -c user.email=test@example.org commit -q -m test
}
git init -q "$repository"
ok "a repository" commit

# lava NAME SED: runs qemu.yaml, changed by SED, on a device that is made as a server makes it. NAME.results has a line
# per test case, "case result measurement units"; NAME.record is what the guest wrote; NAME.ends tells how job and test
# ended.
lava()
{
	sed -e "s,@KERNEL_URL@,file://$image," -e "s,@RAMDISK_URL@,file://$T/ramdisk.cpio," \
		-e "s,@REPOSITORY_URL@,file://$repository," -e "$2" "$jobs/qemu.yaml" >"$T/$1.yaml"
	"$python" "$fixtures/lava_device.py" "$server/usr/share/lava-server/device-types" "$T/$1.yaml" \
		>"$T/$1.device" || return 1
	timeout --foreground 600 lava-run --job-id "zapbench-$$" --output-dir "$T/$1.out" \
		--device "$T/$1.device" "$T/$1.yaml" >"$T/$1.log" 2>&1 </dev/null
	lava_status=$?
	"$python" "$fixtures/lava_results.py" "$T/$1.log" "$T/$1"
	return "$lava_status"
}
# has NAME TEST-CASE RESULT: LAVA has it once, with that result and without a measurement
has()
{
	[ "$(grep -cF "$2 " "$T/$1.results")" -eq 1 ] && grep -qxF "$2 $3 - -" "$T/$1.results" && return 0
	sed 's/^/# /' "$T/$1.results" | tail -n 5
	return 1
}
ended() { says "$T/$1.ends" "$2"; }

# --- every policy, every figure
started=$(date +%s)
ok "lava-run boots the patched kernel and runs zapbench" lava all ""
echo "# that took $(($(date +%s) - started)) s"
ok "the job passed" ended all "job pass"
ok "the test passed" ended all "0_zapbench pass"
ok "zapbench ran" has all zapbench-run pass
ok "the record came through the log, and follows the schema" exits 0 \
	jsonschema -i "$T/all.record" "$SRC/results/schema/zapbench.schema.json"
# By the export to CSV, which is independent of export --to lava.
agree()
{
	exits 0 "$O/zapbench" export --to csv --out "$T/$1.csv" "$T/$1.record" &&
		exits 0 "$python" "$fixtures/lava_compare.py" "$T/$1.csv" "$T/$1.results" \
			"$server/usr/lib/python3/dist-packages/lava_results_app/urls.py"
}
ok "LAVA's results are the record's figures: names, values, units, count" agree all
sed 's/^/# /' "$T/out"
for policy in eager.page eager.huge lazy.around lazy.buffer cached.none uncached.none refuse.none; do
	figure=emulated.frame.zap-heap.$policy.2M.access_read.median
	ok "$policy is one of them" grep -q "^$figure pass [1-9][0-9.]* instructions/frame\$" "$T/all.results"
done
ok "no unit is a time" no grep -qE ' (ns|s)(/|$)' "$T/all.results"
cp "$T/all.results" "$T/right"
sed '10d' "$T/right" >"$T/all.results"
disagree() { ! agree "$@" >/dev/null; }
ok "the comparison sees a lost result" disagree all
sed '10s/ pass [0-9]/&1/' "$T/right" >"$T/all.results"
ok "the comparison sees a changed result" disagree all

# --- what has no figure. The program is a script here that gives back a record with planted flaws.
cat >"$repository/planted" <<'END'
#!/bin/sh
[ "$1" = run ] || exec zapbench "$@"
for file; do :; done
cp planted.json "$file"
exit 3
END
chmod 755 "$repository/planted"
ok "a record with flaws" exits 0 "$python" "$fixtures/lava_plant.py" "$T/all.record" "$repository/planted.json"
ok "the program that gives it back" commit
ok "a run with invalid samples" lava planted "s,^\( *\)ARGUMENTS:.*,\1ZAPBENCH: ./planted,"
ok "it ran" has planted zapbench-run pass
invalid=emulated.refault.zap-heap.eager.page.2M
ok "an invalid figure is unknown, without a measurement" has planted "$invalid.access_read.median" unknown
ok "it has no other figure" no grep -q "^$invalid.access_read.[^m]" "$T/planted.results"
ok "an event that was not counted is skipped" has planted "$invalid.page-faults" skip
ok "so is a configuration that was not run" has planted emulated.refault.zap-heap.none.2M.median skip
ok "a valid figure has its measurement" grep -q "^$invalid.median pass [1-9]" "$T/planted.results"
ok "the log says what is invalid" grep -q "INVALID: " "$T/planted.log"
ok "the log says why an event was not counted" grep -q "it.s ?not? there" "$T/planted.log"

# --- failures
ok "a program that fails" lava fails "s,^\( *\)ARGUMENTS:.*,\1ZAPBENCH: 'false',"
ok "it is a failed test case" has fails zapbench-run fail
ok "there is no other test case" [ "$(wc -l <"$T/fails.results")" -eq 1 ]
printf '#!/bin/sh\npoweroff -f\n' >"$repository/dies"
chmod 755 "$repository/dies"
ok "a guest that dies" commit
ok "lava-run fails" no lava dies "s,^\( *\)ARGUMENTS:.*,\1ZAPBENCH: ./dies,"
ok "the job failed" ended dies "job fail Connection closed"
ok "the test failed" ended dies "0_zapbench fail"
ok "no figure is left" [ ! -s "$T/dies.results" ]
tap_end
status=$?
echo "$((tap_count - tap_failed)) passed, $tap_failed failed, 0 skipped"
exit $status

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench observe on a machine without dma-bufs, and what model and report make of an observation. test_observe*.c have
# the rules; make check-module watches real buffers.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
# Of a guest of make check-module: 12 buffers of 1080p, half of each read 30 times per second.
seen=$SRC/bench/test/fixtures/observed.json

ok "a program without dma-bufs" exits 3 "$ZAPBENCH" observe --out none.json -- sh -c 'echo from the program'
ok "its output is there" says out "from the program"
ok "it is said" says out "No dma-buf was seen" "exit status of the command: 0" "lost samples: 0" \
	"frames per second: not known"
ok "a program that fails has its status" errs 1 "sh: exit status 7" -- "$ZAPBENCH" observe -- sh -c 'exit 7'
ok "what was seen is printed nevertheless" says out "exit status of the command: 7"
ok "one that is not there" errs 1 "no-such-program: No such file" "fix: " -- "$ZAPBENCH" observe -- no-such-program
ok "a process that is not there" errs 1 "process 4194303: No such process" "fix: " -- \
	"$ZAPBENCH" observe --pid 4194303
ok "a process and a program" errs 2 "not both" -- "$ZAPBENCH" observe --pid 1 -- true
for wrong in "--pid 0" "--pid x" "--seconds 0" "--seconds x" ""; do
	# shellcheck disable=SC2086 # words
	ok "wrong use: $wrong" exits 2 "$ZAPBENCH" observe $wrong
done
ok "options after -- are the program's" exits 3 "$ZAPBENCH" observe -- env --version
ok "a file that cannot be written" errs 1 "no/such/folder" -- "$ZAPBENCH" observe --out no/such/folder -- echo ran
ok "is told before the program starts" lacks out ran
ok "a file whose disk is full" errs 1 "/dev/full: No space left" "fix: " -- "$ZAPBENCH" observe --out /dev/full -- true
ok "what was seen is printed all the same" says out "No dma-buf was seen"
full() { "$ZAPBENCH" observe -- true >/dev/full; }
ok "tables that cannot be written" errs 1 "standard output: No space left" -- full
ok "JSON on standard output" exits 3 "$ZAPBENCH" observe --out - -- true
cp out stream.json

interrupted()
{
	terminal "$ZAPBENCH" observe --seconds 60 -- sleep 60 &
	for _ in $(seq 100); do
		pgrep -P $! -x sleep >/dev/null && break
		sleep 0.05
	done
	kill -INT $!
	wait $!
}
ok "SIGINT ends it early, with what was seen" exits 3 interrupted
ok "which is said" says out "it was interrupted"

# As some daemons leave it to what they start.
without_children() { env --ignore-signal=CHLD "$@"; }
ok "the end of a program is seen where SIGCHLD is ignored" exits 3 without_children "$ZAPBENCH" observe -- true
ok "and is told" says out "the process ended" "exit status of the command: 0"

# Calls on another file are calls, too; they fail, and are counted by their flags.
cat >calls.c <<'END'
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct dma_buf_sync kept = { .flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW };

int main(void)
{
	int fd = open("/dev/null", O_RDWR);

	for (int i = 0; i < 20; i++) {
		struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ };

		ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
		ioctl(fd, DMA_BUF_IOCTL_SYNC + 1, &sync);
	}
	ioctl(fd, DMA_BUF_IOCTL_SYNC, &kept);
	usleep(200000); /* flags that are not on the stack are read while it lives */
	return 0;
}
END
with_tracefs() { unshare -m "$SRC/bench/test/fixtures/with_tracefs.sh" "$@"; }
if with_tracefs test -r /sys/kernel/tracing/events/syscalls/sys_enter_ioctl/id 2>/dev/null; then
	ok "a program that calls SYNC builds" exits 0 gcc -o calls calls.c
	ok "its calls are seen" exits 3 with_tracefs "$ZAPBENCH" observe --out calls.json -- ./calls
	tr -d ' \n' <calls.json >flat
	ok "those with flags on the stack" says flat '{"call":"STARTREAD","calls":20,"failed":20,'
	ok "those with flags elsewhere" says flat '{"call":"ENDREAD|WRITE","calls":1,"failed":1,' '"flags_read_later":1,'
	tr -s ' \n' ' ' <out >words
	ok "which may be those of a later call" says words "flags were read after the call: 1. Where the application uses"
	ok "SYNC was watched" says flat '"sync_watched":true,"faults_watched":true'
else
	skip "calls of SYNC" "no tracefs for this user, or a kernel without CONFIG_FTRACE_SYSCALLS"
fi

# A program of 32 bits that calls pause().
if [ "$(uname -m)" = x86_64 ]; then
	printf '\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\3\0\1\0\0\0\124\200\4\10\64\0\0\0\0\0\0\0\0\0\0\0' >compat
	printf '\64\0\40\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\200\4\10\0\200\4\10\133\0\0\0\133\0\0\0\5\0\0\0' >>compat
	printf '\0\20\0\0\270\35\0\0\0\315\200' >>compat
	chmod +x compat
fi
if [ "$(timeout 0.2 ./compat 2>/dev/null; echo $?)" = 124 ]; then
	for command in "exec ./compat" "./compat; true"; do
		ok "a program of 32 bits: $command" exits 3 "$ZAPBENCH" observe --seconds 1 -- sh -c "$command"
		tr -s ' \n' ' ' <out >words
		# In a row or in lines of their own, by what else there is to say.
		ok "has system calls that are unknown" grep -qE \
			"system calls (reason: )?a watched process is a.* (fix: )?watch a build of 64" words
	done
else
	skip "a program of 32 bits" "this kernel does not run one"
fi

# Of a program that a user may not read the kernel shows that user nothing.
other() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
cp "$ZAPBENCH" zapbench
cp "$(command -v env)" sealed
chmod 711 . sealed
other ./zapbench observe -- true >all 2>/dev/null
if [ "$(id -u)" -eq 0 ] && grep -q "on other memory" all; then
	ok "a program that may be read is no gap" lacks all "programs of other rights"
	ok "one that may not" exits 3 other ./zapbench observe -- ./sealed
	tr -s ' \n' ' ' <out >words
	ok "is named with its fix" says words "programs of other rights" "1 program is set-user-ID or not readable" \
		"run as root"
	ok "and its faults are not none" lacks words "page faults on other memory"
else
	skip "a program that may not be read" "no other user, or no perf events for one"
fi

# Without tracefs only SYNC is missing, and users without rights lose what the kernel keeps from them.
if [ ! -e /sys/kernel/tracing/events ]; then
	ok "what is missing is named with its fix" says "$T/none.json" '"what":"SYNC calls' "mount -t tracefs" \
		'"sync_watched": false'
fi

# --- model and report
minimal=$SRC/bench/test/fixtures/minimal.json
emulated=$SRC/results/reference/qemu-6.12-4k.json
flat()
{
	tr -s ' \n' ' ' <"$1" >flat
	shift
	says flat "$@"
}
ok "model takes it" exits 0 "$ZAPBENCH" model "$emulated" --observed "$seen"
ok "in a sentence" flat out "The application maps 12 dma-bufs of 3040K (udmabuf); reads each 2.5 times per second" \
	"touches 50 % of their pages or more"
ok "with its frame" flat out "3040K, filled by a device, 50 % of it or more read by the CPU, 1 mapping, 6 frames"
ok "and what each policy costs" flat out "(uncached) would cost 787978 instructions per frame, bounce 983964"
ok "which is emulated" flat out "EMULATED: these are instructions, not times"
sed 's/"emulated": false/"emulated": true/; s/"read_starts":6/"read_starts":1/' "$seen" >once.json
ok "buffers that are read once" exits 0 "$ZAPBENCH" model "$emulated" --observed once.json
ok "are said to be" flat out "(udmabuf); reads each once; touches"
ok "and have one frame" flat out "1 mapping, 1 frame per buffer"
sed '/"inode":1,/s/"read_starts":6/"read_starts":1/; /"inode":1,/!s/"read_starts":6/"read_starts":0/' "$seen" >part.json
ok "so has one of them, if the others are not read" exits 0 "$ZAPBENCH" model "$emulated" --observed part.json
ok "as no buffer has a part of a frame" flat out "1 mapping, 1 frame per buffer"
sed 's/"syncs":[0-9]*/"syncs":0/; s/_starts":[0-9]*/_starts":0/g' "$seen" >lostfd.json
ok "SYNC of buffers that had gone" exits 0 "$ZAPBENCH" model "$emulated" --observed lostfd.json
ok "is not called none" flat out "It calls SYNC, but for which buffers is unknown"
sed '/{"call":/d' lostfd.json >nosync.json
cp "$emulated" lacks.json
standard_python "$SRC/report/test/fixtures/without.py" "frame/zap-heap/bounce" lacks.json
ok "a result without a policy" exits 0 "$ZAPBENCH" model lacks.json --observed "$seen"
ok "names the run that measures it" flat out "bounce NOT known to measure it: zapbench run --profile matrix"
# Times, as of a board: by unit costs that are instructions.
sed 's/"emulated": *true/"emulated": false/g; s/"instructions"/"ns"/' "$emulated" >timed.json
rate() { sed -n 's/^ *uncached .* \([0-9.]*\) % of a CPU.*/\1/p' "$1"; }
ok "at the rate of its frames" exits 0 "$ZAPBENCH" model timed.json --observed "$seen"
cp out camera.txt
sed 's/"write_starts":0/"write_starts":6/' "$seen" >both.json
ok "buffers that are read and written" exits 0 "$ZAPBENCH" model timed.json --observed both.json
ok "are both in one frame" flat out "3040K, filled by the CPU, 50 % of it or more read by the CPU, 1 mapping, 6 frames"
ok "at the same rate, for more work" awk -v one="$(rate camera.txt)" -v both="$(rate out)" \
	'BEGIN { exit !(one > 0 && both > 1.3 * one && both < 4 * one) }'
sed 's/"frames": 72/"frames": 144/; s/"frames_per_s": 29.98/"frames_per_s": 59.97/' both.json >twice.json
ok "where each START counted as a frame" exits 0 "$ZAPBENCH" model timed.json --observed twice.json
cp out twice.txt
"$ZAPBENCH" model timed.json --observed both.json >both.txt
ok "it is the same rate" [ "$(rate twice.txt)" = "$(rate both.txt)" ]
sed 's/"read_starts":6/"read_starts":0/; s/"write_starts":0/"write_starts":6/' "$seen" >writer.json
ok "buffers that are written" exits 0 "$ZAPBENCH" model timed.json --observed writer.json
ok "are read by a device" flat out "3040K, filled by the CPU, read by a device, 1 mapping, 6 frames per buffer"
sed '/"inode":1,/s/udmabuf/other/' "$seen" >kinds.json
ok "a kind of buffers more" exits 0 "$ZAPBENCH" model timed.json --observed kinds.json
ok "is not in the figures, which is said" flat out "1 other kind of mapped buffers is not in these figures"
ok "without SYNC" exits 0 "$ZAPBENCH" model "$emulated" --observed nosync.json
ok "what the CPU does is assumed, and how often" flat out "which is an upper bound: give --use" \
	"How many frames each buffer holds is not known: 4 is assumed"
sed 's/"SYNC START"/"VIDIOC_DQBUF"/' nosync.json >dqbuf.json
ok "frames of a queue" exits 0 "$ZAPBENCH" model "$emulated" --observed dqbuf.json --use camera
ok "are those of its buffers" flat out "filled by a device, 50 % of it or more read by the CPU, 1 mapping, 6 frames"
ok "and what was said is not assumed" no grep -E "upper bound|assumed" out
"$ZAPBENCH" model "$emulated" --observed nosync.json >out
ok "coherence is at risk" flat out "It calls no SYNC: with a cached heap such as system it can read old bytes"
sed 's/"sync_watched": true/"sync_watched": false/' nosync.json >unwatched.json
ok "SYNC that was not watched" exits 0 "$ZAPBENCH" model "$emulated" --observed unwatched.json
ok "is unknown, not none" flat out "Whether it calls SYNC is unknown"
sed 's/s":[0-9]*,"munmaps/s":null,"munmaps/; s/munmaps":[0-9]*/munmaps":null/; s/_samples": 0/_samples": null/
	s/_starts":[0-9]*/_starts":null/g; s/syncs":[0-9]*/syncs":null/; s/faults":[0-9]*/faults":null/
	s/faulted":[0-9]*/faulted":null/; s/_watched": true/_watched": false/; s/frames_by": ".*"/frames_by": ""/
	s/"frames": [0-9]*/"frames": null/' nosync.json >null.json
ok "an observation of /proc alone" exits 0 "$ZAPBENCH" report "$minimal" --observed null.json --no-pdf --out null
ok "has no 0 where nothing was counted" flat null/report.txt "udmabuf 3040K 12 of 12 - - - - - -" \
	"SYNC and VIDIOC_DQBUF were not watched"
gap() { printf '{"what":"%s","reason":"R","remedy":"%s"}' "$@"; }
sed "s/\"not_watched\": \[\]/\"not_watched\": [$(gap A F),$(gap B ''),$(gap C F)]/" "$seen" >gaps.json
ok "an observation with gaps" exits 0 "$ZAPBENCH" model "$emulated" --observed gaps.json
ok "has those of one reason and fix in a row" flat out "A, C R F" "B R none known"
ok "and no row of them twice" no grep -q "^ *C " out
ok "and speaks of no samples" no grep "lost samples" null/report.txt
sed "s/\"syncs\":[0-9]*/\"syncs\":750599937895083/" "$seen" >many.json
ok "counts whose sum overflows" errs 2 "many.json: \$.buffers[0].syncs: expected an integer of 0 to 750599937895082" \
	-- "$ZAPBENCH" model "$emulated" --observed many.json
sed 's/"page_bytes": 4096/"page_bytes": 0/' "$seen" >page.json
ok "pages of no bytes" errs 2 "page.json: \$.page_bytes: expected an integer of 1 or more, found 0" -- \
	"$ZAPBENCH" model "$emulated" --observed page.json
sed 's/"lost_samples": 0/"lost_samples": 9/' nosync.json >lost.json
ok "lost samples" exits 0 "$ZAPBENCH" model "$emulated" --observed lost.json
ok "are told, and make no claim" flat out "lost samples: 9: all counts are lower bounds" \
	"No call of SYNC was seen, but samples were lost"
ok "a size after it changes the frame" exits 0 "$ZAPBENCH" model "$emulated" --observed "$seen" --bytes 4M
ok "which is used" flat out "A frame of it: 4M"
ok "an observation without a mapping" errs 2 "no mapped dma-buf was observed" "fix: " -- \
	"$ZAPBENCH" model "$emulated" --observed none.json
ok "JSON from standard output, which has nothing else" errs 2 "no mapped dma-buf was observed" -- \
	"$ZAPBENCH" model "$emulated" --observed stream.json
ok "a record is no observation" errs 2 "zapbench-observation" -- "$ZAPBENCH" model "$emulated" --observed "$emulated"
ok "--counts has frames of its own" errs 2 "--observed" -- "$ZAPBENCH" model --counts "$emulated" --observed "$seen"
ok "report takes it" exits 0 "$ZAPBENCH" report "$minimal" --observed "$seen" --no-pdf --out report
ok "as a part" flat report/report.txt "8. The observed application" "The application maps 12 dma-bufs" \
	"What it would cost, by A" "A has no unit costs"
ok "not in --brief" errs 2 "--observed" -- "$ZAPBENCH" report "$minimal" --brief --observed "$seen"

# --- the format
if command -v jsonschema >/dev/null; then
	sed 's/"additionalProperties": true/"additionalProperties": false/' \
		"$SRC/results/schema/zapbench-observation.schema.json" >strict.json
	ok "the schema describes every field" exits 0 jsonschema -i none.json -i "$seen" -i null.json strict.json
else
	skip "the schema" "no jsonschema; apt-get install python3-jsonschema"
fi
sed 's/"schema_version": "1.0"/"schema_version": "1.9", "new": 1/' "$seen" >newer.json
ok "a newer minor version is read" exits 0 "$ZAPBENCH" model "$emulated" --observed newer.json
sed 's/"schema_version": "1.0"/"schema_version": "2.0"/' "$seen" >major.json
ok "another major version is not" errs 2 "expected major version 1" -- \
	"$ZAPBENCH" model "$emulated" --observed major.json
tap_end

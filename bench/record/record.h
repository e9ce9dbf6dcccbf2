/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record: what a result is. One JSON file for each run, described by results/schema/zapbench.schema.json. Only
 * the files json-*.c know of JSON.
 *
 * A struct record owns everything it points to; record_free() releases it. Strings are UTF-8. Numbers that
 * are not there are NAN in memory and null in the file.
 */
#ifndef ZAPBENCH_RECORD_H
#define ZAPBENCH_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/base/facts.h"
#include "bench/base/why.h"
#include "bench/record/histogram.h"
#include "bench/record/stats.h"

#define RECORD_SCHEMA "zapbench-record"
#define RECORD_VERSION_MAJOR 1 /* a reader refuses another major */
#define RECORD_VERSION_MINOR 5 /* a reader keeps the unknown fields of a newer minor */

/* A state of the machine that spoils figures, with the command that mends it. */
struct warning {
	char *code;   /* stable, for scripts: "governor", "load", ... */
	char *text;   /* what was seen and what it does to the figures */
	char *remedy; /* the exact command */
};

/* One column of samples: one value a round, in the order in which the rounds ran. */
struct column {
	char *name;    /* with its unit: "time_ns", "faults_minor", "involuntary_switches" */
	bool integer;  /* written without a fraction */
	double *value; /* NAN: not known in that round */
};

/* What the values of one column of samples are. A column without such a row is no figure: it is evidence. */
struct figure_info {
	char *column; /* its name */
	char *unit;   /* "ns", "instructions", "bytes", "faults"; "" where the name says what is counted */
	char *per;    /* "page": the figure is the column divided by the operations; "": the column as it is */
	char *better; /* which is better: "less", "more", or "none" */
	bool own;     /* the case's own figure, beside the cost and the faults that every case has */
};

/* Columns that record_summarise() knows by name; the sum of the faults is compared with faults_expected. */
#define RECORD_COLUMN_DISTURBED "disturbed"
#define RECORD_COLUMN_FAULTS "faults_minor"
#define RECORD_COLUMN_FAULTS_MAJOR "faults_major" /* also faults that had to wait and were tried again */
/* Of the rounds, since 1.3: what was drawn for each. 0 in every round of a fixed layout. */
#define RECORD_COLUMN_VARIANT "loop_variant"
#define RECORD_COLUMN_ADDRESS "address_offset_bytes"
#define RECORD_COLUMN_STACK "stack_offset_bytes"
/* And how the machine was: the load after the round, and interrupts of the CPU that measures during it. */
#define RECORD_COLUMN_LOAD "load"
#define RECORD_COLUMN_INTERRUPTS "interrupts"
/* And of policy bounce, which copied from and to the buffer: 0 memcpy(), else a number of enum isa. */
#define RECORD_COLUMN_COPY_FROM "copy_from_isa"
#define RECORD_COLUMN_COPY_TO "copy_to_isa"
/* The columns of a case that count what was lost begin so: see column_is_loss(). */
#define RECORD_COLUMNS_LOST "lost_"
/* A parameter of configurations, on machines with several core types: N of the facts topology.core_type_N. */
#define RECORD_CORE_TYPE "core_type"
/* Of the configurations: the place in the order of the round, from 0. */
#define RECORD_COLUMN_POSITION "position"

/* Bits of the columns "disturbed" (of rounds and of configurations): evidence that the system got in the way. */
enum disturbance {
	DISTURBED_SWITCH = 1 << 0,    /* a context switch inside a timed region; of a sample */
	DISTURBED_MIGRATION = 1 << 1, /* the sample ended on another CPU than it began on; of a sample */
	DISTURBED_STEAL = 1 << 2,     /* the hypervisor took time from the CPU; of a sample, before 1.3 of a round */
	DISTURBED_THROTTLE = 1 << 3,  /* a thermal or power limit acted during the round; of a round */
	DISTURBED_FREQUENCY = 1 << 4, /* the CPU's frequency changed during the round; of a round */
	DISTURBED_SLEEP = 1 << 5,  /* with DISTURBED_SWITCH: the thread slept, and nothing in its region waits; 1.3 */
	DISTURBED_READER = 1 << 6, /* somebody read smaps or the like of the process; of a sample; since 1.3 */
};

/* An event that was asked for: counted, or not counted with the reason. Never 0 for "could not". */
struct counter {
	char *event; /* the name that the event was asked for by */
	char *unit;  /* "events", or of what the kernel itself counts "ns", "instructions", "bytes"; since 1.2 */
	char *pmu;   /* the PMU that it was opened on, or NULL */
	bool counted;
	char *why_not;          /* when not counted: "reason", or "reason; fix: remedy" */
	double per_operation;   /* median over the counter pass; NAN when not counted */
	double lower, upper;    /* its 95 % interval */
	double running_percent; /* time_running of time_enabled; under 100: multiplexed, scaled */
	int64_t samples;
	/* Of a count that a model of caches and TLBs made: "cortex-a72 version 1"; NULL: it was counted. Since 1.4. */
	char *model;
};

/* What two events tell together: their ratio, round by round. */
struct metric {
	char *name;             /* "instructions per fault" */
	double value;           /* median over the counter pass */
	double lower, upper;    /* its 95 % interval */
	double running_percent; /* of that of the two which was on the PMU for the shorter time */
	int64_t samples;
};

/* What the samples of one configuration say; computed by record_summarise(), never read on trust. */
struct summary {
	int64_t rounds;            /* in which this configuration has a sample */
	int64_t rounds_left_out;   /* of these, left out because this sample, or the round as a whole, was disturbed */
	int64_t samples_invalid;   /* of this configuration: faults were not those expected */
	struct estimate value;     /* median of the value per operation, without disturbed samples */
	bool slow;                 /* parts of the run differ: the interval is as wide as they are apart */
	struct estimate value_all; /* the same of all samples */
	double minimum, p90, p99;  /* of the same; NAN where too few to bound the percentile from above */
	/*
	 * Against the baseline of the same case (the first valid configuration), paired by round; NANs for itself. A
	 * pair is left out when one of the two samples is disturbed.
	 */
	struct estimate ratio;
	struct estimate ratio_all;
	bool undecided; /* ratio and ratio_all have intervals that lead to different verdicts */
};

/* One configuration: a case on a source under a policy with parameters. */
struct config_result {
	char *name; /* unique in the record, e.g. "refault/memfd/eager+lazy/page/write/4M" */
	char *case_name;
	char *source;
	char *policy;      /* "eager"; "eager+lazy" where both make the same calls */
	char *granularity; /* "page", "around", "contpte", "buffer", "huge", or "none" */
	struct facts params;
	char *calls;          /* the system calls that play the policy */
	char *played_by_user; /* which part of the policy userspace plays; "" when the kernel does it all */
	char *not_played;     /* what of the policy is missing here, e.g. write-combined attributes */
	char *operation;      /* what one operation is: "page", "fault", "frame" */
	char *value_column;   /* the column that the summary is of: "time_ns" */
	char *value_unit;     /* "ns" */
	struct figure_info *figure;
	size_t nr_figures;
	/* What the case is, in the words of bench/base/region.h. Added in 1.2; older records: legacy.c. */
	char *region;        /* what one timed region consists of: REGION_TOUCH, ... */
	char *rate;          /* what an operation amounts to: RATE_BYTES, ... */
	bool workload;       /* a use of the buffer that a policy is chosen for */
	bool per_fault;      /* its time is that of its page faults, so the cost of one fault is a figure */
	bool attributes_set; /* mappings get the memory attributes of the policy; false: they keep theirs */
	bool emulated;
	int64_t operations;      /* in one sample */
	int64_t bytes;           /* touched or moved in one sample */
	int64_t repetitions;     /* timed regions that one sample adds up */
	int64_t faults_expected; /* in one sample; how it was found out is in expected_by */
	/* Where others take part in the faults: at the most, faults_expected at the least; else not above it. */
	int64_t faults_expected_max;
	char *expected_by;
	bool keeps_disturbed;  /* no sample is left out: of an emulated run, which nothing disturbs */
	struct facts warmup;   /* recorded, not counted */
	struct facts checks;   /* that the memory keeps its bytes and is mapped as the policy promises */
	struct column *column; /* samples; every column is record.nr_rounds long */
	size_t nr_columns;
	struct histogram *histogram; /* of single events in ns; NULL when batches were timed */
	struct counter *counter;
	size_t nr_counters;
	struct metric *metric;
	size_t nr_metrics;
	struct summary summary;
};

struct skipped {
	char *name; /* of the configuration that was not run */
	char *reason;
	char *remedy;
};

struct label {
	char *key;
	char *value;
};

/* A run goes on in one piece until it is stopped; each zapbench run --resume begins another. */
struct segment {
	char *started_at;      /* ISO 8601, UTC */
	char *boot_id;         /* of the kernel's boot, "" when not known: another one is a restart in between */
	int64_t rounds_before; /* that were there when it began */
};

struct record {
	/* tool */
	char *tool_version;
	char *tool_git; /* commit, "-dirty" appended where the tree was; "" when built outside git */
	/* run */
	char *run_id;      /* unique: start time and host and 32 random bits */
	char *started_at;  /* ISO 8601, UTC */
	double duration_s; /* with all that is not a round, but of earlier pieces the rounds alone */
	char *command_line;
	char *profile;
	char *layout;  /* "fixed", or "random": addresses, stack and loop are drawn in each round */
	uint64_t seed; /* written as a decimal string: JSON numbers lose bits beyond 2^53 */
	double budget_s;
	double precision_percent;
	char *stopped_by; /* "precision", "budget", "signal", or "recovered" */
	int64_t repeat_index, repeat_count;
	bool emulated;
	char *zap_heaps; /* what the heaps of source zap-heap are: "patch", or "module, shim 1"; "": not known, or not
			    used */
	struct segment *segment; /* the first began the run */
	size_t nr_segments;
	struct label *label;
	size_t nr_labels;
	/* machine */
	struct facts environment;
	struct warning *warning;
	size_t nr_warnings;
	struct facts clock; /* name, resolution_ns, cost_ns, ticks_per_second */
	/* rounds */
	size_t nr_rounds;
	struct column *round_column; /* "disturbed", "duration_ns", "temperature_millicelsius", ... */
	size_t nr_round_columns;
	struct config_result *config;
	size_t nr_configs;
	struct skipped *skipped;
	size_t nr_skipped;
	char *unknown; /* JSON of the fields of a newer minor version, as they were read; NULL: none */
};

/* A summary before anything was computed: the numbers are NAN. */
extern const struct summary summary_none;

/* Everything zero but the estimates (NAN). NULL without memory. */
struct record *record_new(void);
void record_free(struct record *record);

/* The label "board", else the model of the machine, else its product; NULL where a record has none. The record's own.
 */
const char *record_board(const struct record *record);
/* The model of the CPU, else MIDR_EL1, by which Arm names its cores; NULL where a record has none. The record's own. */
const char *record_cpu(const struct record *record);

/*
 * Find or make room. Each returns NULL without memory. Rows are zeroed; strings in them become the record's. Rows move
 * when another of their kind is added, columns when one is declared, values when a round is added: keep no pointer.
 */
struct config_result *record_add_config(struct record *record);
int record_add_warning(struct record *record, const char *code, const char *text, const char *remedy);
int record_add_skipped(struct record *record, const char *name, const char *reason, const char *remedy);
int record_add_label(struct record *record, const char *key, const char *value);
int record_add_segment(struct record *record, const char *started_at, const char *boot_id); /* before its first round */
struct column *config_column(const struct config_result *config, const char *name); /* NULL when there is none */
struct column *record_round_column(const struct record *record, const char *name);
/* Say what a column is, see struct figure_info. 0 or -ENOMEM. */
int config_add_figure(struct config_result *config, const char *column, const char *unit, const char *per,
		      const char *better, bool own);
/* What the column of that name is; NULL when it is no figure. */
const struct figure_info *config_figure(const struct config_result *config, const char *column);
/*
 * Say what the columns are by the rules of format 1.0, which had no figures: by the names of the columns. 0 or -ENOMEM.
 */
int config_derive_figures(struct config_result *config);
/* Say what the counters' units are by the rules of format 1.1: by their names. 0 or -ENOMEM. */
int config_derive_counters(struct config_result *config);
/*
 * Say what the case is by the rules of format 1.1, which did not say it: by the name of the case. A case that was
 * renamed gets its present name. 0 or -ENOMEM.
 */
int config_derive_case(struct config_result *config);
/*
 * Declare a column; all columns are declared before the first round. Then record_add_round() lengthens every column of
 * the record by one NAN (room is doubled), and the caller fills the last element in.
 */
int config_declare_column(struct config_result *config, const char *name, bool integer);
int record_declare_round_column(struct record *record, const char *name, bool integer);
int record_add_round(struct record *record);

/*
 * (Re)compute every summary from the valid samples; a baseline is valid when most of its samples are. 95 % intervals;
 * ratios at 1 - 0.05/m over the m ratios of the record.
 */
int record_summarise(struct record *record);
/* Most of its samples caused the faults that they should. */
bool config_valid(const struct config_result *config);
/* The value per operation of each round into @x, NAN where there is no valid sample; nothing is left out. */
void config_values(const struct record *record, const struct config_result *config, double *x);
/* The same, NAN for samples that are left out too. */
void config_kept_values(const struct record *record, const struct config_result *config, double *x);
/* Why the sample of a round is left out: bits of enum disturbance; 0: it is kept. */
unsigned int config_left_out(const struct record *record, const struct config_result *config, size_t round);
/*
 * What is shown of a configuration: the median (the ratio) of the undisturbed samples. Where these are too few for an
 * interval: of all samples, and then @of_all is set. .n is how many samples (pairs) it rests on.
 */
const struct estimate *summary_value(const struct summary *summary, bool *of_all);
const struct estimate *summary_ratio(const struct summary *summary, bool *of_all);
/*
 * A reading of the clock is right to half a step, whatever the rounds agree on. So is the time of a sample; this is
 * its part of one operation, in ns, which every interval includes. 0 where nothing was timed or the step is not known.
 */
double config_half_step(const struct record *record, const struct config_result *config);
/*
 * The median of @config with its interval. Of an emulated record, which repeats itself to the instruction, the bounds
 * are the least and the most of its rounds and level is NAN. 0 or -ENOMEM.
 */
int record_value(const struct record *record, const struct config_result *config, struct estimate *value);
/*
 * How many times what @config costs is what @baseline does, paired by round: the paired ratio of stats.h at @level.
 * @with_disturbed: also of pairs with a disturbed sample. Of an emulated record, which repeats itself, the ratio of
 * medians, and between which values that of any two rounds lies, widened by its own width; level is NAN. @undecided:
 * the interval holds 1, or leaving disturbed samples out changes the verdict. 0 or -ENOMEM.
 */
int record_compare(const struct record *record, const struct config_result *config,
		   const struct config_result *baseline, bool with_disturbed, double level, struct estimate *ratio,
		   bool *undecided);
/* Does the column count what was lost? Its figure is the most of all valid samples: a loss is evidence, and what
 * disturbed the sample does not make it less. NULL: no. */
bool column_is_loss(const struct column *column);
/* The figure of one column of @config: the median over the samples that its summary is of, or of a loss the most of all
 * valid samples; NAN without one. A file may name a figure without a column: NULL for @column is fine. 0 or -ENOMEM. */
int record_column_figure(const struct record *record, const struct config_result *config, const struct column *column,
			 double *figure);
/* The same for the faults of a sample, minor and major ones together; NAN: not known. 0 or -ENOMEM. */
int record_faults_median(const struct record *record, const struct config_result *config, double *median);

/*
 * Add what the plugin of QEMU counted, from its file at @path, to the configurations: an event that was not counted
 * gets the modelled count, as do events that the record has not. An event that is 0 in every configuration is left out.
 * 0, -EINVAL for a file that is no such thing or of another run, -ENOMEM, or as reading it.
 */
int record_add_modelled(struct record *record, const char *path, struct why *why);
/* The model that counted; the record's own. NULL: there is no modelled count. */
const char *config_model(const struct config_result *config);
const char *record_model(const struct record *record);

/* Would record_read() take what record_write() makes of @record? @file is for the message. 0, -EINVAL or -ENOMEM. */
int record_check(const struct record *record, const char *file, struct why *why);

/**
 * record_write() - write a record so that no half file can be left
 * @record: what to write
 * @path: the file to make or replace; "-" is standard output
 * @why: filled on error
 *
 * Written to a temporary file in the same folder, fsynced, renamed, the folder fsynced.
 * Return: 0 or -errno (-ENOSPC, -EROFS, ...); on error @path is what it was before.
 */
int record_write(const struct record *record, const char *path, struct why *why);

/* The same text into an open file, whose errors are the caller's: without a check. 0, -ENOMEM or -errno. */
int record_print(const struct record *record, FILE *file);

/**
 * record_read() - read and check a record
 * @path: the file, as it is or compressed by gzip; "-" is standard input
 * @record: on success a new record, owned by the caller; its summaries are empty, see record_summarise()
 * @why: on error "file: $.json.path: what was expected, what was found"
 *
 * Return: 0, -EINVAL for a file that is not a record, or the -errno of opening and reading it.
 */
int record_read(const char *path, struct record **record, struct why *why);

/* The bytes of a record, not compressed; .data is freed by the caller, also on error. */
struct record_text {
	char *data;
	size_t size, room;
};

/* record_read() that keeps what it read in @text, {} before: a pipe can be read once only. */
int record_read_text(const char *path, struct record **record, struct record_text *text, struct why *why);
/* Does the file say that it is a record? Also of one that record_read() refuses, such as another major version's. */
bool record_claimed(const char *path);

/*
 * The journal: what is kept while a run goes on, so that a run that was stopped can be recovered or resumed. Its first
 * line is the record without samples; every further line is one round, or the beginning of another piece of the run. A
 * last line that was cut off is ignored. Whoever writes to it holds a lock on it (flock), which a kill releases.
 */
#define JOURNAL_SUFFIX ".journal" /* after the name of the record */
struct journal;
/* Refuses to replace an existing journal (-EEXIST): it is somebody's unrecovered run. */
int journal_create(const char *path, const struct record *record, struct journal **journal, struct why *why);
/* Append the newest round of @record; @events[i]: the @nr_events[i] single events (ns) of configuration i, or NULL. */
int journal_add_round(struct journal *journal, const struct record *record, const double *const *events,
		      const size_t *nr_events, struct why *why);
/* Append the newest piece of @record. */
int journal_add_segment(struct journal *journal, const struct record *record, struct why *why);
/**
 * journal_reopen() - go on with the journal of a run that was stopped
 * @path: the journal; a last line that was cut off is removed from it
 * @journal: to append to
 * @record: what it holds, owned by the caller; not summarised
 * @why: on error
 *
 * Return: 0, -EBUSY while its run goes on, or as record_read().
 */
int journal_reopen(const char *path, struct journal **journal, struct record **record, struct why *why);
/* Does the run of this journal still go on? false also where the file cannot be read. */
bool journal_busy(const char *path);
/* Close; remove the file when @keep is false. */
void journal_close(struct journal *journal, bool keep);
/* What a journal has lost: each line that is not intact, with what was expected there. */
#define JOURNAL_DAMAGE_NAMED 8
struct journal_damage {
	size_t lines;
	struct why first[JOURNAL_DAMAGE_NAMED];
	bool open; /* no intact line since */
};
/*
 * Rebuild a record from a journal; its stopped_by is "recovered" and it is not summarised. All intact rounds are in
 * it; @damage has the rest. -EBUSY while its run goes on, or as record_read().
 */
int journal_recover(const char *path, struct record **record, struct journal_damage *damage, struct why *why);

#endif

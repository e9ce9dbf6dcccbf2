// SPDX-License-Identifier: GPL-2.0-or-later
/* Estimates as JSON. */
#include "report/analysis/estimates.h"

#include "bench/record/fields.h"

#define VERSION "1.0"

static const struct field unit_fields[] = {
	TEXT("event", estimated_unit, event),         TEXT("meaning", estimated_unit, what),
	TEXT("origin", estimated_unit, origin),       TEXT("source", estimated_unit, source),
	NUMBER("value_ns", estimated_unit, value_ns), NUMBER("lower_ns", estimated_unit, lower_ns),
	NUMBER("upper_ns", estimated_unit, upper_ns), END,
};

static const struct field option_fields[] = {
	TEXT("policy", estimated_option, policy),
	TEXT("granularity", estimated_option, granularity),
	TEXT("memory", estimated_option, memory),
	NUMBER("estimated_ns", estimated_option, cost_ns),
	NUMBER("lower_ns", estimated_option, lower_ns),
	NUMBER("upper_ns", estimated_option, upper_ns),
	END,
};

static const struct field answer_fields[] = {
	TEXT("verdict", estimated_answer, verdict), SIZE("cheapest", estimated_answer, cheapest),
	SIZE("rival", estimated_answer, rival),     NUMBER("difference_ns", estimated_answer, difference_ns),
	TEXT("decided_by", estimated_answer, unit), NUMBER("crossover_ns", estimated_answer, crossover_ns),
	TEXT("holds", estimated_answer, holds),     END,
};

static const struct field frame_fields[] = {
	TEXT("use", estimated_frame, use),
	TEXT("order", estimated_frame, order),
	NUMBER("size_bytes", estimated_frame, workload.bytes),
	NUMBER("touched_fraction", estimated_frame, workload.touched),
	NUMBER("frames", estimated_frame, workload.frames),
	NUMBER("ring", estimated_frame, workload.ring),
	NUMBER("maps", estimated_frame, workload.maps),
	NUMBER("stride_pages", estimated_frame, workload.stride),
	ARRAY("options", option_fields, estimated_frame, option, nr_options, struct estimated_option),
	OBJECT("answer", answer_fields, estimated_frame, all, struct estimated_answer),
	OBJECT("cached_or_write_combined", answer_fields, estimated_frame, memory, struct estimated_answer),
	END,
};

static const struct field estimates_fields[] = {
	TEXT("counts", estimates, counts),
	TEXT("model", estimates, model),
	TEXT("costs", estimates, costs),
	TEXT("core", estimates, core),
	ARRAY("unit_costs", unit_fields, estimates, unit, nr_units, struct estimated_unit),
	ARRAY("frames", frame_fields, estimates, frame, nr_frames, struct estimated_frame),
	END,
};

int estimates_write(const struct estimates *estimates, FILE *out)
{
	return fields_write(estimates, estimates_fields, ESTIMATE_SCHEMA, VERSION, out);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An observation for people, and as a question to the cost model. */
#ifndef ZAPBENCH_REPORT_OBSERVED_H
#define ZAPBENCH_REPORT_OBSERVED_H

#include <stdio.h>

#include "bench/record/observation.h"
#include "report/answer/model.h"
#include "report/render/document.h"
#include "report/render/words.h"

/* Add all that was seen: a sentence, tables, and what was not watched. 0 or -ENOMEM. */
int observed_put(struct document *document, const struct observation *observation);
/* Print that in lines of @columns. 0, -ENOMEM or -EIO. */
int observed_print(const struct observation *observation, size_t columns, FILE *out);

/*
 * The frame of the buffers that the application works on, for the cost model. What could not be seen is as @question
 * has it. 0, -ENODATA with @why where no buffer was mapped, or -ENOMEM.
 */
int observed_question(const struct observation *observation, struct question *question, struct why *why);
/* Add what that frame costs by the unit costs of @record, or which run supplies them. 0 or -ENOMEM. */
int observed_put_costs(struct document *document, const struct observation *observation, const struct record *record,
		       const struct model *model, const struct question *question);

#endif

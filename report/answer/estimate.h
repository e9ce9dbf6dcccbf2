/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Estimates for people. */
#ifndef ZAPBENCH_REPORT_ESTIMATE_H
#define ZAPBENCH_REPORT_ESTIMATE_H

#include <stdio.h>

#include "report/analysis/estimates.h"
#include "report/render/words.h"

/* "eager/buffer"; "cached" */
struct words estimated_words(const struct estimated_option *option);
/*
 * What an answer says: "eager/buffer is cheapest as long as a dc-cvac costs more than 4.1 ns, else cached (unknown:
 * 0.5 to 200 ns)".
 */
struct words estimated_answer_words(const struct estimates *estimates, const struct estimated_frame *frame,
				    const struct estimated_answer *answer);

/* Unit costs, frames and answers. 0 or -EIO when @out took an error. */
int estimates_print(const struct estimates *estimates, FILE *out);

#endif

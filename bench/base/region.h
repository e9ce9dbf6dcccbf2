/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words that describe a case. struct bench and the record share them, so a reader of results need not know the name of
 * a case.
 */
#ifndef ZAPBENCH_REGION_H
#define ZAPBENCH_REGION_H

/* What one timed region consists of; the cost model counts these. */
#define REGION_TOUCH "touch" /* the first access to each selected page after a zap */
#define REGION_ZAP "zap"     /* one zap of all mappings */
#define REGION_MAP "map"     /* one mapping by a device */
#define REGION_FRAME "frame" /* params.frames times: fill, END, map, unmap, START, read a part */
#define REGION_OTHER "other" /* anything else: the cost model leaves it out */

/* What an operation amounts to, where that makes a rate with its time. */
#define RATE_NONE ""
#define RATE_BYTES "bytes"   /* bytes moved: bytes/s */
#define RATE_FAULTS "faults" /* page faults taken: faults/s */

#endif

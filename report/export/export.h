/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zapbench export: a result in the formats of other programs. */
#ifndef ZAPBENCH_REPORT_EXPORT_H
#define ZAPBENCH_REPORT_EXPORT_H

/* Exit status: 0, 1 it could not be written, 2 usage or a file that is no result, 3 nothing that the format can hold.
 */
int command_export(int argc, char **argv);

#endif

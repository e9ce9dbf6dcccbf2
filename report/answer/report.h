/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ZAPBENCH_REPORT_H
#define ZAPBENCH_REPORT_H

/* zapbench report: results as HTML, Markdown, text and PDF, with plots. Return: exit status. */
int command_report(int argc, char **argv);

#endif

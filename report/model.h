/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ZAPBENCH_REPORT_MODEL_H
#define ZAPBENCH_REPORT_MODEL_H

/* zapbench model: prices of zaps, refaults, lines and calls, and what a frame costs by them. Return: exit status. */
int command_model(int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ZAPBENCH_RECOVER_H
#define ZAPBENCH_RECOVER_H

/* `zapbench recover JOURNAL [--out FILE]`. Return: the exit status of the program. */
int command_recover(int argc, char **argv);

#endif

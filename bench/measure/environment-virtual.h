/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does this machine run in a hypervisor or in an emulator? Private to bench/measure/. */
#ifndef ZAPBENCH_ENVIRONMENT_VIRTUAL_H
#define ZAPBENCH_ENVIRONMENT_VIRTUAL_H

struct survey;

/* Uses facts about machine, kernel and CPU, which must be there before. 0 or -ENOMEM. */
int environment_virtualization(struct survey *survey);

#endif

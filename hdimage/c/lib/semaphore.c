/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system.h"
#include <semaphore.h>

/* The kernel counts semaphores from 1 on. */
sem_t *sem_open(const char *name, unsigned int value)
{
	long semaphore = system_call(NR_sem_open, (long)name, (long)value, 0);

	return semaphore < 0 ? SEM_FAILED : (sem_t *)semaphore;
}

CALL1(int, sem_wait, sem_t *, semaphore)
CALL1(int, sem_post, sem_t *, semaphore)
CALL1(int, sem_close, sem_t *, semaphore)
CALL1(int, sem_unlink, const char *, name)

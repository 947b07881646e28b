/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Semaphores with names, as the courses on 0.11 have them: sem_open makes the
 * semaphore with so many permits, or opens what has that name.
 */
#ifndef _SEMAPHORE_H
#define _SEMAPHORE_H

typedef struct semaphore sem_t;

#define SEM_FAILED ((sem_t *)0)
#define SEM_VALUE_MAX 0x7fffffff

sem_t *sem_open(const char *name, unsigned int value);
int sem_wait(sem_t *semaphore);
int sem_post(sem_t *semaphore);
int sem_close(sem_t *semaphore);
int sem_unlink(const char *name);

#endif

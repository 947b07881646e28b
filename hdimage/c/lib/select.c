/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting: for descriptors, and for time to pass. */
#include "system.h"
#include <stddef.h>
#include <sys/select.h>
#include <sys/time.h>
#include <unistd.h>

/* The kernel takes the address of all five arguments. */
int select(int count, fd_set *to_read, fd_set *to_write, fd_set *exceptional,
	struct timeval *timeout)
{
	long arguments[5] = { count, (long)to_read, (long)to_write, (long)exceptional,
		(long)timeout };

	return system_call(NR_select, (long)arguments, 0, 0);
}

/* A signal ends it; what is left is told. */
unsigned int sleep(unsigned int seconds)
{
	struct timeval left = { seconds, 0 };

	select(0, NULL, NULL, NULL, &left);
	return left.tv_sec + (left.tv_usec > 0);
}

int usleep(unsigned long microseconds)
{
	struct timeval left = { microseconds / 1000000, microseconds % 1000000 };

	return select(0, NULL, NULL, NULL, &left);
}

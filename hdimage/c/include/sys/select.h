/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _SYS_SELECT_H
#define _SYS_SELECT_H

#include <sys/time.h>

/* Bit n is descriptor n; a process has OPEN_MAX of them. */
#define FD_SETSIZE 32
typedef struct {
	unsigned long bits;
} fd_set;

#define FD_ZERO(set) ((void)((set)->bits = 0))
#define FD_SET(fd, set) ((void)((set)->bits |= 1ul << (fd)))
#define FD_CLR(fd, set) ((void)((set)->bits &= ~(1ul << (fd))))
#define FD_ISSET(fd, set) (((set)->bits >> (fd)) & 1)

int select(int count, fd_set *to_read, fd_set *to_write, fd_set *exceptional,
	struct timeval *timeout);

#endif

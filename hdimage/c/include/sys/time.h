/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _SYS_TIME_H
#define _SYS_TIME_H

#include <sys/types.h>

struct timeval {
	long tv_sec;
	long tv_usec;
};

struct timezone {
	int tz_minuteswest;
	int tz_dsttime;
};

int gettimeofday(struct timeval *time, struct timezone *zone);
int settimeofday(const struct timeval *time, const struct timezone *zone);

#include <sys/select.h>

#endif

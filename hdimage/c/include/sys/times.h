/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _SYS_TIMES_H
#define _SYS_TIMES_H

#include <sys/types.h>

/* In ticks: CLOCKS_PER_SEC of <time.h> a second. */
struct tms {
	clock_t tms_utime;
	clock_t tms_stime;
	clock_t tms_cutime;
	clock_t tms_cstime;
};

clock_t times(struct tms *spent);

#endif

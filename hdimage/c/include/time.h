/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _TIME_H
#define _TIME_H

#include <stddef.h>
#include <sys/types.h>

#define CLOCKS_PER_SEC 100
#define CLK_TCK CLOCKS_PER_SEC

struct tm {
	int tm_sec;
	int tm_min;
	int tm_hour;
	int tm_mday;
	int tm_mon;
	int tm_year;
	int tm_wday;
	int tm_yday;
	int tm_isdst;
};

/* There are no time zones: local time is UTC. */
char *asctime(const struct tm *date);
clock_t clock(void);
char *ctime(const time_t *time);
double difftime(time_t end, time_t start);
struct tm *gmtime(const time_t *time);
struct tm *localtime(const time_t *time);
time_t mktime(struct tm *date);
int stime(const time_t *time);
size_t strftime(char *text, size_t size, const char *format, const struct tm *date);
time_t time(time_t *time);

#endif

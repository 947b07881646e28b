/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dates, in UTC, from 1970 to 2106. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/times.h>
#include <time.h>

#define DAY 86400

static int is_leap(long year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int month, long year)
{
	static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month] + (month == 1 && is_leap(year));
}

struct tm *gmtime(const time_t *time)
{
	static struct tm date;
	long days = *time / DAY, seconds = *time % DAY, year = 1970;

	date.tm_hour = seconds / 3600;
	date.tm_min = seconds / 60 % 60;
	date.tm_sec = seconds % 60;
	date.tm_wday = (days + 4) % 7; /* 1970 began with a Thursday */
	for (; days >= 365 + is_leap(year); year++)
		days -= 365 + is_leap(year);
	date.tm_year = year - 1900;
	date.tm_yday = days;
	for (date.tm_mon = 0; days >= days_in_month(date.tm_mon, year); date.tm_mon++)
		days -= days_in_month(date.tm_mon, year);
	date.tm_mday = days + 1;
	date.tm_isdst = 0;
	return &date;
}

struct tm *localtime(const time_t *time)
{
	return gmtime(time);
}

/* Fields out of range count on into the next; the date is put right. */
time_t mktime(struct tm *date)
{
	int64_t month = (int64_t)date->tm_year * 12 + date->tm_mon - 70 * 12, seconds;
	long year = 1970, days = 0;
	time_t time;

	if (month < -600 || month > 3000)
		return -1;
	for (; month < 0; month += 12)
		days -= 365 + is_leap(--year);
	for (; month >= 12; month -= 12)
		days += 365 + is_leap(year++);
	while (month > 0)
		days += days_in_month(--month, year);
	seconds = ((int64_t)days + date->tm_mday - 1) * DAY + (int64_t)date->tm_hour * 3600 +
		(int64_t)date->tm_min * 60 + date->tm_sec;
	if (seconds < 0 || seconds >= UINT32_MAX)
		return -1;
	time = seconds;
	*date = *gmtime(&time);
	return time;
}

double difftime(time_t end, time_t start)
{
	return (double)end - (double)start;
}

clock_t clock(void)
{
	struct tms spent;

	times(&spent);
	return spent.tms_utime + spent.tms_stime;
}

char *asctime(const struct tm *date)
{
	static char text[64];

	strftime(text, sizeof text, "%a %b ", date);
	snprintf(text + 8, sizeof text - 8, "%2d %02d:%02d:%02d %d\n", date->tm_mday,
		date->tm_hour, date->tm_min, date->tm_sec, date->tm_year + 1900);
	return text;
}

char *ctime(const time_t *time)
{
	return asctime(localtime(time));
}

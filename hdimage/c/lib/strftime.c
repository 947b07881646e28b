/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dates in words. */
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const days[] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};

static const char *const months[] = {
	"January", "February", "March", "April", "May", "June", "July", "August",
	"September", "October", "November", "December",
};

static const char *day(const struct tm *date)
{
	return date->tm_wday >= 0 && date->tm_wday < 7 ? days[date->tm_wday] : "???";
}

static const char *month(const struct tm *date)
{
	return date->tm_mon >= 0 && date->tm_mon < 12 ? months[date->tm_mon] : "???";
}

/* One field, in at most 40 bytes. */
static void field(char *text, int letter, const struct tm *date)
{
	int hour = date->tm_hour % 12 ? date->tm_hour % 12 : 12;

	switch (letter) {
	case 'a': sprintf(text, "%.3s", day(date)); break;
	case 'A': strcpy(text, day(date)); break;
	case 'b':
	case 'h': sprintf(text, "%.3s", month(date)); break;
	case 'B': strcpy(text, month(date)); break;
	case 'c': strftime(text, 40, "%a %b %e %H:%M:%S %Y", date); break;
	case 'd': sprintf(text, "%02d", date->tm_mday); break;
	case 'D':
	case 'x': strftime(text, 40, "%m/%d/%y", date); break;
	case 'e': sprintf(text, "%2d", date->tm_mday); break;
	case 'F': strftime(text, 40, "%Y-%m-%d", date); break;
	case 'H': sprintf(text, "%02d", date->tm_hour); break;
	case 'I': sprintf(text, "%02d", hour); break;
	case 'j': sprintf(text, "%03d", date->tm_yday + 1); break;
	case 'm': sprintf(text, "%02d", date->tm_mon + 1); break;
	case 'M': sprintf(text, "%02d", date->tm_min); break;
	case 'n': strcpy(text, "\n"); break;
	case 'p': strcpy(text, date->tm_hour < 12 ? "AM" : "PM"); break;
	case 'R': strftime(text, 40, "%H:%M", date); break;
	case 'S': sprintf(text, "%02d", date->tm_sec); break;
	case 't': strcpy(text, "\t"); break;
	case 'T':
	case 'X': strftime(text, 40, "%H:%M:%S", date); break;
	case 'U': sprintf(text, "%02d", (date->tm_yday + 7 - date->tm_wday) / 7); break;
	case 'w': sprintf(text, "%d", date->tm_wday); break;
	case 'W': sprintf(text, "%02d", (date->tm_yday + 7 - (date->tm_wday + 6) % 7) / 7); break;
	case 'y': sprintf(text, "%02d", date->tm_year % 100); break;
	case 'Y': sprintf(text, "%d", date->tm_year + 1900); break;
	case 'Z': strcpy(text, "UTC"); break;
	default: sprintf(text, "%c", letter);
	}
}

/* 0 if there is no room for it. */
size_t strftime(char *text, size_t size, const char *format, const struct tm *date)
{
	char piece[64];
	size_t used = 0, length;

	if (size == 0)
		return 0;
	for (; *format; format++) {
		piece[0] = *format;
		piece[1] = '\0';
		if (*format == '%') {
			if (*++format == '\0')
				break;
			field(piece, *format, date);
		}
		length = strlen(piece);
		if (length >= size - used) {
			text[0] = '\0';
			return 0;
		}
		memcpy(text + used, piece, length);
		used += length;
	}
	text[used] = '\0';
	return used;
}

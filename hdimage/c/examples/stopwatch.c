/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stopwatch: the space key starts and stops it, r sets it to 0, q ends.
 *
 * The terminal is in raw mode, so that each key comes at once; `select` waits for a
 * key or for the next tenth of a second, whichever comes first. However the program
 * ends, the terminal is as it was.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;

static void restore(void)
{
	tcsetattr(0, TCSANOW, &before);
}

static void interrupted(int signal)
{
	restore();
	_exit(128 + signal);
}

static long tenths(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	/* Since 1970 there have been more tenths than a long can count. */
	return now.tv_sec % 1000000 * 10 + now.tv_usec / 100000;
}

/* The next key, 0 if none comes within a tenth of a second, or EOF. */
static int key(void)
{
	struct timeval tenth = { 0, 100000 };
	unsigned char c;
	fd_set keys;

	FD_ZERO(&keys);
	FD_SET(0, &keys);
	if (select(1, &keys, NULL, NULL, &tenth) <= 0)
		return 0;
	return read(0, &c, 1) == 1 ? c : EOF;
}

static void show(long time)
{
	printf("\r%02ld:%02ld.%ld ", time / 600, time / 10 % 60, time % 10);
	fflush(stdout);
}

int main(void)
{
	long time = 0, last = 0, now;
	int running = 0, c = 0;
	struct termios raw;

	if (tcgetattr(0, &before) != 0) {
		perror("stopwatch");
		return 1;
	}
	atexit(restore);
	signal(SIGTERM, interrupted);
	raw = before;
	cfmakeraw(&raw);
	tcsetattr(0, TCSANOW, &raw);
	while (c != 'q' && c != EOF && c != 3) {
		now = tenths();
		if (running && now > last)
			time += now - last;
		last = now;
		show(time);
		c = key();
		if (c == ' ')
			running = !running;
		if (c == 'r')
			time = 0;
	}
	printf("\r\n");
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a program. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define FUNCTIONS 32

static void (*functions[FUNCTIONS])(void);
static int count;

/* Set by <stdio.h>'s functions when they are part of the program. */
void (*__close_streams)(void);

int atexit(void (*function)(void))
{
	if (count == FUNCTIONS)
		return -1;
	functions[count++] = function;
	return 0;
}

void exit(int status)
{
	while (count > 0)
		functions[--count]();
	if (__close_streams)
		__close_streams();
	_exit(status);
}

/* Nobody can keep a program from ending so. */
void abort(void)
{
	sigset_t set = 1u << (SIGABRT - 1);

	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(SIGABRT);
	signal(SIGABRT, SIG_DFL);
	raise(SIGABRT);
	_exit(127);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What assert() of <assert.h> calls. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void __assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
	abort();
}

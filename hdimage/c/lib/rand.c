/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers that look random; the example of the C standard. */
#include <stdlib.h>

static unsigned long next = 1;

int rand(void)
{
	next = next * 1103515245 + 12345;
	return next / 65536 % 32768;
}

void srand(unsigned int seed)
{
	next = seed;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of the data segment, which the kernel knows. */
#include "system.h"
#include <stddef.h>
#include <unistd.h>

/* The kernel answers with the end that is in force, and so with the old one to 0. */
static char *end_of_data(void *wanted)
{
	return (char *)system_call(NR_brk, (long)wanted, 0, 0);
}

int brk(void *end)
{
	if (end_of_data(end) == end)
		return 0;
	errno = ENOMEM;
	return -1;
}

void *sbrk(int increment)
{
	char *old = end_of_data(NULL);
	size_t new = (size_t)old + (size_t)increment;

	if (increment == 0)
		return old;
	/* Beyond an end of the address space? */
	if ((increment > 0) != (new > (size_t)old)) {
		errno = ENOMEM;
		return (void *)-1;
	}
	return brk((void *)new) == 0 ? old : (void *)-1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the library calls the kernel: number in eax, arguments in ebx, ecx, edx,
 * the result or minus an error's number back in eax.
 *
 *	CALL1(int, close, int, fd)			defines close
 *	return system_call(NR_lseek, fd, 0, 1);	calls within a function
 */
#ifndef _SYSTEM_H
#define _SYSTEM_H

#include "numbers.h"
#include <errno.h>

#define LAST_ERROR ELOOP

/* Calls like lseek and time may answer other negative numbers. */
static inline long result_of(long eax)
{
	if (eax < 0 && eax >= -LAST_ERROR) {
		errno = (int)-eax;
		return -1;
	}
	return eax;
}

static inline long system_call(long number, long a, long b, long c)
{
	long eax;

	__asm__ volatile("int $0x80"
		: "=a"(eax)
		: "0"(number), "b"(a), "c"(b), "d"(c)
		: "memory", "cc");
	return result_of(eax);
}

#define CALL0(type, name) \
	type name(void) { return (type)system_call(NR_##name, 0, 0, 0); }
#define CALL1(type, name, A, a) \
	type name(A a) { return (type)system_call(NR_##name, (long)a, 0, 0); }
#define CALL2(type, name, A, a, B, b) \
	type name(A a, B b) { return (type)system_call(NR_##name, (long)a, (long)b, 0); }
#define CALL3(type, name, A, a, B, b, C, c) \
	type name(A a, B b, C c) \
	{ return (type)system_call(NR_##name, (long)a, (long)b, (long)c); }

#endif

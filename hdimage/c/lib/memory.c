/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks of memory. The compiler calls the first three on its own, so they are
 * of instructions for strings: it could make a loop a call of the same function.
 */
#include <string.h>
#include <strings.h>

void *memcpy(void *to, const void *from, size_t size)
{
	void *result = to;

	__asm__ volatile("cld; rep movsb"
		: "+D"(to), "+S"(from), "+c"(size) : : "memory", "cc");
	return result;
}

void *memmove(void *to, const void *from, size_t size)
{
	char *to_end = (char *)to + size - 1;
	const char *from_end = (const char *)from + size - 1;

	if ((size_t)to - (size_t)from >= size)
		return memcpy(to, from, size);
	/* The end of `from` would be overwritten first, so go backwards. */
	__asm__ volatile("std; rep movsb; cld"
		: "+D"(to_end), "+S"(from_end), "+c"(size) : : "memory", "cc");
	return to;
}

void *memset(void *memory, int c, size_t size)
{
	void *result = memory;

	__asm__ volatile("cld; rep stosb"
		: "+D"(memory), "+c"(size) : "a"(c) : "memory", "cc");
	return result;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (; size > 0; size--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *memory, int c, size_t size)
{
	const unsigned char *p = memory;

	for (; size > 0; size--, p++)
		if (*p == (unsigned char)c)
			return (void *)p;
	return NULL;
}

/* Berkeley's names. */

void bcopy(const void *from, void *to, size_t size)
{
	memmove(to, from, size);
}

void bzero(void *memory, size_t size)
{
	memset(memory, 0, size);
}

int bcmp(const void *a, const void *b, size_t size)
{
	return memcmp(a, b, size);
}

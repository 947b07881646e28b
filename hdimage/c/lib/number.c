/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers from text, and what is done with them. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static int digit(int c)
{
	if (isdigit(c))
		return c - '0';
	return isalpha(c) ? tolower(c) - 'a' + 10 : 99;
}

/*
 * The magnitude of the number in the text, at most `limit` (for a negative one
 * `negative_limit`). Sets `end` behind it, to `text` if there is none.
 */
static unsigned long magnitude(const char *text, char **end, int base, int *negative,
	unsigned long limit, unsigned long negative_limit)
{
	const char *p = text;
	unsigned long value = 0;
	int has_digits = 0, overflow = 0;

	*negative = 0;
	if (end)
		*end = (char *)text;
	if (base < 0 || base == 1 || base > 36) {
		errno = EINVAL;
		return 0;
	}
	while (isspace((unsigned char)*p))
		p++;
	if (*p == '+' || *p == '-')
		*negative = *p++ == '-';
	if (*negative)
		limit = negative_limit;
	if ((base == 0 || base == 16) && p[0] == '0' && tolower(p[1]) == 'x' &&
	    digit((unsigned char)p[2]) < 16) {
		base = 16;
		p += 2;
	}
	if (base == 0)
		base = *p == '0' ? 8 : 10;
	for (; digit((unsigned char)*p) < base; p++) {
		unsigned long d = digit((unsigned char)*p);

		has_digits = 1;
		if (value > (limit - d) / base)
			overflow = 1;
		else
			value = value * base + d;
	}
	if (end && has_digits)
		*end = (char *)p;
	if (overflow) {
		errno = ERANGE;
		return limit;
	}
	return value;
}

long strtol(const char *text, char **end, int base)
{
	int negative;
	unsigned long value = magnitude(text, end, base, &negative, LONG_MAX,
		(unsigned long)LONG_MAX + 1);

	return negative ? -value : value;
}

/* Of a negative number it gives what must be added to it for 0. */
unsigned long strtoul(const char *text, char **end, int base)
{
	int before = errno, negative;
	unsigned long value;

	errno = 0;
	value = magnitude(text, end, base, &negative, ULONG_MAX, ULONG_MAX);
	if (errno == ERANGE)
		return ULONG_MAX;
	if (errno == 0)
		errno = before;
	return negative ? -value : value;
}

int atoi(const char *text)
{
	return strtol(text, NULL, 10);
}

long atol(const char *text)
{
	return strtol(text, NULL, 10);
}

int abs(int number)
{
	return number < 0 ? -number : number;
}

long labs(long number)
{
	return number < 0 ? -number : number;
}

div_t div(int dividend, int divisor)
{
	div_t result = { dividend / divisor, dividend % divisor };

	return result;
}

ldiv_t ldiv(long dividend, long divisor)
{
	ldiv_t result = { dividend / divisor, dividend % divisor };

	return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Division of 64-bit numbers, which the compiler calls by these names. */
#include <stdint.h>

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t *remainder)
{
	uint64_t quotient = 0, rest = 0;
	int bit;

	/* The processor's own fault. */
	if (divisor == 0)
		__asm__ volatile("divl %0" : : "r"(0) : "eax", "edx");
	/* As by hand, bit by bit. */
	for (bit = 63; bit >= 0; bit--) {
		int carry = rest >> 63;

		rest = rest << 1 | (dividend >> bit & 1);
		if (carry || rest >= divisor) {
			rest -= divisor;
			quotient |= 1ull << bit;
		}
	}
	if (remainder)
		*remainder = rest;
	return quotient;
}

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor)
{
	return __udivmoddi4(dividend, divisor, 0);
}

uint64_t __umoddi3(uint64_t dividend, uint64_t divisor)
{
	uint64_t rest = 0;

	__udivmoddi4(dividend, divisor, &rest);
	return rest;
}

static uint64_t magnitude(int64_t number)
{
	return number < 0 ? -(uint64_t)number : (uint64_t)number;
}

int64_t __divdi3(int64_t dividend, int64_t divisor)
{
	uint64_t quotient = __udivmoddi4(magnitude(dividend), magnitude(divisor), 0);

	return (dividend < 0) != (divisor < 0) ? -quotient : quotient;
}

int64_t __moddi3(int64_t dividend, int64_t divisor)
{
	uint64_t rest = __umoddi3(magnitude(dividend), magnitude(divisor));

	return dividend < 0 ? -rest : rest;
}

int64_t __divmoddi4(int64_t dividend, int64_t divisor, int64_t *remainder)
{
	*remainder = __moddi3(dividend, divisor);
	return __divdi3(dividend, divisor);
}

/* Unsigned 64-bit numbers and doubles: the 387 knows signed ones only. */

double __floatundidf(uint64_t number)
{
	double high = (double)(int64_t)(number >> 1);

	return number >> 63 ? (high + (double)(number & 1)) + high : (double)(int64_t)number;
}

uint64_t __fixunsdfdi(double number)
{
	const double half = 9223372036854775808.0;

	if (number < half)
		return (int64_t)number;
	return (uint64_t)(int64_t)(number - half) + (1ull << 63);
}

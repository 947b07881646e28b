/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Doubles from text. */
#include "decimal.h"
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

union bits {
	uint64_t bits;
	double value;
};

#define INFINITY_BITS (2047ull << 52)

/* Reads digits with at most one point; behind them, or NULL without a digit. */
static const char *read_digits(const char *p, struct decimal *decimal)
{
	int seen_point = 0, seen_digit = 0;

	decimal->count = decimal->point = 0;
	for (;; p++) {
		if (*p == '.' && !seen_point) {
			seen_point = 1;
			continue;
		}
		if (!isdigit((unsigned char)*p))
			return seen_digit ? p : NULL;
		seen_digit = 1;
		if (decimal->count == 0 && *p == '0') {
			decimal->point -= seen_point;
			continue;
		}
		if (decimal->count < DIGITS)
			decimal->digits[decimal->count++] = *p - '0';
		else if (*p != '0')
			decimal->digits[DIGITS - 1] |= 1;
		decimal->point += !seen_point;
	}
}

/* Reads an exponent, if there is one. */
static const char *read_exponent(const char *text, struct decimal *decimal)
{
	const char *p = text + 1;
	int negative = *p == '-', exponent = 0;

	if (tolower(*text) != 'e')
		return text;
	if (*p == '+' || *p == '-')
		p++;
	if (!isdigit((unsigned char)*p))
		return text;
	for (; isdigit((unsigned char)*p); p++)
		if (exponent < 100000)
			exponent = exponent * 10 + *p - '0';
	decimal->point += negative ? -exponent : exponent;
	return p;
}

/* The double that is nearest to the number. */
static uint64_t nearest(struct decimal *decimal)
{
	int exponent = 0, bits = 53, i, shift;
	uint64_t mantissa = 0;

	if (decimal->count == 0)
		return 0;
	if (decimal->point > 310)
		goto overflow;
	if (decimal->point < -330)
		goto underflow;
	/* Brings it between a half and 1; `exponent` is what was taken away. */
	while (decimal->point > 0) {
		shift = decimal->point > 8 ? 24 : 1;
		__shift_decimal(decimal, -shift);
		exponent += shift;
	}
	while (decimal->point < 0 || decimal->digits[0] < 5) {
		shift = decimal->point < -8 ? 24 : 1;
		__shift_decimal(decimal, shift);
		exponent -= shift;
	}
	/* Small ones have fewer bits. */
	if (exponent < -1021)
		bits -= -1021 - exponent;
	if (bits < 0)
		goto underflow;
	for (i = bits; i > 0; i -= shift)
		__shift_decimal(decimal, shift = i < 24 ? i : 24);
	__round_decimal(decimal, decimal->point);
	for (i = 0; i < decimal->point; i++)
		mantissa = mantissa * 10 + (i < decimal->count ? decimal->digits[i] : 0);
	if (mantissa == 0)
		goto underflow;
	if (bits < 53)
		return mantissa;
	/* Above the highest bit, which is not stored, rounding may have carried. */
	mantissa = ((uint64_t)(exponent + 1021) << 52) + mantissa;
	if (mantissa >= INFINITY_BITS)
		goto overflow;
	return mantissa;
overflow:
	errno = ERANGE;
	return INFINITY_BITS;
underflow:
	errno = ERANGE;
	return 0;
}

double strtod(const char *text, char **end)
{
	struct decimal decimal;
	union bits result = { 0 };
	const char *p = text, *behind;
	int negative = 0;

	while (isspace((unsigned char)*p))
		p++;
	if (*p == '+' || *p == '-')
		negative = *p++ == '-';
	if (strncasecmp(p, "inf", 3) == 0) {
		result.bits = INFINITY_BITS;
		behind = p + (strncasecmp(p, "infinity", 8) == 0 ? 8 : 3);
	} else if (strncasecmp(p, "nan", 3) == 0) {
		result.bits = INFINITY_BITS | 1ull << 51;
		behind = p + 3;
	} else if ((behind = read_digits(p, &decimal)) != NULL) {
		behind = read_exponent(behind, &decimal);
		result.bits = nearest(&decimal);
	}
	if (end)
		*end = (char *)(behind ? behind : text);
	if (behind && negative)
		result.bits |= 1ull << 63;
	return result.value;
}

double atof(const char *text)
{
	return strtod(text, NULL);
}

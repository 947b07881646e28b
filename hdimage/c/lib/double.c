/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printf's work: %e, %f and %g. */
#include "decimal.h"
#include "format.h"
#include <ctype.h>
#include <stdint.h>
#include <string.h>

union bits {
	double value;
	uint64_t bits;
};

/* The magnitude of a finite number, exactly. */
static void decimal_of(double value, struct decimal *decimal)
{
	union bits number = { value };
	uint64_t mantissa = number.bits & ((1ull << 52) - 1);
	int exponent = number.bits >> 52 & 2047, i;

	if (exponent > 0)
		mantissa |= 1ull << 52;
	else
		exponent = 1;
	exponent -= 1023 + 52;
	/* The mantissa bit by bit, from the highest. */
	decimal->count = decimal->point = 0;
	for (i = 52; i >= 0 && mantissa >> i == 0; i--)
		;
	for (; i >= 0; i--) {
		int carry = mantissa >> i & 1, at;

		for (at = decimal->count - 1; at >= 0; at--) {
			carry += 2 * decimal->digits[at];
			decimal->digits[at] = carry % 10;
			carry /= 10;
		}
		if (carry) {
			memmove(decimal->digits + 1, decimal->digits, decimal->count++);
			decimal->digits[0] = carry;
		}
	}
	decimal->point = decimal->count;
	for (; exponent > 0; exponent -= i)
		__shift_decimal(decimal, i = exponent < 24 ? exponent : 24);
	for (; exponent < 0; exponent += i)
		__shift_decimal(decimal, -(i = exponent > -24 ? -exponent : 24));
}

static int digit(const struct decimal *decimal, int i)
{
	return '0' + (i >= 0 && i < decimal->count ? decimal->digits[i] : 0);
}

/* The digits from `first`, with a point before the one at `point`. */
static void emit_digits(struct output *output, const struct decimal *decimal,
	int first, int point, int precision, int with_point)
{
	int i;

	for (i = first; i < point; i++)
		__emit(output, digit(decimal, i));
	if (with_point)
		__emit(output, '.');
	for (i = point; precision > 0; i++, precision--)
		__emit(output, digit(decimal, i));
}

static void emit_fixed(struct output *output, const struct conversion *conversion,
	const char *sign, const struct decimal *decimal, int precision)
{
	int first = decimal->point > 0 ? 0 : decimal->point - 1;
	int with_point = precision > 0 || conversion->alternative;
	long length = (long)decimal->point - first + with_point + precision;

	__emit_before(output, conversion, sign, length);
	emit_digits(output, decimal, first, decimal->point, precision, with_point);
	__emit_behind(output, conversion, sign, length);
}

static void emit_exponent(struct output *output, const struct conversion *conversion,
	const char *sign, const struct decimal *decimal, int precision)
{
	int exponent = decimal->count ? decimal->point - 1 : 0;
	int power = exponent < 0 ? -exponent : exponent;
	int with_point = precision > 0 || conversion->alternative;
	long length = 1 + with_point + (long)precision + (power < 100 ? 4 : 5);

	__emit_before(output, conversion, sign, length);
	emit_digits(output, decimal, 0, 1, precision, with_point);
	__emit(output, isupper(conversion->letter) ? 'E' : 'e');
	__emit(output, exponent < 0 ? '-' : '+');
	if (power >= 100)
		__emit(output, '0' + power / 100);
	__emit(output, '0' + power / 10 % 10);
	__emit(output, '0' + power % 10);
	__emit_behind(output, conversion, sign, length);
}

/* %g: the shorter of both, without zeros at the end. */
static void emit_general(struct output *output, const struct conversion *conversion,
	const char *sign, struct decimal *decimal, int digits)
{
	int exponent, fixed, precision, needed;

	if (digits == 0)
		digits = 1;
	__round_decimal(decimal, digits);
	exponent = decimal->count ? decimal->point - 1 : 0;
	fixed = -4 <= exponent && exponent < digits;
	precision = fixed ? digits - 1 - exponent : digits - 1;
	if (!conversion->alternative) {
		needed = decimal->count - (fixed ? decimal->point : 1);
		if (precision > needed)
			precision = needed > 0 ? needed : 0;
	}
	(fixed ? emit_fixed : emit_exponent)(output, conversion, sign, decimal, precision);
}

void __emit_double(struct output *output, struct conversion *conversion, double value)
{
	union bits number = { value };
	const char *sign = number.bits >> 63 ? "-" : conversion->plus ? "+"
		: conversion->space ? " " : "";
	int precision = conversion->precision < 0 ? 6 : conversion->precision;
	struct decimal decimal;
	const char *word;

	if ((number.bits >> 52 & 2047) == 2047) {
		word = number.bits << 12 ? "nan" : "inf";
		conversion->zero = 0;
		__emit_before(output, conversion, sign, 3);
		for (; *word; word++)
			__emit(output, isupper(conversion->letter) ? toupper(*word) : *word);
		__emit_behind(output, conversion, sign, 3);
		return;
	}
	decimal_of(value, &decimal);
	switch (tolower(conversion->letter)) {
	case 'e':
		__round_decimal(&decimal, precision < DIGITS ? precision + 1 : DIGITS);
		emit_exponent(output, conversion, sign, &decimal, precision);
		break;
	case 'f':
		__round_decimal(&decimal,
			precision < DIGITS ? decimal.point + precision : 2 * DIGITS);
		emit_fixed(output, conversion, sign, &decimal, precision);
		break;
	default:
		emit_general(output, conversion, sign, &decimal, precision);
	}
}

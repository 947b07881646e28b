/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decimal numbers of any length: 0.d0d1d2... times ten to the power of `point`.
 * Each double is one exactly, with 767 digits at most, so that printing and
 * reading round once, and right.
 */
#ifndef _DECIMAL_H
#define _DECIMAL_H

#define DIGITS 800

struct decimal {
	int count;		/* of digits; none: it is 0 */
	int point;
	unsigned char digits[DIGITS];
};

/* Keeps that many digits, and rounds; what is half goes to the even digit. */
void __round_decimal(struct decimal *decimal, int count);
/* Multiplies by two to the power of `bits`, which is -24 to 24. */
void __shift_decimal(struct decimal *decimal, int bits);

#endif

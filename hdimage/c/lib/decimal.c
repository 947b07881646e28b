/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decimal numbers of any length. */
#include "decimal.h"
#include <stdint.h>
#include <string.h>

static void trim(struct decimal *decimal)
{
	while (decimal->count > 0 && decimal->digits[decimal->count - 1] == 0)
		decimal->count--;
	if (decimal->count == 0)
		decimal->point = 0;
}

static int rounds_up(const struct decimal *decimal, int count)
{
	if (decimal->digits[count] != 5 || count + 1 < decimal->count)
		return decimal->digits[count] >= 5;
	return count > 0 && decimal->digits[count - 1] % 2 == 1;
}

void __round_decimal(struct decimal *decimal, int count)
{
	int up;

	if (count >= decimal->count)
		return;
	up = count >= 0 && rounds_up(decimal, count);
	decimal->count = count > 0 ? count : 0;
	while (up && decimal->count > 0 && decimal->digits[decimal->count - 1] == 9)
		decimal->count--;
	if (up && decimal->count > 0) {
		decimal->digits[decimal->count - 1]++;
	} else if (up) {
		decimal->digits[0] = 1;
		decimal->count = 1;
		decimal->point++;
	}
	trim(decimal);
}

static void shift_left(struct decimal *decimal, int bits)
{
	unsigned char digits[DIGITS + 8];
	uint32_t carry = 0;
	int i, new = 8, count;

	for (i = decimal->count - 1; i >= 0; i--) {
		carry += (uint32_t)decimal->digits[i] << bits;
		digits[i + 8] = carry % 10;
		carry /= 10;
	}
	for (; carry > 0; carry /= 10)
		digits[--new] = carry % 10;
	decimal->point += 8 - new;
	count = decimal->count + 8 - new;
	decimal->count = count < DIGITS ? count : DIGITS;
	memcpy(decimal->digits, digits + new, decimal->count);
}

static void shift_right(struct decimal *decimal, int bits)
{
	uint32_t rest = 0;
	int in, out = 0, zeros = 0;

	for (in = 0; (in < decimal->count || rest > 0) && out < DIGITS; in++) {
		rest = rest * 10 + (in < decimal->count ? decimal->digits[in] : 0);
		if (out == 0 && rest >> bits == 0)
			zeros++;
		else
			decimal->digits[out++] = rest >> bits;
		rest &= ((uint32_t)1 << bits) - 1;
	}
	/* What has no room still tells more than half from half. */
	if (rest > 0)
		decimal->digits[out - 1] |= 1;
	decimal->count = out;
	decimal->point -= zeros;
}

void __shift_decimal(struct decimal *decimal, int bits)
{
	if (decimal->count == 0)
		return;
	if (bits > 0)
		shift_left(decimal, bits);
	else
		shift_right(decimal, -bits);
	trim(decimal);
}

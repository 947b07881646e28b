/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printf's work: text and integers. */
#include "format.h"
#include "stream.h"
#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

void __emit_text(struct output *output, const char *text, size_t length)
{
	size_t i, room = output->size - output->count;

	if (output->stream)
		for (i = 0; i < length; i++)
			output->failed |= __put(text[i], output->stream) == EOF;
	else if (output->count < output->size)
		memcpy(output->text + output->count, text, length < room ? length : room);
	output->count += length;
	if (output->count > INT_MAX || length > INT_MAX)
		output->count = INT_MAX + 1u;
}

void __emit(struct output *output, int c)
{
	char text = c;

	__emit_text(output, &text, 1);
}

void __emit_times(struct output *output, int c, long times)
{
	for (; times > 0; times--)
		__emit(output, c);
}

/* How many bytes are missing to the width. */
static long fill_of(const struct conversion *conversion, const char *prefix, long length)
{
	return conversion->width == 0 ? 0 : conversion->width - length - (long)strlen(prefix);
}

void __emit_before(struct output *output, const struct conversion *conversion,
	const char *prefix, long length)
{
	long fill = fill_of(conversion, prefix, length);

	if (!conversion->minus && !conversion->zero)
		__emit_times(output, ' ', fill);
	while (*prefix)
		__emit(output, *prefix++);
	if (!conversion->minus && conversion->zero)
		__emit_times(output, '0', fill);
}

void __emit_behind(struct output *output, const struct conversion *conversion,
	const char *prefix, long length)
{
	if (conversion->minus)
		__emit_times(output, ' ', fill_of(conversion, prefix, length));
}

static void emit_string(struct output *output, struct conversion *conversion,
	const char *text, size_t length)
{
	conversion->zero = 0;
	__emit_before(output, conversion, "", length);
	__emit_text(output, text, length);
	__emit_behind(output, conversion, "", length);
}

/* The digits of the number, from the last backwards before `end`. */
static char *digits_of(uintmax_t number, unsigned base, int capital, char *end)
{
	const char *digits = capital ? "0123456789ABCDEF" : "0123456789abcdef";

	/* Most numbers need no division of 64 bits. */
	for (; number > UINT32_MAX; number /= base)
		*--end = digits[number % base];
	for (uint32_t small = number; small > 0; small /= base)
		*--end = digits[small % base];
	return end;
}

static void emit_integer(struct output *output, struct conversion *conversion,
	uintmax_t number, int negative)
{
	char buffer[3 * sizeof number], *end = buffer + sizeof buffer, *digits;
	int letter = conversion->letter, is_signed = letter == 'd' || letter == 'i';
	unsigned base = letter == 'o' ? 8 : is_signed || letter == 'u' ? 10 : 16;
	const char *prefix = "";
	long length, zeros;

	digits = digits_of(number, base, letter == 'X', end);
	length = end - digits;
	zeros = (conversion->precision < 0 ? 1 : conversion->precision) - length;
	if (letter == 'o' && conversion->alternative && zeros <= 0)
		zeros = 1;
	if (zeros < 0)
		zeros = 0;
	if (is_signed)
		prefix = negative ? "-" : conversion->plus ? "+" : conversion->space ? " " : "";
	else if (letter == 'p' || (conversion->alternative && base == 16 && number != 0))
		prefix = letter == 'X' ? "0X" : "0x";
	if (conversion->precision >= 0)
		conversion->zero = 0;
	__emit_before(output, conversion, prefix, zeros + length);
	__emit_times(output, '0', zeros);
	__emit_text(output, digits, length);
	__emit_behind(output, conversion, prefix, zeros + length);
}

/* Reads a number of the format, INT_MAX at most. */
static int number_in(const char **format)
{
	int number = 0;

	for (; '0' <= **format && **format <= '9'; ++*format)
		if (number <= (INT_MAX - 9) / 10)
			number = number * 10 + **format - '0';
		else
			number = INT_MAX;
	return number;
}

static const char *flags_in(const char *format, struct conversion *conversion)
{
	for (;; format++) {
		switch (*format) {
		case '-':
			conversion->minus = 1;
			break;
		case '+':
			conversion->plus = 1;
			break;
		case ' ':
			conversion->space = 1;
			break;
		case '#':
			conversion->alternative = 1;
			break;
		case '0':
			conversion->zero = 1;
			break;
		default:
			return format;
		}
	}
}

/* Sizes of integers: h is 'h', hh 'H', l 'l', ll, j and L 'L', others 0 (as int). */
static int size_in(const char **format)
{
	int size = **format, twice;

	if (size == 'j' || size == 'z' || size == 't' || size == 'L') {
		++*format;
		return size == 'j' || size == 'L' ? 'L' : 0;
	}
	if (size != 'h' && size != 'l')
		return 0;
	twice = *++*format == size;
	*format += twice;
	return twice ? toupper(size) : size;
}

struct arguments {
	va_list list;
};

static intmax_t signed_argument(struct arguments *arguments, int size)
{
	switch (size) {
	case 'L':
		return va_arg(arguments->list, long long);
	case 'h':
		return (short)va_arg(arguments->list, int);
	case 'H':
		return (signed char)va_arg(arguments->list, int);
	}
	return va_arg(arguments->list, int);
}

static uintmax_t unsigned_argument(struct arguments *arguments, int size)
{
	switch (size) {
	case 'L':
		return va_arg(arguments->list, unsigned long long);
	case 'h':
		return (unsigned short)va_arg(arguments->list, int);
	case 'H':
		return (unsigned char)va_arg(arguments->list, int);
	}
	return va_arg(arguments->list, unsigned);
}

static void convert(struct output *output, struct conversion *conversion, int size,
	struct arguments *arguments)
{
	intmax_t number;
	const char *text;
	char c;

	switch (conversion->letter) {
	case 'd':
	case 'i':
		number = signed_argument(arguments, size);
		emit_integer(output, conversion, number < 0 ? -(uintmax_t)number : (uintmax_t)number,
			number < 0);
		break;
	case 'o':
	case 'u':
	case 'x':
	case 'X':
		emit_integer(output, conversion, unsigned_argument(arguments, size), 0);
		break;
	case 'p':
		emit_integer(output, conversion, va_arg(arguments->list, uintptr_t), 0);
		break;
	case 'c':
		c = va_arg(arguments->list, int);
		emit_string(output, conversion, &c, 1);
		break;
	case 's':
		text = va_arg(arguments->list, const char *);
		if (text == NULL)
			text = "(null)";
		emit_string(output, conversion, text, conversion->precision < 0 ? strlen(text)
			: strnlen(text, conversion->precision));
		break;
	case 'n':
		*va_arg(arguments->list, int *) = output->count;
		break;
	case 'e':
	case 'E':
	case 'f':
	case 'F':
	case 'g':
	case 'G':
		__emit_double(output, conversion, size == 'L'
			? (double)va_arg(arguments->list, long double)
			: va_arg(arguments->list, double));
		break;
	default:
		__emit(output, conversion->letter);
	}
}

/* Most conversions are %s and %d with nothing between; whether it is one of them. */
static int convert_plain(struct output *output, int letter, struct arguments *arguments)
{
	char buffer[3 * sizeof(int)], *end = buffer + sizeof buffer, *digits;
	const char *text;
	int number;

	if (letter == 's') {
		text = va_arg(arguments->list, const char *);
		if (text == NULL)
			text = "(null)";
		__emit_text(output, text, strlen(text));
	} else if (letter == 'd') {
		number = va_arg(arguments->list, int);
		digits = digits_of(number < 0 ? -(unsigned)number : (unsigned)number, 10, 0, end);
		if (number == 0)
			*--digits = '0';
		if (number < 0)
			*--digits = '-';
		__emit_text(output, digits, end - digits);
	} else {
		return 0;
	}
	return 1;
}

/* What stands behind a %; returns the rest of the format. */
static const char *convert_next(struct output *output, const char *format,
	struct arguments *arguments)
{
	struct conversion conversion = { .precision = -1 };
	int size;

	format = flags_in(format, &conversion);
	if (*format == '*') {
		format++;
		conversion.width = va_arg(arguments->list, int);
		if (conversion.width < 0) {
			conversion.minus = 1;
			conversion.width = -conversion.width;
		}
	} else {
		conversion.width = number_in(&format);
	}
	if (*format == '.') {
		format++;
		conversion.precision = *format == '*' ? va_arg(arguments->list, int)
			: number_in(&format);
		format += *format == '*';
	}
	size = size_in(&format);
	conversion.letter = (unsigned char)*format;
	if (*format == '\0')
		return format;
	convert(output, &conversion, size, arguments);
	return format + 1;
}

void __vformat(struct output *output, const char *format, va_list list)
{
	struct arguments arguments;

	va_copy(arguments.list, list);
	while (*format) {
		const char *text = format;

		while (*format && *format != '%')
			format++;
		if (format > text)
			__emit_text(output, text, format - text);
		if (*format == '\0')
			break;
		format++;
		if (convert_plain(output, *format, &arguments))
			format++;
		else
			format = convert_next(output, format, &arguments);
	}
	va_end(arguments.list);
}

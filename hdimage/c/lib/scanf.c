/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scanf and its kin. */
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest text of a number. */
#define LONGEST 350

/* Where it comes from: a stream, or if that is NULL, a text. */
struct input {
	FILE *stream;
	const char *text;
	int count;		/* of bytes taken */
};

static int take(struct input *input)
{
	int c;

	if (input->stream)
		c = fgetc(input->stream);
	else
		c = *input->text ? (unsigned char)*input->text++ : EOF;
	input->count += c != EOF;
	return c;
}

static void give_back(struct input *input, int c)
{
	if (c == EOF)
		return;
	input->count--;
	if (input->stream)
		ungetc(c, input->stream);
	else
		input->text--;
}

/* The next byte, which is not taken. */
static int look(struct input *input)
{
	int c = take(input);

	give_back(input, c);
	return c;
}

static void skip_spaces(struct input *input)
{
	while (isspace(look(input)))
		take(input);
}

/* Takes bytes of the set, `width` of them at most, to `text`. */
static int take_all(struct input *input, const char *set, int width, char *text)
{
	int count = 0;

	while (count < width && look(input) != EOF && look(input) != 0 &&
	       strchr(set, look(input)))
		text[count++] = take(input);
	return count;
}

/* The text of an integer: sign, 0x, digits. */
static int take_integer(struct input *input, int base, int width, char *text)
{
	static const char *const all = "0123456789abcdefABCDEF";
	char digits[24];
	int count = take_all(input, "+-", width > 0, text);

	if (count < width && look(input) == '0') {
		text[count++] = take(input);
		if (count < width && (base == 0 || base == 16) && tolower(look(input)) == 'x') {
			text[count++] = take(input);
			base = 16;
		} else if (base == 0) {
			base = 8;
		}
	}
	strcpy(digits, all);
	if (base != 16)
		digits[base ? base : 10] = '\0';
	return count + take_all(input, digits, width - count, text + count);
}

/* The text of a double: sign, digits, point, digits, exponent. */
static int take_double(struct input *input, int width, char *text)
{
	static const char *const digits = "0123456789";
	int count = take_all(input, "+-", width > 0, text);

	count += take_all(input, digits, width - count, text + count);
	count += take_all(input, ".", count < width, text + count);
	count += take_all(input, digits, width - count, text + count);
	if (count > 0 && count < width && tolower(look(input)) == 'e') {
		text[count++] = take(input);
		count += take_all(input, "+-", count < width, text + count);
		count += take_all(input, digits, width - count, text + count);
	}
	return count;
}

/* Reads a set of characters as in %[a-z], behind the bracket; goes behind its end. */
static const char *set_in(const char *format, char set[256])
{
	int negated = *format == '^', c, last;

	memset(set, negated, 256);
	format += negated;
	do {
		c = (unsigned char)*format;
		if (c == '\0')
			return format;
		last = c;
		if (format[1] == '-' && format[2] != ']' && format[2] != '\0') {
			last = (unsigned char)format[2];
			format += 2;
		}
		for (; c <= last; c++)
			set[c] = !negated;
		format++;
	} while (*format != ']');
	return format;
}

/* Takes bytes that are in the set to `to`, if it is not NULL; tells how many. */
static int take_set(struct input *input, const char set[256], int width, char *to, int zero)
{
	int count = 0;

	while (count < width && look(input) != EOF && set[look(input)]) {
		int c = take(input);

		if (to)
			to[count] = c;
		count++;
	}
	if (to && zero && count > 0)
		to[count] = '\0';
	return count;
}

static void store(void *to, int size, long number)
{
	switch (size) {
	case 'H':
		*(char *)to = number;
		break;
	case 'h':
		*(short *)to = number;
		break;
	case 'L':
		*(long long *)to = number;
		break;
	default:
		*(int *)to = number;
	}
}

/* One conversion; whether there was what it asks for. */
static int convert(struct input *input, int letter, const char set[256], int size,
	int width, void *to)
{
	char text[LONGEST + 1], *end;
	int base = letter == 'o' ? 8 : letter == 'x' || letter == 'X' || letter == 'p' ? 16
		: letter == 'i' ? 0 : 10;
	int is_set = letter == '[' || letter == 's' || letter == 'c';
	int count;

	if (is_set) {
		if (width == 0)
			width = letter == 'c' ? 1 : INT_MAX;
		count = take_set(input, set, width, to, letter != 'c');
		return letter == 'c' ? count == width : count > 0;
	}
	if (width == 0 || width > LONGEST)
		width = LONGEST;
	if (strchr("eEfFgG", letter)) {
		double value;

		text[take_double(input, width, text)] = '\0';
		value = strtod(text, &end);
		if (to && size == 'l')
			*(double *)to = value;
		else if (to && size == 'L')
			*(long double *)to = value;
		else if (to)
			*(float *)to = value;
	} else {
		long number;

		text[take_integer(input, base, width, text)] = '\0';
		number = letter == 'd' || letter == 'i' ? strtol(text, &end, base)
			: (long)strtoul(text, &end, base);
		if (to && end != text)
			store(to, size, number);
	}
	return end != text;
}

static int vscan(struct input *input, const char *format, va_list arguments)
{
	char set[256];
	int done = 0;

	for (; *format; format++) {
		int keep = 1, width = 0, size = 0, i;
		void *to = NULL;

		if (isspace((unsigned char)*format)) {
			skip_spaces(input);
			continue;
		}
		if (*format != '%' || format[1] == '%') {
			if (*format == '%') {
				format++;
				skip_spaces(input);
			}
			if (look(input) != (unsigned char)*format)
				return done == 0 && look(input) == EOF ? EOF : done;
			take(input);
			continue;
		}
		if (*++format == '*') {
			keep = 0;
			format++;
		}
		for (; isdigit((unsigned char)*format); format++)
			if (width < INT_MAX / 10 - 1)
				width = width * 10 + *format - '0';
		for (; *format && strchr("hlLjzt", *format); format++)
			size = size == *format ? toupper(size) : *format == 'j' ? 'L' : *format;
		if (*format == '\0')
			return done;
		if (!strchr("[cn", *format))
			skip_spaces(input);
		if (*format == 'n') {
			if (keep)
				store(va_arg(arguments, void *), size, input->count);
			continue;
		}
		if (*format == 's')
			for (i = 0; i < 256; i++)
				set[i] = !isspace(i);
		if (*format == 'c')
			memset(set, 1, sizeof set);
		if (*format == '[') {
			format = set_in(format + 1, set);
			if (*format == '\0')
				return done;
		}
		if (keep)
			to = va_arg(arguments, void *);
		if (look(input) == EOF)
			return done ? done : EOF;
		if (!convert(input, *format == ']' ? '[' : *format, set, size, width, to))
			return done;
		done += keep;
	}
	return done;
}

int fscanf(FILE *stream, const char *format, ...)
{
	struct input input = { .stream = stream };
	va_list arguments;
	int done;

	va_start(arguments, format);
	done = vscan(&input, format, arguments);
	va_end(arguments);
	return done;
}

int scanf(const char *format, ...)
{
	struct input input = { .stream = stdin };
	va_list arguments;
	int done;

	va_start(arguments, format);
	done = vscan(&input, format, arguments);
	va_end(arguments);
	return done;
}

int sscanf(const char *text, const char *format, ...)
{
	struct input input = { .text = text };
	va_list arguments;
	int done;

	va_start(arguments, format);
	done = vscan(&input, format, arguments);
	va_end(arguments);
	return done;
}

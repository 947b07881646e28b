/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printf and its kin: where to. */
#include "format.h"
#include "stream.h"
#include <errno.h>
#include <limits.h>

static int result_of(struct output *output)
{
	if (output->count > INT_MAX) {
		errno = ERANGE;
		return -1;
	}
	return output->failed ? -1 : (int)output->count;
}

int vfprintf(FILE *stream, const char *format, va_list arguments)
{
	struct output output = { .stream = stream };

	__vformat(&output, format, arguments);
	output.failed |= __settle(stream) != 0;
	return result_of(&output);
}

/* There is a zero behind what has room, if there is any room. */
int vsnprintf(char *text, size_t size, const char *format, va_list arguments)
{
	struct output output = { .text = text, .size = size ? size - 1 : 0 };

	__vformat(&output, format, arguments);
	if (size)
		text[output.count < output.size ? output.count : output.size] = '\0';
	return result_of(&output);
}

int vsprintf(char *text, const char *format, va_list arguments)
{
	return vsnprintf(text, INT_MAX, format, arguments);
}

int vprintf(const char *format, va_list arguments)
{
	return vfprintf(stdout, format, arguments);
}

int printf(const char *format, ...)
{
	va_list arguments;
	int count;

	va_start(arguments, format);
	count = vfprintf(stdout, format, arguments);
	va_end(arguments);
	return count;
}

int fprintf(FILE *stream, const char *format, ...)
{
	va_list arguments;
	int count;

	va_start(arguments, format);
	count = vfprintf(stream, format, arguments);
	va_end(arguments);
	return count;
}

int snprintf(char *text, size_t size, const char *format, ...)
{
	va_list arguments;
	int count;

	va_start(arguments, format);
	count = vsnprintf(text, size, format, arguments);
	va_end(arguments);
	return count;
}

int sprintf(char *text, const char *format, ...)
{
	va_list arguments;
	int count;

	va_start(arguments, format);
	count = vsprintf(text, format, arguments);
	va_end(arguments);
	return count;
}

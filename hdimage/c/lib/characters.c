/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams: bytes, lines and blocks. */
#include "stream.h"
#include <stdint.h>
#include <string.h>

int fputc(int c, FILE *stream)
{
	c = __put(c, stream);
	return __settle(stream) == 0 ? c : EOF;
}

int putc(int c, FILE *stream)
{
	return fputc(c, stream);
}

int putchar(int c)
{
	return fputc(c, stdout);
}

int getc(FILE *stream)
{
	return fgetc(stream);
}

int getchar(void)
{
	return fgetc(stdin);
}

int fputs(const char *text, FILE *stream)
{
	size_t length = strlen(text);

	return fwrite(text, 1, length, stream) == length ? 0 : EOF;
}

int puts(const char *line)
{
	return fputs(line, stdout) == 0 && putchar('\n') != EOF ? 0 : EOF;
}

char *fgets(char *line, int size, FILE *stream)
{
	char *p = line;
	int c = 0;

	while (--size > 0 && c != '\n' && (c = fgetc(stream)) != EOF)
		*p++ = c;
	if (size < 0 || (c == EOF && (p == line || ferror(stream))))
		return NULL;
	*p = '\0';
	return line;
}

/* Bytes of all the items, or 0 if there cannot be so many. */
static size_t bytes_of(size_t size, size_t count)
{
	return size != 0 && count > SIZE_MAX / size ? 0 : size * count;
}

size_t fread(void *data, size_t size, size_t count, FILE *stream)
{
	size_t bytes = bytes_of(size, count), done;
	int c;

	for (done = 0; done < bytes && (c = fgetc(stream)) != EOF; done++)
		((unsigned char *)data)[done] = c;
	return bytes ? done / size : 0;
}

size_t fwrite(const void *data, size_t size, size_t count, FILE *stream)
{
	size_t bytes = bytes_of(size, count), done;

	for (done = 0; done < bytes; done++)
		if (__put(((const unsigned char *)data)[done], stream) == EOF)
			break;
	if (__settle(stream) != 0)
		return 0;
	return bytes ? done / size : 0;
}

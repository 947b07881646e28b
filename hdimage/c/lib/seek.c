/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams: where they are, and what has become of them. */
#include "stream.h"
#include <errno.h>
#include <unistd.h>

long ftell(FILE *stream)
{
	long place = lseek(stream->fd, 0, SEEK_CUR);

	if (place < 0)
		return -1;
	if (stream->flags & WRITING)
		place += stream->next - stream->buffer;
	if (stream->flags & READING)
		place -= stream->end - stream->next;
	return place - (stream->pushed != EOF);
}

int fseek(FILE *stream, long offset, int origin)
{
	if (fflush(stream) != 0 || lseek(stream->fd, offset, origin) < 0)
		return -1;
	stream->flags &= ~AT_EOF;
	return 0;
}

void rewind(FILE *stream)
{
	fseek(stream, 0, SEEK_SET);
	clearerr(stream);
}

int fgetpos(FILE *stream, fpos_t *place)
{
	*place = ftell(stream);
	return *place < 0 ? -1 : 0;
}

int fsetpos(FILE *stream, const fpos_t *place)
{
	return fseek(stream, *place, SEEK_SET);
}

void clearerr(FILE *stream)
{
	stream->flags &= ~(AT_EOF | FAILED);
}

int feof(FILE *stream)
{
	return (stream->flags & AT_EOF) != 0;
}

int ferror(FILE *stream)
{
	return (stream->flags & FAILED) != 0;
}

int fileno(FILE *stream)
{
	return stream->fd;
}

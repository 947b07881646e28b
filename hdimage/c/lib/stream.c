/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams: bytes in and out by a buffer. */
#include "stream.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

FILE __streams[FOPEN_MAX] = {
	{ .fd = 0, .flags = READ, .pushed = EOF },
	{ .fd = 1, .flags = WRITE, .pushed = EOF },
	{ .fd = 2, .flags = WRITE | AT_ONCE | CHOSEN, .pushed = EOF },
};

FILE *const stdin = &__streams[0];
FILE *const stdout = &__streams[1];
FILE *const stderr = &__streams[2];

extern void (*__close_streams)(void);

static void flush_all(void)
{
	fflush(NULL);
}

static int fail(FILE *stream)
{
	stream->flags |= FAILED;
	return EOF;
}

/* Gives the stream a buffer, unless it has one. */
static void need_buffer(FILE *stream)
{
	if (stream->buffer)
		return;
	stream->size = BUFSIZ;
	stream->buffer = malloc(stream->size);
	if (stream->buffer) {
		stream->flags |= OWN_BUFFER;
	} else {
		stream->buffer = &stream->single;
		stream->size = 1;
	}
	if (!(stream->flags & CHOSEN) && isatty(stream->fd))
		stream->flags |= LINES;
}

/* Writes what the stream holds. What cannot be written is lost, and told. */
static int flush(FILE *stream)
{
	unsigned char *p = stream->buffer;

	while (p < stream->next) {
		int count = write(stream->fd, p, stream->next - p);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0) {
			stream->next = stream->buffer;
			return fail(stream);
		}
		p += count;
	}
	stream->next = stream->buffer;
	return 0;
}

/* Gives back to the file what was read ahead. */
static void unread(FILE *stream)
{
	long ahead = stream->end - stream->next + (stream->pushed != EOF);
	int before = errno;

	/* A pipe cannot; what it gave is lost. */
	if (ahead > 0 && lseek(stream->fd, -ahead, SEEK_CUR) < 0)
		errno = before;
	stream->next = stream->end = stream->buffer;
	stream->pushed = EOF;
}

int fflush(FILE *stream)
{
	int result = 0, i;

	if (stream == NULL) {
		for (i = 0; i < FOPEN_MAX; i++)
			if (__streams[i].flags & WRITING)
				result |= fflush(&__streams[i]);
		return result;
	}
	if (stream->flags & WRITING)
		result = flush(stream);
	if (stream->flags & READING)
		unread(stream);
	stream->flags &= ~(READING | WRITING);
	return result;
}

int __put(int c, FILE *stream)
{
	if (!(stream->flags & WRITING)) {
		if (!(stream->flags & WRITE)) {
			errno = EBADF;
			return fail(stream);
		}
		fflush(stream);
		need_buffer(stream);
		stream->next = stream->buffer;
		stream->end = stream->buffer + stream->size;
		stream->flags |= WRITING;
		__close_streams = flush_all;
	}
	*stream->next++ = c;
	if (stream->next == stream->end || (c == '\n' && stream->flags & LINES))
		if (flush(stream) != 0)
			return EOF;
	return (unsigned char)c;
}

int __settle(FILE *stream)
{
	return stream->flags & AT_ONCE && stream->flags & WRITING ? flush(stream) : 0;
}

/* Reads into the empty buffer; whether there is anything. */
static int fill(FILE *stream)
{
	int count;

	if (!(stream->flags & READ)) {
		errno = EBADF;
		fail(stream);
		return 0;
	}
	if (stream->flags & AT_EOF)
		return 0;
	if (stream->flags & WRITING)
		fflush(stream);
	need_buffer(stream);
	stream->flags |= READING;
	/* A question should be seen before its answer is waited for. */
	if (stream->flags & (LINES | AT_ONCE) && stdout->flags & WRITING && stdout->flags & LINES)
		flush(stdout);
	stream->next = stream->end = stream->buffer;
	count = read(stream->fd, stream->buffer, stream->flags & AT_ONCE ? 1 : stream->size);
	if (count > 0)
		stream->end += count;
	else
		stream->flags |= count < 0 ? FAILED : AT_EOF;
	return count > 0;
}

int fgetc(FILE *stream)
{
	int c = stream->pushed;

	if (c != EOF) {
		stream->pushed = EOF;
		return c;
	}
	if (!(stream->flags & READING) || stream->next == stream->end)
		if (!fill(stream))
			return EOF;
	return *stream->next++;
}

/* One byte may wait. */
int ungetc(int c, FILE *stream)
{
	if (c == EOF || stream->pushed != EOF || !(stream->flags & READ))
		return EOF;
	if (stream->flags & WRITING)
		fflush(stream);
	if (!(stream->flags & READING)) {
		need_buffer(stream);
		stream->next = stream->end = stream->buffer;
		stream->flags |= READING;
	}
	stream->flags &= ~AT_EOF;
	return stream->pushed = (unsigned char)c;
}

int setvbuf(FILE *stream, char *buffer, int kind, size_t size)
{
	if (kind < _IOFBF || kind > _IONBF || stream->flags & (READING | WRITING))
		return EOF;
	if (buffer && size > 0 && kind != _IONBF) {
		if (stream->flags & OWN_BUFFER)
			free(stream->buffer);
		stream->flags &= ~OWN_BUFFER;
		stream->buffer = (unsigned char *)buffer;
		stream->size = size;
	}
	stream->flags &= ~(LINES | AT_ONCE);
	stream->flags |= CHOSEN | (kind == _IOLBF ? LINES : kind == _IONBF ? AT_ONCE : 0);
	return 0;
}

void setbuf(FILE *stream, char *buffer)
{
	setvbuf(stream, buffer, buffer ? _IOFBF : _IONBF, BUFSIZ);
}

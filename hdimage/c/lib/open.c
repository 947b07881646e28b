/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams: how they begin and end. */
#include "stream.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The flags of open for "r", "w+" and their kin, or -1. */
static int flags_of(const char *mode)
{
	int access = strchr(mode, '+') ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;

	switch (*mode) {
	case 'r':
		return access;
	case 'w':
		return access | O_CREAT | O_TRUNC;
	case 'a':
		return access | O_CREAT | O_APPEND;
	}
	errno = EINVAL;
	return -1;
}

static FILE *free_stream(void)
{
	int i;

	for (i = 0; i < FOPEN_MAX; i++)
		if (__streams[i].flags == 0)
			return &__streams[i];
	errno = EMFILE;
	return NULL;
}

static FILE *begin(FILE *stream, int fd, int flags)
{
	memset(stream, 0, sizeof *stream);
	stream->fd = fd;
	stream->pushed = EOF;
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		stream->flags = READ;
		break;
	case O_WRONLY:
		stream->flags = WRITE;
		break;
	default:
		stream->flags = READ | WRITE;
	}
	return stream;
}

static FILE *open_at(FILE *stream, const char *path, const char *mode)
{
	int flags = flags_of(mode), fd;

	if (stream == NULL || flags < 0)
		return NULL;
	fd = open(path, flags, 0666);
	return fd < 0 ? NULL : begin(stream, fd, flags);
}

FILE *fopen(const char *path, const char *mode)
{
	return open_at(free_stream(), path, mode);
}

FILE *fdopen(int fd, const char *mode)
{
	FILE *stream = free_stream();
	int flags = flags_of(mode);

	return stream && flags >= 0 ? begin(stream, fd, flags) : NULL;
}

int fclose(FILE *stream)
{
	int result = fflush(stream);

	if (close(stream->fd) != 0)
		result = EOF;
	if (stream->flags & OWN_BUFFER)
		free(stream->buffer);
	stream->buffer = NULL;
	stream->flags = 0;
	return result;
}

FILE *freopen(const char *path, const char *mode, FILE *stream)
{
	fclose(stream);
	return open_at(stream, path, mode);
}

/* The name is gone at once, the file when it is closed. */
FILE *tmpfile(void)
{
	char name[L_tmpnam];
	FILE *stream;
	int fd;

	if (tmpnam(name) == NULL)
		return NULL;
	fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return NULL;
	unlink(name);
	stream = fdopen(fd, "w+");
	if (stream == NULL)
		close(fd);
	return stream;
}

char *tmpnam(char *name)
{
	static char own[L_tmpnam];
	static unsigned number;
	int tries;

	if (name == NULL)
		name = own;
	for (tries = 0; tries < TMP_MAX; tries++) {
		sprintf(name, "/tmp/t%d.%u", getpid(), number++ % TMP_MAX);
		if (access(name, F_OK) != 0)
			return name;
	}
	return NULL;
}

int remove(const char *path)
{
	return unlink(path) == 0 || rmdir(path) == 0 ? 0 : -1;
}

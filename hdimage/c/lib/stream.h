/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a FILE is. One that is read from holds what is read and not yet taken at
 * next..end; one that is written to holds what is not yet written at buffer..next.
 */
#ifndef _STREAM_H
#define _STREAM_H

#include <stdio.h>

#define READ 1		/* may be read */
#define WRITE 2		/* may be written */
#define AT_EOF 4
#define FAILED 8
#define READING 16	/* the buffer holds what was read */
#define WRITING 32	/* the buffer holds what is to be written */
#define LINES 64	/* written at the end of each line */
#define AT_ONCE 128	/* written at the end of each call */
#define OWN_BUFFER 256	/* the buffer comes from malloc */
#define CHOSEN 512	/* setvbuf has said how */

struct __file {
	int fd;
	int flags;		/* 0: the FILE is free */
	unsigned char *buffer, *next, *end;
	size_t size;		/* of the buffer */
	int pushed;		/* by ungetc, or EOF */
	pid_t pid;		/* of popen's child */
	unsigned char single;	/* the buffer where there is no memory */
};

extern FILE __streams[FOPEN_MAX];

/* As fputc, but leaves it to __settle to write at once. */
int __put(int c, FILE *stream);
int __settle(FILE *stream);

#endif

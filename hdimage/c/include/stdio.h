/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _STDIO_H
#define _STDIO_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

#define BUFSIZ 1024
#define EOF (-1)
#define FILENAME_MAX 1024
#define FOPEN_MAX 20
#define L_tmpnam 32
#define TMP_MAX 10000

#define _IOFBF 0
#define _IOLBF 1
#define _IONBF 2

#ifndef SEEK_SET
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif

typedef struct __file FILE;
typedef long fpos_t;

extern FILE *const stdin;
extern FILE *const stdout;
extern FILE *const stderr;

/* The compiler compares the arguments of a call with its format. */
#define __PRINTS(text, first) __attribute__((__format__(__printf__, text, first)))
#define __SCANS(text, first) __attribute__((__format__(__scanf__, text, first)))

void clearerr(FILE *stream);
int fclose(FILE *stream);
FILE *fdopen(int fd, const char *mode);
int feof(FILE *stream);
int ferror(FILE *stream);
int fflush(FILE *stream);
int fgetc(FILE *stream);
int fgetpos(FILE *stream, fpos_t *place);
char *fgets(char *line, int size, FILE *stream);
int fileno(FILE *stream);
FILE *fopen(const char *path, const char *mode);
int fprintf(FILE *stream, const char *format, ...) __PRINTS(2, 3);
int fputc(int c, FILE *stream);
int fputs(const char *text, FILE *stream);
size_t fread(void *data, size_t size, size_t count, FILE *stream);
FILE *freopen(const char *path, const char *mode, FILE *stream);
int fscanf(FILE *stream, const char *format, ...) __SCANS(2, 3);
int fseek(FILE *stream, long offset, int origin);
int fsetpos(FILE *stream, const fpos_t *place);
long ftell(FILE *stream);
size_t fwrite(const void *data, size_t size, size_t count, FILE *stream);
int getc(FILE *stream);
int getchar(void);
int pclose(FILE *stream);
void perror(const char *before);
FILE *popen(const char *command, const char *mode);
int printf(const char *format, ...) __PRINTS(1, 2);
int putc(int c, FILE *stream);
int putchar(int c);
int puts(const char *line);
int remove(const char *path);
int rename(const char *old_path, const char *new_path);
void rewind(FILE *stream);
int scanf(const char *format, ...) __SCANS(1, 2);
void setbuf(FILE *stream, char *buffer);
int setvbuf(FILE *stream, char *buffer, int kind, size_t size);
int snprintf(char *text, size_t size, const char *format, ...) __PRINTS(3, 4);
int sprintf(char *text, const char *format, ...) __PRINTS(2, 3);
int sscanf(const char *text, const char *format, ...) __SCANS(2, 3);
FILE *tmpfile(void);
char *tmpnam(char *name);
int ungetc(int c, FILE *stream);
int vfprintf(FILE *stream, const char *format, va_list arguments) __PRINTS(2, 0);
int vprintf(const char *format, va_list arguments) __PRINTS(1, 0);
int vsnprintf(char *text, size_t size, const char *format, va_list arguments) __PRINTS(3, 0);
int vsprintf(char *text, const char *format, va_list arguments) __PRINTS(2, 0);

#endif

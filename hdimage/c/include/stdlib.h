/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _STDLIB_H
#define _STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#define RAND_MAX 32767
#define MB_CUR_MAX 1

typedef struct {
	int quot;
	int rem;
} div_t;

typedef struct {
	long quot;
	long rem;
} ldiv_t;

void abort(void) __attribute__((noreturn));
int abs(int number);
int atexit(void (*function)(void));
double atof(const char *text);
int atoi(const char *text);
long atol(const char *text);
void *bsearch(const void *key, const void *items, size_t count, size_t size,
	int (*compare)(const void *, const void *));
void *calloc(size_t count, size_t size);
div_t div(int dividend, int divisor);
void exit(int status) __attribute__((noreturn));
void free(void *memory);
char *getenv(const char *name);
long labs(long number);
ldiv_t ldiv(long dividend, long divisor);
void *malloc(size_t size);
int putenv(char *assignment);
void qsort(void *items, size_t count, size_t size,
	int (*compare)(const void *, const void *));
int rand(void);
void *realloc(void *memory, size_t size);
int setenv(const char *name, const char *value, int overwrite);
void srand(unsigned int seed);
double strtod(const char *text, char **end);
long strtol(const char *text, char **end, int base);
unsigned long strtoul(const char *text, char **end, int base);
int system(const char *command);
int unsetenv(const char *name);

#endif

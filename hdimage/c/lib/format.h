/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of printf share. */
#ifndef _FORMAT_H
#define _FORMAT_H

#include <stdio.h>

/* Where it goes: to a stream, or if that is NULL, to a text of some size. */
struct output {
	FILE *stream;
	char *text;
	size_t size;
	unsigned count;		/* of all bytes, those without room counted in */
	int failed;
};

/* What stands between % and the letter, and the letter. */
struct conversion {
	int minus, plus, space, alternative, zero;
	int width;
	int precision;		/* -1: none */
	int letter;
};

void __emit(struct output *output, int c);
void __emit_text(struct output *output, const char *text, size_t length);
void __emit_times(struct output *output, int c, long times);
/* Emits what stands before `length` bytes of a number: spaces, `prefix`, zeros. */
void __emit_before(struct output *output, const struct conversion *conversion,
	const char *prefix, long length);
/* Emits what stands behind them. */
void __emit_behind(struct output *output, const struct conversion *conversion,
	const char *prefix, long length);
void __emit_double(struct output *output, struct conversion *conversion, double value);
void __vformat(struct output *output, const char *format, va_list arguments);

#endif

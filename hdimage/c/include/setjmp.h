/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _SETJMP_H
#define _SETJMP_H

#include <signal.h>

/* ebx, esi, edi, ebp, esp, eip: what a function keeps for its caller. */
typedef unsigned long jmp_buf[6];

int setjmp(jmp_buf place) __attribute__((returns_twice));
void longjmp(jmp_buf place, int value) __attribute__((noreturn));

/* The same with the blocked signals: for a jump out of a signal's handler. */
typedef struct {
	jmp_buf place;
	int has_mask;
	sigset_t mask;
} sigjmp_buf[1];

#define sigsetjmp(jump, with_mask) \
	(__keep_mask(jump, with_mask), setjmp((jump)->place))
void __keep_mask(sigjmp_buf jump, int with_mask);
void siglongjmp(sigjmp_buf jump, int value) __attribute__((noreturn));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jumps out of a function into one that called it. */
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

__asm__(
	".text\n"
	".globl setjmp\n"
	"setjmp:\n"
	"	movl 4(%esp), %eax\n"
	"	movl (%esp), %edx\n"	/* where it returns to */
	"	leal 4(%esp), %ecx\n"	/* esp when it has returned */
	"	movl %ebx, 0(%eax)\n"
	"	movl %esi, 4(%eax)\n"
	"	movl %edi, 8(%eax)\n"
	"	movl %ebp, 12(%eax)\n"
	"	movl %ecx, 16(%eax)\n"
	"	movl %edx, 20(%eax)\n"
	"	xorl %eax, %eax\n"
	"	ret\n"
	".globl longjmp\n"
	"longjmp:\n"
	"	movl 4(%esp), %edx\n"
	"	movl 8(%esp), %eax\n"
	"	testl %eax, %eax\n"
	"	jnz 1f\n"
	"	incl %eax\n"		/* setjmp must not seem to return 0 */
	"1:	movl 0(%edx), %ebx\n"
	"	movl 4(%edx), %esi\n"
	"	movl 8(%edx), %edi\n"
	"	movl 12(%edx), %ebp\n"
	"	movl 16(%edx), %esp\n"
	"	jmp *20(%edx)\n");

void __keep_mask(sigjmp_buf jump, int with_mask)
{
	jump->has_mask = with_mask;
	if (with_mask)
		sigprocmask(SIG_SETMASK, NULL, &jump->mask);
}

void siglongjmp(sigjmp_buf jump, int value)
{
	if (jump->has_mask)
		sigprocmask(SIG_SETMASK, &jump->mask, NULL);
	longjmp(jump->place, value);
}

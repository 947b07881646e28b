/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a program begins. The kernel leaves on the stack, from esp up: the number
 * of arguments, the address of their vector, the address of the environment's.
 * main wants them just so. ebp 0 ends backtraces.
 */
	.text
	.globl _start
_start:
	xorl %ebp, %ebp
	movl 8(%esp), %eax
	movl %eax, environ
	call main
	pushl %eax
	call exit

	.section .note.GNU-stack, "", @progbits

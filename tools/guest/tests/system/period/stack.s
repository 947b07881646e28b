# SPDX-License-Identifier: GPL-2.0-or-later
#
# The initial stack: argc, argv, envp. To be run as `stack one two`.

        .include "crt0.inc"

main:
        movl    4(%esp), %eax           # argc
        expect  1, $3
        movl    8(%esp), %esi           # argv
        movl    4(%esi), %eax
        movl    (%eax), %eax
        expect  2, $0x00656e6f          # "one"
        movl    8(%esi), %eax
        movl    (%eax), %eax
        expect  3, $0x006f7774          # "two"
        movl    12(%esi), %eax
        expect  4, $0                   # ends with a null pointer
        leal    16(%esi), %eax
        expect  5, 12(%esp)             # envp is right behind argv
        movl    12(%esp), %edi
        movl    (%edi), %ebx
        xorl    %eax, %eax
        cmpl    $0, %ebx                # the shell hands some variables on
        setne   %al
        expect  6, $1
1:      addl    $4, %edi
        cmpl    $0, -4(%edi)
        jne     1b
# argv and envp lie above the stack pointer, and the strings above them.
        leal    16(%esp), %eax
        expect  7, %esi
        movl    4(%esi), %eax
        cmpl    %edi, %eax
        seta    %al
        movzbl  %al, %eax
        expect  8, $1
        movl    $message, %ecx
        movl    $1, %ebx
        movl    $7, %edx
        system_call 4                   # write
        expect  9, $7
        xorl    %eax, %eax
        ret

        .data
message: .ascii "period\n"

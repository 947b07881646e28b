# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two processes that use the coprocessor at the same time: each adds its own
# constant often enough that they are switched between many times.

        .include "crt0.inc"

        .set    ROUNDS, 2000000

main:
        fninit
        fldpi
        system_call 2                   # fork
        testl   %eax, %eax
        jz      child
        movl    %eax, %esi
        flds    three
        call    add_up
        expect  1, $(3*ROUNDS)
        movl    %esi, %ebx
        movl    $status, %ecx
        xorl    %edx, %edx
        system_call 7                   # waitpid
        expect  2, %esi
        movl    status, %eax
        expect  3, $0
        call    check_pi
        expect  4, $1
        xorl    %eax, %eax
        ret

child:
        flds    five
        call    add_up
        expect  11, $(5*ROUNDS)
        call    check_pi                # the parent's, handed on by fork
        expect  12, $1
        xorl    %eax, %eax
        ret

# ROUNDS times st(0); takes it off.
add_up:
        fldz
        movl    $ROUNDS, %ecx
1:      fadd    %st(1), %st
        loop    1b
        fistpl  number
        fstp    %st(0)
        movl    number, %eax
        ret

# Whether st(0) is pi; takes it off.
check_pi:
        fldpi
        fcompp
        fnstsw  %ax
        sahf
        sete    %al
        movzbl  %al, %eax
        ret

        .data
three:  .float  3
five:   .float  5

        .bss
        .lcomm  number, 4
        .lcomm  status, 4

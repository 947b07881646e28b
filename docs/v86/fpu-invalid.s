# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: the difference of two infinities sets the flag IE in the
# coprocessor's status word (Intel SDM vol. 1, 8.5.1.2), and the program says K on COM1.
# v86 0.5.462 leaves the flag clear.
#
#     as --32 fpu-invalid.s -o fpu-invalid.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o fpu-invalid.img fpu-invalid.o

        .code16
        .globl  _start
_start: cli
# COM1: 115200 baud, 8 bits.
        movw    $0x3fb, %dx
        movb    $0x83, %al
        outb    %al, %dx
        movw    $0x3f8, %dx
        movb    $1, %al
        outb    %al, %dx
        incw    %dx
        decb    %al
        outb    %al, %dx
        movw    $0x3fb, %dx
        movb    $3, %al
        outb    %al, %dx
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movw    $0x7c00, %sp
        movl    %cr0, %eax
        andb    $~0x0e, %al             # MP, EM and TS
        movl    %eax, %cr0
        fninit
        fld1
        fldz
        fdivrp  %st, %st(1)             # an infinity
        fnclex
        fsub    %st(0), %st
        fnstsw  %ax
        testb   $1, %al
1:      jz      1b
        movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
1:      jmp     1b
        .org    510
        .word   0xaa55

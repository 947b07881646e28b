# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: FLDPI loads pi with a significand of 64 bits,
# C90FDAA22168C235h (Intel SDM vol. 1, 8.3.8), and the program says K on COM1. v86
# 0.5.462 loads 53 bits of it.
#
#     as --32 fldpi.s -o fldpi.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o fldpi.img fldpi.o

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
        fldpi
        fstpt   number
        cmpl    $0x2168c235, number
1:      jne     1b
        movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
1:      jmp     1b
number: .fill   10
        .org    510
        .word   0xaa55

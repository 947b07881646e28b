# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: FBLD loads a decimal number (Intel SDM vol. 2, FBLD), and the
# program says K on COM1. In v86 0.5.462 it is exception 6.
#
#     as --32 fbld.s -o fbld.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o fbld.img fbld.o

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
        fbld    decimal
        fistpl  number
        cmpl    $10, number
1:      jne     1b
        movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
1:      jmp     1b
decimal:
        .long   0x10, 0
        .word   0
number: .long   0
        .org    510
        .word   0xaa55

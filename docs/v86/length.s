# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: an instruction of more than 15 bytes is exception 13 (Intel
# SDM vol. 3, 6.15, "Interrupt 13"), whose handler says K on COM1. v86 0.5.462 goes on.
#
#     as --32 length.s -o length.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o length.img length.o

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
        movw    $too_long, 13 * 4
        movw    %ax, 13 * 4 + 2
        .fill   15, 1, 0x67             # 15 prefixes, which change nothing
        nop
1:      jmp     1b
too_long:
        movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
2:      jmp     2b
        .org    510
        .word   0xaa55

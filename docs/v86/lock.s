# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: LOCK before an instruction that does not take it is exception
# 6 (Intel SDM vol. 2, LOCK), whose handler says K on COM1. v86 0.5.462 goes on.
#
#     as --32 lock.s -o lock.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o lock.img lock.o

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
        movw    $undefined, 6 * 4
        movw    %ax, 6 * 4 + 2
        .byte   0xf0, 0x90              # lock nop
1:      jmp     1b
undefined:
        movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
2:      jmp     2b
        .org    510
        .word   0xaa55

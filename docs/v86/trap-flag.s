# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: with the trap flag set, exception 1 follows the next
# instruction (Intel SDM vol. 3, 17.3.1.4), and its handler says K on COM1. In v86
# 0.5.462 nothing follows.
#
#     as --32 trap-flag.s -o trap-flag.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o trap-flag.img trap-flag.o

        .set    TRAP_FLAG, 0x100

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
        movw    $single_step, 1 * 4
        movw    %ax, 1 * 4 + 2
        pushw   $TRAP_FLAG | 2
        popfw
        nop
1:      jmp     1b
single_step:
        movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
2:      jmp     2b
        .org    510
        .word   0xaa55

# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: BOUND with an index above the upper bound is exception 5
# (Intel SDM vol. 2, BOUND), whose handler says K on COM1. v86 0.5.462 goes on.
#
#     as --32 bound.s -o bound.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o bound.img bound.o

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
        movw    $out_of_bounds, 5 * 4
        movw    %ax, 5 * 4 + 2
        movw    $3, %ax
        boundw  %ax, bounds
1:      jmp     1b
out_of_bounds:
        movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
2:      jmp     2b
bounds: .word   0, 2
        .org    510
        .word   0xaa55

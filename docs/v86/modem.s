# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: in loop-back mode the four outputs of the modem control register
# are the four inputs of the modem status register (PC16550D data sheet, MCR bit 4), and
# the program says K on COM1. In v86 0.5.462 the inputs stay 0.
#
#     as --32 modem.s -o modem.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o modem.img modem.o

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
        movw    $0x3fc, %dx
        movb    $0x1f, %al
        outb    %al, %dx
        movw    $0x3fe, %dx
        inb     %dx, %al
        andb    $0xf0, %al
        cmpb    $0xf0, %al
1:      jne     1b
        movw    $0x3fc, %dx
        xorb    %al, %al
        outb    %al, %dx
        movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
2:      jmp     2b
        .org    510
        .word   0xaa55

# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: bits 0 and 1 of port 61h, the gate of timer 2 and the
# loudspeaker, are read as they were written (IBM PC/AT Technical Reference, port 61h),
# and the program says K on COM1. v86 0.5.462 reads them as 0.
#
#     as --32 speaker.s -o speaker.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o speaker.img speaker.o

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
        movb    $3, %al
        outb    %al, $0x61
        inb     $0x61, %al
        andb    $3, %al
        cmpb    $3, %al
1:      jne     1b
        xorb    %al, %al
        outb    %al, $0x61
        movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
2:      jmp     2b
        .org    510
        .word   0xaa55

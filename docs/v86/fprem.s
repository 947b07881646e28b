# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: FPREM is exact. A third with a significand of 64 bits is a
# little more than 1/3, so 29 of them go into 10 and nearly a third is left (Intel SDM
# vol. 2, FPREM); the program says K on COM1. v86 0.5.462 leaves 0.
#
#     as --32 fprem.s -o fprem.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o fprem.img fprem.o

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
        fldt    third
        fildl   ten
        fprem
        fstpt   number
        cmpl    $0xaaaaaaa1, number
1:      jne     1b
        movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
1:      jmp     1b
ten:    .long   10
third:  .long   0xaaaaaaab, 0xaaaaaaaa
        .word   0x3ffd
number: .fill   10
        .org    510
        .word   0xaa55

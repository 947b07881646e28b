# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: with CR0.NE set, a division by zero that the coprocessor's
# control word does not mask is exception 16 at the next WAIT (Intel SDM vol. 1,
# 8.7.1), whose handler says K on COM1. v86 0.5.462 has no exceptions of the coprocessor.
#
#     as --32 fpu-exception.s -o fpu-exception.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o fpu-exception.img fpu-exception.o

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
        movw    $error, 16 * 4
        movw    %ax, 16 * 4 + 2
        movl    %cr0, %eax
        andb    $~0x0e, %al             # MP, EM and TS
        orb     $0x20, %al              # NE
        movl    %eax, %cr0
        fninit
        fldcw   control
        fld1
        fldz
        fdivrp  %st, %st(1)
        fwait
1:      jmp     1b
error:
        movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
2:      jmp     2b
control:
        .word   0x37b                   # all masked but the division by zero
        .org    510
        .word   0xaa55

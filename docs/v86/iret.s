# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: a program in ring 3 tries IRET to a code segment of ring
# 0. That is a general protection fault (Intel SDM vol. 2, IRET: the RPL of the
# return selector is less than the CPL), whose handler says K on COM1. v86 0.5.462
# ends itself with "rpl < cpl".
#
#     as --32 iret.s -o iret.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o iret.img iret.o

        .set    TSS, 0x9000
        .set    IDT, 0x9800
        .set    STACK_0, 0x9800
        .set    STACK_3, 0x8000

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
        movw    %ax, %es
        movw    %ax, %ss
        movw    $STACK_3, %sp
        lgdtl   gdt_register
        lidtl   idt_register
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpl   $0x08, $protected
        .code32
protected:
        movw    $0x10, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $STACK_0, %esp
        movl    $TSS, %edi
        xorl    %eax, %eax
        movl    $26, %ecx
        rep stosl
        movl    $STACK_0, TSS + 4
        movl    $0x10, TSS + 8
        movw    $0x28, %ax
        ltr     %ax
# The gate of exception 13.
        movl    $0x00080000 + (fault - _start + 0x7c00), IDT + 13 * 8
        movl    $0x00008e00, IDT + 13 * 8 + 4
        pushl   $0x23
        pushl   $STACK_3
        pushl   $2
        pushl   $0x1b
        pushl   $user
        iretl
user:   pushl   $2
        pushl   $0x08
        pushl   $user
        iretl
fault:  movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
1:      jmp     1b

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      # 08 code of ring 0
        .quad   0x00cf93000000ffff      # 10 data of ring 0
        .quad   0x00cffb000000ffff      # 18 code of ring 3
        .quad   0x00cff3000000ffff      # 20 data of ring 3
        .quad   0x0000890090000067      # 28 TSS
gdt_register:
        .word   gdt_register - gdt - 1
        .long   gdt
idt_register:
        .word   14 * 8 - 1
        .long   IDT
        .org    510
        .word   0xaa55

# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: IRET with NT set goes back to the task whose selector is in the
# current TSS. Where that is none it is exception 10 (Intel SDM vol. 2, IRET), whose
# handler says K on COM1. v86 0.5.462 ends itself with "#GP handler".
#
#     as --32 nested-task.s -o nested-task.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o nested-task.img nested-task.o

        .set    NESTED_TASK, 0x4000
        .set    TSS, 0x9000
        .set    IDT, 0x9800
        .set    STACK, 0x9800

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
        movl    $STACK, %esp
        movl    $TSS, %edi
        xorl    %eax, %eax
        movl    $26, %ecx
        rep stosl
        movw    $0x18, %ax
        ltr     %ax
# The gate of exception 10.
        movl    $0x00080000 + (fault - _start + 0x7c00), IDT + 10 * 8
        movl    $0x00008e00, IDT + 10 * 8 + 4
        pushl   $NESTED_TASK | 2
        popfl
        iretl
fault:  movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
2:      jmp     2b

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      # 08 code
        .quad   0x00cf93000000ffff      # 10 data
        .quad   0x0000890090000067      # 18 TSS
gdt_register:
        .word   gdt_register - gdt - 1
        .long   gdt
idt_register:
        .word   11 * 8 - 1
        .long   IDT
        .org    510
        .word   0xaa55

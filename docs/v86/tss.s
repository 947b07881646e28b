# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector for v86: a task switch from ring 0 to ring 3 whose TSSs lie on a
# page that ring 3 may not use. The processor reads a TSS with the rights of ring
# 0 (Intel SDM vol. 3, 4.6.1, implicit supervisor-mode accesses), so the task runs
# and says K on COM1. v86 0.5.462 reads it after it has taken over the new ring, and
# ends itself.
#
#     as --32 tss.s -o tss.o
#     ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o tss.img tss.o

        .set    DIRECTORY, 0x1000       # page directory, and the table behind it
        .set    TABLE, 0x2000
        .set    OLD_TSS, 0x9000         # two TSSs, on a page of ring 0
        .set    NEW_TSS, 0x9080
        .set    STACK_0, 0x9800
        .set    STACK_3, 0x8000         # on this sector's page, which is ring 3's

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
        movw    $STACK_3, %sp
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
        movl    $STACK_0, %esp
# 4 MB where they are: all pages ring 0's (3) but the one at 7000h (7).
        movl    $DIRECTORY, %edi
        movl    $TABLE + 7, (%edi)
        movl    $TABLE, %edi
        movl    $3, %eax
1:      stosl
        addl    $0x1000, %eax
        cmpl    $0x400003, %eax
        jne     1b
        orb     $4, TABLE + 7 * 4
        movl    $DIRECTORY, %eax
        movl    %eax, %cr3
        movl    %cr0, %eax
        orl     $0x80000000, %eax
        movl    %eax, %cr0
# The new TSS: ring 3, at `user`.
        movl    $OLD_TSS, %edi
        xorl    %eax, %eax
        movl    $64, %ecx
        rep stosl
        movl    $DIRECTORY, NEW_TSS + 0x1c
        movl    $user, NEW_TSS + 0x20
        movl    $0x3002, NEW_TSS + 0x24         # IOPL 3: it may write to COM1
        movl    $STACK_3, NEW_TSS + 0x38
        movl    $0x1b, NEW_TSS + 0x4c           # cs
        movl    $0x23, NEW_TSS + 0x50           # ss
        movl    $0x23, NEW_TSS + 0x54           # ds
        movw    $0x28, %ax
        ltr     %ax
        ljmp    $0x30, $0
user:   movw    $0x3f8, %dx
        movb    $'K', %al
        outb    %al, %dx
2:      jmp     2b

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      # 08 code of ring 0
        .quad   0x00cf93000000ffff      # 10 data of ring 0
        .quad   0x00cffb000000ffff      # 18 code of ring 3
        .quad   0x00cff3000000ffff      # 20 data of ring 3
        .quad   0x0000890090000067      # 28 OLD_TSS
        .quad   0x0000890090800067      # 30 NEW_TSS
gdt_register:
        .word   gdt_register - gdt - 1
        .long   gdt
idt_register:
        .word   0
        .long   0
        .org    510
        .word   0xaa55

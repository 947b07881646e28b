# SPDX-License-Identifier: GPL-2.0-or-later
#
# Address 0 is the program's; text can be written; data is right behind text;
# bss is zero; brk moves the end.

        .include "crt0.inc"

main:
# The first instruction is a call (E8h).
        xorl    %ebx, %ebx
        movzbl  (%ebx), %eax
        expect  1, $0xe8
# A null pointer can be written through, too.
        movb    (%ebx), %cl
        movb    $0x5a, (%ebx)
        movzbl  0, %eax
        expect  2, $0x5a
        movb    %cl, (%ebx)
# Code that changes itself.
        call    changed
        expect  3, $1
        movb    $2, changed + 1
        jmp     1f                      # as the 386 wants it
1:      call    changed
        expect  4, $2
# And one that is put together in data.
        movl    $made, %eax
        call    *%eax
        expect  5, $0x1234
# Data begins where text ends, and has what was linked.
        movl    first, %eax
        expect  6, $0x600df00d
        movl    $first, %eax
        andl    $1023, %eax
        expect  7, $0
# bss.
        movl    $room, %edi
        movl    $20000, %ecx
        xorl    %eax, %eax
        repe scasb
        setne   %al
        expect  8, $0
        movl    $1, room + 19996
# The break is the end of bss.
        xorl    %ebx, %ebx
        system_call 45
        expect  9, $_end
        leal    0x20000(%eax), %ebx
        movl    %ebx, %esi
        system_call 45
        expect  10, %esi
        movl    -4(%esi), %eax
        expect  11, $0
        movl    $77, -4(%esi)
# An impossible break, in the stack, changes nothing.
        movl    %esp, %ebx
        system_call 45
        expect  12, %esi
        movl    $_end, %ebx
        system_call 45
        expect  13, $_end
        xorl    %eax, %eax
        ret

changed:
        movl    $1, %eax
        ret

        .data
first:  .long   0x600df00d
made:   .byte   0xb8, 0x34, 0x12, 0, 0, 0xc3    # movl $0x1234, %eax; ret

        .bss
        .lcomm  room, 20000

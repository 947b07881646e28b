# SPDX-License-Identifier: GPL-2.0-or-later
#
# int 80h keeps all registers but eax, the flags among them.

        .include "crt0.inc"

        .macro  keeps number, call
        movl    $0x11111111, %ebx
        movl    $0x22222222, %ecx
        movl    $0x33333333, %edx
        movl    $0x44444444, %esi
        movl    $0x55555555, %edi
        movl    $0x66666666, %ebp
        pushl   $0xcd7                  # CF PF AF ZF SF DF OF
        popfl
        system_call \call
        pushfl
        cld
        popl    %eax
        andl    $0xcd5, %eax
        expect  \number, $0xcd5
        leal    -0x11111111(%ebx), %eax
        xorl    $0x22222222, %ecx
        orl     %ecx, %eax
        xorl    $0x33333333, %edx
        orl     %edx, %eax
        xorl    $0x44444444, %esi
        orl     %esi, %eax
        xorl    $0x55555555, %edi
        orl     %edi, %eax
        xorl    $0x66666666, %ebp
        orl     %ebp, %eax
        expect  (\number+1), $0
        movl    %ds, %eax
        expect  (\number+2), $0x17
        movl    %es, %eax
        expect  (\number+3), $0x17
        movl    %fs, %eax
        expect  (\number+4), $0x17
        .endm

main:
        keeps   10, 20                  # getpid
        keeps   20, 36                  # sync
        keeps   30, 4                   # write, which fails
        keeps   40, 54                  # ioctl, which fails
        keeps   50, 17                  # break, which is none
        keeps   60, 200                 # no call at all
# fs reaches the same memory as ds.
        movl    $0xfeedface, word
        movl    %fs:word, %eax
        expect  70, $0xfeedface
        xorl    %eax, %eax
        ret

        .data
word:   .long   0

# SPDX-License-Identifier: GPL-2.0-or-later
#
# Job control without vfork: a child in a group of its own reads the terminal
# from the background, is stopped, gets the terminal, goes on, and reads the
# line "now". To be run in the foreground.

        .include "crt0.inc"

        .set    SIGCONT, 18
        .set    SIGTTIN, 21
        .set    SIGTTOU, 22
        .set    WUNTRACED, 2
        .set    TIOCGPGRP, 0x540f
        .set    TIOCSPGRP, 0x5410

main:
        movl    $terminal, %ebx
        movl    $2, %ecx                # O_RDWR
        xorl    %edx, %edx
        system_call 5                   # open
        testl   %eax, %eax
        js      no_terminal
        movl    %eax, %edi
        movl    $SIGTTOU, %ebx
        movl    $1, %ecx                # SIG_IGN: to take the terminal back
        xorl    %edx, %edx
        system_call 48
        expect  2, $0
        system_call 65                  # getpgrp
        movl    %eax, own_group
        call    get_group
        expect  3, own_group
        system_call 2                   # fork
        testl   %eax, %eax
        jz      child
        movl    %eax, %esi
        call    wait_for_child
        expect  4, $0x157f              # stopped by SIGTTIN
        movl    %esi, group
        call    set_group
        expect  5, $0
        call    get_group
        expect  6, %esi
        movl    %edi, %ebx
        movl    $prompt, %ecx
        movl    $7, %edx
        system_call 4
        movl    %esi, %ebx
        negl    %ebx
        movl    $SIGCONT, %ecx
        system_call 37                  # kill the whole group
        expect  7, $0
        call    wait_for_child
        expect  8, $0x2a00              # exit(42)
        movl    own_group, %eax
        movl    %eax, group
        call    set_group
        expect  9, $0
        xorl    %eax, %eax
        ret

no_terminal:
        movl    $1, %eax
        ret

child:
        xorl    %ebx, %ebx
        xorl    %ecx, %ecx
        system_call 57                  # setpgid(0, 0)
        expect  11, $0
        system_call 20
        movl    %eax, %esi
        system_call 65
        expect  12, %esi
        movl    %edi, %ebx
        movl    $buffer, %ecx
        movl    $80, %edx
        system_call 3                   # read: SIGTTIN
        expect  13, $4
        movl    buffer, %eax
        expect  14, $0x0a776f6e         # "now\n"
        movl    $42, %eax
        ret

get_group:
        movl    %edi, %ebx
        movl    $TIOCGPGRP, %ecx
        movl    $group, %edx
        system_call 54
        movl    group, %eax
        ret

set_group:
        movl    %edi, %ebx
        movl    $TIOCSPGRP, %ecx
        movl    $group, %edx
        system_call 54
        ret

# The status of the child in esi.
wait_for_child:
        movl    %esi, %ebx
        movl    $status, %ecx
        movl    $WUNTRACED, %edx
        system_call 7
        cmpl    %eax, %esi
        jne     1f
        movl    status, %eax
1:      ret

        .data
terminal: .asciz "/dev/tty"
prompt: .ascii  "type: \n"

        .bss
        .lcomm  own_group, 4
        .lcomm  group, 4
        .lcomm  status, 4
        .lcomm  buffer, 80

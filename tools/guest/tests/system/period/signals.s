# SPDX-License-Identifier: GPL-2.0-or-later
#
# signal() and sigaction() with the restorers of the C library of 0.11.

        .include "crt0.inc"

        .set    SIGUSR1, 10
        .set    SIGUSR2, 12

main:
# signal: the old handler comes back, and serves once.
        movl    $SIGUSR1, %ebx
        movl    $handler, %ecx
        movl    $sig_restore, %edx
        system_call 48
        expect  1, $0                   # SIG_DFL
        movl    $0x600df00d, %esi
        movl    $0x0badcafe, %ebp
        stc
        call    kill_self_usr1
        setc    %al                     # kept over the handler
        movzbl  %al, %eax
        expect  2, $1
        movl    %esi, %eax
        expect  3, $0x600df00d
        movl    %ebp, %eax
        expect  4, $0x0badcafe
        movl    seen, %eax
        expect  5, $SIGUSR1
        movl    blocked, %eax
        expect  6, $0                   # SA_NOMASK
# It was one shot: what was there is the default again.
        movl    $SIGUSR1, %ebx
        movl    $handler, %ecx
        movl    $sig_restore, %edx
        system_call 48
        expect  7, $0
        movl    $SIGUSR1, %ebx
        movl    $1, %ecx                # SIG_IGN
        system_call 48
        expect  8, $handler
        movl    $0, seen
        call    kill_self_usr1
        movl    seen, %eax
        expect  9, $0
# sigaction: blocked while it runs, and stays.
        movl    $SIGUSR2, %ebx
        movl    $action, %ecx
        movl    $old_action, %edx
        system_call 67
        expect  10, $0
        movl    old_action, %eax
        expect  11, $0
        movl    $2, %edi
1:      movl    $0, seen
        system_call 20
        movl    %eax, %ebx
        movl    $SIGUSR2, %ecx
        movl    $0x77, %edx
        system_call 37
        expect  12, $0                  # the call's own result comes back
        movl    %ecx, %eax
        expect  13, $SIGUSR2
        movl    %edx, %eax
        expect  14, $0x77
        movl    seen, %eax
        expect  15, $SIGUSR2
        movl    blocked, %eax
        expect  16, $(1<<(SIGUSR2-1)|1)
        system_call 68
        expect  17, $0
        decl    %edi
        jnz     1b
        movl    $SIGUSR2, %ebx
        xorl    %ecx, %ecx
        movl    $old_action, %edx
        system_call 67
        movl    old_action, %eax
        expect  18, $handler
        movl    old_action + 12, %eax
        expect  19, $masksig_restore
# SIGKILL cannot be caught.
        movl    $9, %ebx
        movl    $handler, %ecx
        movl    $sig_restore, %edx
        system_call 48
        testl   %eax, %eax
        setns   %al
        movzbl  %al, %eax
        expect  20, $0
        xorl    %eax, %eax
        ret

# Flags are not touched.
kill_self_usr1:
        pushfl
        system_call 20
        movl    %eax, %ebx
        movl    $SIGUSR1, %ecx
        popfl
        movl    $37, %eax
        int     $0x80
        ret

# A handler as C compiles it: it may change eax, ecx, edx and the flags.
handler:
        movl    4(%esp), %eax
        movl    %eax, seen
        pushl   %ebx
        system_call 68                  # sgetmask
        popl    %ebx
        movl    %eax, blocked
        movl    $-1, %eax
        movl    $-1, %ecx
        movl    $-1, %edx
        clc
        ret

# The two of 0.11's C library. On the stack: the signal number, (the mask,)
# eax, ecx, edx, flags, eip.
sig_restore:
        addl    $4, %esp
        popl    %eax
        popl    %ecx
        popl    %edx
        popfl
        ret

masksig_restore:
        addl    $4, %esp
        pushl   %ebx
        movl    4(%esp), %ebx
        system_call 69                  # ssetmask
        popl    %ebx
        addl    $4, %esp
        popl    %eax
        popl    %ecx
        popl    %edx
        popfl
        ret

        .data
action: .long   handler, 1, 0, masksig_restore  # SIGHUP is blocked as well
old_action:
        .long   -1, -1, -1, -1
seen:   .long   0
blocked: .long  0

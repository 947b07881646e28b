# SPDX-License-Identifier: GPL-2.0-or-later
#
# The system call entry and the way back to ring 3
# (0.11: kernel/system_call.s).
#
# int 80h: number in eax, arguments in ebx ecx edx esi edi. The frame is the
# one drawn in asm.s. eax comes back with the result, all others as they were.
# This is the hottest path of the kernel: every instruction counts.
#
# Constants in braces come from kernel/src/system_call.rs.

        .text
        .globl  system_call
system_call:
        push    eax                     # error code: the number, for tracing
        push    -1                      # handler: none
        pushad
        push    ds
        push    es
        push    fs
        cld
        mov     edx, {kernel_data}
        mov     ds, edx
        mov     es, edx
        mov     edx, {user_data}
        mov     fs, edx
        cmp     eax, {nr_system_calls}
        jae     bad_sys_call
        push    esp
        call    [{sys_call_table} + eax*4]
        add     esp, 4
        mov     [esp + {eax}], eax

# Interrupts and exceptions from ring 3 come here as well.
        .globl  ret_to_user
ret_to_user:
        cmp     dword ptr [ATTENTION], 0
        jne     attention
        .globl  restore_all
restore_all:
        pop     fs
        pop     es
        pop     ds
        popad
        add     esp, 8                  # handler, error code
        .globl  return_from_trap
return_from_trap:
        iretd

# A task switch is due, or a signal may be waiting.
attention:
        push    esp
        call    {attend}
        add     esp, 4
        jmp     restore_all

bad_sys_call:
        mov     dword ptr [esp + {eax}], {enosys}
        jmp     ret_to_user

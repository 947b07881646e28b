# SPDX-License-Identifier: GPL-2.0-or-later
#
# The system call entry and the way back to ring 3
# (0.11: kernel/system_call.s).
#
# int 80h takes the number in eax and the arguments in ebx ecx edx esi edi. It
# returns the result in eax and keeps all other registers. asm.s draws the frame.
# This is the hottest path of the kernel: every instruction counts.
#
# AT&T syntax, as in 0.11. Constants in braces come from
# kernel/src/system_call.rs. The lines .cfi_... make no code: they tell a debugger
# who has called whom.

        .cfi_sections .debug_frame

        .macro  enter_system_call
        pushl   %eax                    # error code: the number, for tracing
        pushal
        pushl   %ds
        pushl   %es
        cld
        movl    ${kernel_data}, %ecx
        movw    %cx, %ds
        movw    %cx, %es
        .endm

        .text
        .globl  system_call
system_call:
        .cfi_startproc
        .cfi_undefined %eip             # ring 3, not the kernel: `bt` ends here
        enter_system_call
        cmpl    ${nr_system_calls}, %eax
        jae     bad_sys_call
        movl    %esp, %ecx              # fastcall: the argument is in ecx
        call    *{sys_call_table}(,%eax,4)
        movl    %eax, {eax}(%esp)

# Exceptions from ring 3 come here as well. Interrupts stay masked from the test of
# PENDING_WORK until ring 3 runs. Work that an interrupt noted in between would have
# to wait for the next interrupt.
        .globl  ret_to_user
ret_to_user:
        cli_will_mask
        cli
# Interrupts from ring 3 come here, and so do tasks that have never run. Interrupts
# are masked in both cases.
        .globl  ret_to_user_masked
ret_to_user_masked:
        cmpl    $0, PENDING_WORK
        jne     work_pending
        .globl  restore_all
restore_all:
        iret_will_take
        popl    %es
        popl    %ds
        popal
        addl    $4, %esp                # error code
        .globl  return_from_trap
return_from_trap:
        iretl

# A task switch is due, or a signal may be waiting.
work_pending:
        pushl   $ret_to_user_masked     # where both return to, with interrupts masked
        testb   ${reschedule}, PENDING_WORK
        jnz     {schedule_masked}
        leal    4(%esp), %ecx
        jmp     {do_pending_work}

# The entry of system calls while a tracer wants to see some, or while all are
# recorded.
        .globl  traced_system_call
traced_system_call:
        enter_system_call
        movl    %esp, %ecx
        call    {do_traced_system_call}
        jmp     ret_to_user

bad_sys_call:
        movl    ${enosys}, {eax}(%esp)
        jmp     ret_to_user
        .cfi_endproc

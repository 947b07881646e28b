# SPDX-License-Identifier: GPL-2.0-or-later
#
# Exception and interrupt entries (0.11: kernel/asm.s, mm/page.s and the
# interrupt entries of kernel/system_call.s).
#
# Every entry builds the same frame on the kernel stack, which Rust sees as
# `frame::Registers`, and hands its address to a handler:
#
#       ss              only when coming from ring 3;
#       esp             then the frame starts at esp0
#       eflags          pushed by the processor
#       cs
#       eip
#       error code      by the processor or by the entry; see `Registers`
#       eax ecx edx ebx esp ebp esi edi         pushad
#       ds
#       es              <- esp, the address handed over
#
# Handlers are `fastcall`: they get that address in ecx. The kernel leaves fs and gs to
# the program.
#
# AT&T syntax, as in 0.11. Constants in braces come from kernel/src/traps.rs,
# from `offset_of!`. The lines .cfi_... make no code: they tell a debugger where
# the frame keeps what the interrupted function needs, so that `bt` goes on there.

        .cfi_sections .debug_frame

# Here the frame has `bytes` below the processor's eflags, cs and eip. Where they
# are is counted from CFA, its end in ring 0. 9 is DWARF's number of eflags.
        .macro  cfi_frame bytes
        .cfi_startproc
        .cfi_def_cfa %esp, 12 + \bytes
        .cfi_offset 9, -4
        .cfi_offset %eip, -12
        .endm

# Pushes the general registers.
        .macro  push_registers
        pushal
        .cfi_adjust_cfa_offset 32
        cfi_registers
        .endm

# Where `push_registers` has left them, if nothing has been pushed since.
        .macro  cfi_registers
        .cfi_rel_offset %eax, 28
        .cfi_rel_offset %ecx, 24
        .cfi_rel_offset %edx, 20
        .cfi_rel_offset %ebx, 16
        .cfi_rel_offset %ebp, 8
        .cfi_rel_offset %esi, 4
        .cfi_rel_offset %edi, 0
        .endm

# An exception for which the processor has pushed that many bytes: its error code, or
# nothing.
        .macro  entry name, handler, pushed=0
        .globl  \name
\name:
        cfi_frame \pushed
        .if     \pushed == 0
        pushl   $0
        .cfi_adjust_cfa_offset 4
        .endif
        push_registers
        movl    $\handler, %edx
        jmp     error_code
        .cfi_endproc
        .endm

# Goes on where an entry has pushed the general registers: pushes the rest of the frame,
# and loads the kernel's segments. Only edx has not been used again.
        .macro  save_segments
        cfi_frame 4 + 32
        cfi_registers
        pushl   %ds
        .cfi_adjust_cfa_offset 4
        pushl   %es
        .cfi_adjust_cfa_offset 4
        cld
        movl    ${kernel_data}, %ecx
        movw    %cx, %ds
        movw    %cx, %es
        .endm

        .text
        entry   divide_error, {divide_error}
        entry   debug, {debug}
        entry   nmi, {nmi}
        entry   int3, {int3}
        entry   overflow, {overflow}
        entry   bounds, {bounds}
        entry   invalid_op, {invalid_op}
        entry   device_not_available, {device_not_available}
        entry   coprocessor_segment_overrun, {reserved}
        entry   invalid_tss, {invalid_tss}, 4
        entry   segment_not_present, {segment_not_present}, 4
        entry   stack_segment, {stack_segment}, 4
        entry   general_protection, {general_protection}, 4
        entry   page_fault, {page_fault}, 4
        entry   reserved, {reserved}
        entry   coprocessor_error, {coprocessor_error}
        entry   alignment_check, {alignment_check}, 4

error_code:
        save_segments
        gate_has_masked                 # the page fault's, that is
        movl    %esp, %ecx
        call    *%edx
        testb   $3, {cs}(%esp)
        jz      restore_all
        movl    $-1, {error_code}(%esp) # ring 3 was in no system call
        jmp     ret_to_user             # in system_call.s
        .cfi_endproc

# Where the IDT finds them, vector by vector: `traps::exception_entries`. A double
# fault (8) has a task of its own.
        .section .rodata
        .balign 4
        .globl  exception_entries
exception_entries:
        .long   divide_error, debug, nmi, int3, overflow, bounds, invalid_op
        .long   device_not_available, reserved, coprocessor_segment_overrun
        .long   invalid_tss, segment_not_present, stack_segment
        .long   general_protection, page_fault, reserved, coprocessor_error
        .long   alignment_check
        .rept   32 - 18
        .long   reserved
        .endr
        .text

# The sixteen lines of the two interrupt controllers.
        .altmacro
        .macro  irq_entry number
irq_\number:
        cfi_frame 0
        pushl   $-1
        .cfi_adjust_cfa_offset 4
        push_registers
        movl    $\number, %edx
        jmp     irq_common
        .cfi_endproc
        .endm

        .set    line, 0
        .rept   16
        irq_entry %line
        .set    line, line + 1
        .endr

irq_common:
        save_segments
        gate_has_masked
        movl    %esp, %ecx
        call    {do_irq}
        testb   $3, {cs}(%esp)
        jnz     ret_to_user_masked
        jmp     restore_all
        .cfi_endproc

# Where the IDT finds them: `traps::irq_entries`.
        .macro  irq_address number
        .long   irq_\number
        .endm

        .section .rodata
        .balign 4
        .globl  irq_entries
irq_entries:
        .set    line, 0
        .rept   16
        irq_address %line
        .set    line, line + 1
        .endr
        .noaltmacro
        .text

# SPDX-License-Identifier: GPL-2.0-or-later
#
# Three places where the interrupt flag changes, for asm.s and
# system_call.s. The kernel of `make latency` measures there.

        .ifndef interrupt_flag_macros
        .set    interrupt_flag_macros, 1

# An interrupt gate has just masked interrupts; esp is at the frame, and edx has the
# handler of an exception or the line of an interrupt.
        .macro  gate_has_masked
        movl    %esp, %ecx
        pushl   %edx
        .cfi_adjust_cfa_offset 4
        pushl   %edx
        .cfi_adjust_cfa_offset 4
        pushl   %ecx
        .cfi_adjust_cfa_offset 4
        call    note_gate
        addl    $8, %esp
        .cfi_adjust_cfa_offset -8
        popl    %edx
        .cfi_adjust_cfa_offset -4
        .endm

# cli is next, on the way back to ring 3.
        .macro  cli_will_mask
        call    note_cli
        .endm

# The registers of the frame at esp are restored next.
        .macro  iret_will_take
        pushl   %esp
        call    note_iret
        addl    $4, %esp
        .endm

        .endif

# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two places where the processor changes the interrupt flag, for asm.s and
# system_call.s. In the ordinary kernel nothing is to be done there.

        .ifndef interrupt_flag_macros
        .set    interrupt_flag_macros, 1

# An interrupt gate has just masked interrupts; esp is at the frame.
        .macro  gate_has_masked
        .endm

# The registers of the frame at esp are restored next.
        .macro  iret_will_take
        .endm

        .endif

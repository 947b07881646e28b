# SPDX-License-Identifier: GPL-2.0-or-later
#
# Three places where the interrupt flag changes, for asm.s and
# system_call.s. In the ordinary kernel nothing is to be done there.

        .ifndef interrupt_flag_macros
        .set    interrupt_flag_macros, 1

# An interrupt gate has just masked interrupts; esp is at the frame,
# and edx has the handler of an exception or the line of an interrupt.
        .macro  gate_has_masked
        .endm

# cli is next, on the way back to ring 3.
        .macro  cli_will_mask
        .endm

# The registers of the frame at esp are restored next.
        .macro  iret_will_take
        .endm

        .endif

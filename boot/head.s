# SPDX-License-Identifier: GPL-2.0-or-later
#
# The first instructions of the kernel (0.11: boot/head.s).
#
# The loader in setup.s jumps here in protected mode with flat segments (cs = 08h,
# ds = es = ss = 10h), interrupts masked, paging off. Assembly only does what Rust
# code needs before its first instruction: it makes a stack and clears the statics.
# Rust makes page tables, GDT and IDT (kernel/src/main.rs).
#
# AT&T syntax, as in 0.11. The constants in braces come from
# kernel/src/main.rs. The lines .cfi_... make no code: they tell a debugger who
# has called whom.

        .cfi_sections .debug_frame
        .section .head, "ax"
        .globl  startup_32
startup_32:
        .cfi_startproc
        .cfi_undefined %eip             # nobody has: `bt` ends here
        cld
        movl    ${kernel_data}, %eax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %fs
        movw    %ax, %gs
        movw    %ax, %ss

        # Zero everything from kernel_bss to kernel_end.
        movl    $kernel_bss, %edi
        movl    $kernel_end, %ecx
        subl    %edi, %ecx
        shrl    $2, %ecx
        xorl    %eax, %eax
        rep stosl

        movl    $task0_stack_top, %esp
        xorl    %ebp, %ebp              # ends the chain of stack frames

        # If line A20 is masked, the first and the second megabyte are the same
        # memory. Write to one and look at the other. Do it twice, since one match
        # may be chance.
        movl    $a20_probe, %edx
        andl    $0xFFEFFFFF, %edx
        movl    $0x11E1E411, %eax
        movl    %eax, a20_probe
        cmpl    %eax, (%edx)
        jne     1f
        notl    %eax
        movl    %eax, a20_probe
        cmpl    %eax, (%edx)
        je      no_a20
1:
        call    check_x87
        call    {main}
        ud2                             # main does not return
        .cfi_endproc

# Is there a coprocessor (0.11: check_x87)? fninit clears the status word of
# one that is there; without one the word stays as it is. Sets CR0:
#   WP (16) ring 0 respects read-only pages, NE (5) errors come as exception
#   16, EM (2) no coprocessor: its instructions trap, MP (1) WAIT traps when
#   TS is set.
check_x87:
        .cfi_startproc
        movl    %cr0, %eax
        andl    ${cr0_keep}, %eax
        orl     ${cr0_with_x87}, %eax
        movl    %eax, %cr0
        fninit
        pushl   $0x5A5A5A5A
        .cfi_adjust_cfa_offset 4
        fnstsw  (%esp)
        popl    %edx
        .cfi_adjust_cfa_offset -4
        testb   %dl, %dl
        jz      1f
        xorl    ${cr0_toggle_x87}, %eax
        movl    %eax, %cr0
1:      ret
        .cfi_endproc

no_a20:
        movl    $a20_message, %esi
        movl    $0xB8000, %edi
        movb    $0x4F, %ah              # white on red
2:      lodsb
        testb   %al, %al
        jz      3f
        stosw
        jmp     2b
3:      hlt
        jmp     3b

a20_message:
        .asciz  "Address line A20 is masked: the kernel cannot use memory above 1 MB"

        .section .bss
        .balign 4
a20_probe:
        .space  4

# The stack main runs on, which then is the kernel stack of task 0. The page
# below it is unmapped later: running off the stack faults.
        .balign 4096
        .globl  task0_stack_guard
task0_stack_guard:
        .space  4096
        .space  {kernel_stack_size}
        .globl  task0_stack_top
task0_stack_top:
        .text

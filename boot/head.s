# SPDX-License-Identifier: GPL-2.0-or-later
#
# The first instructions of the kernel (0.11: boot/head.s).
#
# The loader in setup.s jumps here in protected mode with flat segments
# (cs = 08h, ds = es = ss = 10h), interrupts masked, paging off. What is left
# to do in assembly is what Rust code needs before its first instruction: a
# stack and zeroed statics. Page tables, GDT and IDT are made in Rust
# (kernel/src/main.rs).
#
# The constants in braces come from kernel/src/main.rs.

        .section .head, "ax"
        .globl  startup_32
startup_32:
        cld
        mov     eax, {kernel_data}
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     ss, eax

        # Zero everything from kernel_bss to kernel_end.
        lea     edi, [kernel_bss]
        lea     ecx, [kernel_end]
        sub     ecx, edi
        shr     ecx, 2
        xor     eax, eax
        rep stosd

        lea     esp, [task0_stack_top]
        xor     ebp, ebp                # ends the chain of stack frames

        # With line A20 masked, the first and the second megabyte are the
        # same memory. Write here, look there.
        mov     eax, 0x11E1E411
        mov     [a20_probe], eax
        lea     edx, [a20_probe]
        and     edx, 0xFFEFFFFF
        cmp     [edx], eax
        jne     1f
        not     eax
        mov     [a20_probe], eax
        cmp     [edx], eax
        je      no_a20
1:
        call    check_x87
        call    {main}
        ud2                             # main does not return

# Is there a coprocessor (0.11: check_x87)? fninit clears the status word of
# one that is there; without one the word stays as it is. Sets CR0:
#   PG (31) later, WP (16) ring 0 respects read-only pages, NE (5) errors come
#   as exception 16, EM (2) no coprocessor: its instructions trap,
#   MP (1) WAIT traps when TS is set.
check_x87:
        mov     eax, cr0
        and     eax, {cr0_keep}
        or      eax, {cr0_with_x87}
        mov     cr0, eax
        fninit
        push    0x5A5A5A5A
        fnstsw  word ptr [esp]
        pop     edx
        test    dl, dl
        jz      1f
        xor     eax, {cr0_toggle_x87}
        mov     cr0, eax
1:      ret

no_a20:
        lea     esi, [a20_message]
        mov     edi, 0xB8000
        mov     ah, 0x4F                # white on red
2:      lodsb
        test    al, al
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

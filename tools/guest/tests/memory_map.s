# SPDX-License-Identifier: GPL-2.0-or-later
#
# A program in ROM that the BIOS runs before it boots: it puts itself before
# the BIOS's system services (interrupt 15h) and answers E820, the memory map,
# with a table of its own. What else is asked for the BIOS answers, whose
# vector is kept as that of interrupt 60h, which nobody has a use for.

        .equ    SMAP, 0x534D4150        # "SMAP"
        .equ    ENTRY, 20               # bytes of an entry

        .code16
        .globl  _start
_start: .byte   0x55, 0xAA, 1           # a ROM of 512 bytes
        push    %ds
        push    %eax
        xor     %ax, %ax
        mov     %ax, %ds
        cli
        mov     4 * 0x15, %eax
        mov     %eax, 4 * 0x60
        movw    $hook - _start, 4 * 0x15
        mov     %cs, 4 * 0x15 + 2
        sti
        pop     %eax
        pop     %ds
        lret

hook:   cmp     $0xE820, %ax
        je      1f
        int     $0x60
        sti
        lret    $2                      # with the BIOS's flags
1:      push    %cx                     # entry ebx to es:di
        push    %si
        push    %di
        imul    $ENTRY, %bx, %si
        add     $table - _start, %si
        mov     $ENTRY / 2, %cx
        cld
        rep     movsw %cs:(%si), %es:(%di)
        pop     %di
        pop     %si
        pop     %cx
        inc     %bx
        cmp     $(end - table) / ENTRY, %bx
        jne     2f
        xor     %ebx, %ebx              # that was the last
2:      mov     $SMAP, %eax
        mov     $ENTRY, %ecx
        push    %bp
        mov     %sp, %bp
        andb    $0xFE, 6(%bp)           # no carry: all is well
        pop     %bp
        iret

# In no order; a page is reserved inside of memory; a hole from 15 to 16 MB, as
# old machines have for the memory of a board; an end beyond all addresses.
        .balign 4
table:  .long   0x01000000, 0, 0x00800000, 0, 1         # 16 to 24 MB
        .long   0x00000000, 0, 0x0009F000, 0, 1
        .long   0x00C00000, 0, 0x00001000, 0, 4         # at 12 MB
        .long   0x00100000, 0, 0x00E00000, 0, 1         # 1 to 15 MB
        .long   0xFFFC0000, 0, 0x00040000, 0, 2
        .long   0x02000000, 0, 0xFFFFFFFF, 0xFFFFFFFF, 2
end:

        .org    510
        .word   0

# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector that spoils a sector of the floppy: it puts itself before the
# BIOS's disk services (interrupt 13h), then boots by the sector that it has
# displaced, the floppy's last. A read that touches sector SECTOR of cylinder
# CYLINDER, head HEAD, fails TIMES times.

        .equ    HERE, 0x0700            # nobody else uses this
        .equ    VECTOR, 4 * 0x13

        .code16
        .globl  _start
_start: xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $0x7C00, %sp
        mov     %sp, %si
        mov     $HERE, %di
        mov     $256, %cx
        cld
        rep     movsw
        ljmp    $0, $HERE + 1f - _start
1:      cli
        mov     VECTOR, %eax
        mov     %eax, HERE + bios - _start
        movw    $HERE + hook - _start, VECTOR
        movw    $0, VECTOR + 2
        sti
        mov     $0x0201, %ax            # sector 18 of cylinder 79, head 1
        mov     $0x7C00, %bx
        mov     $0x4F12, %cx
        mov     $0x01, %dh
        int     $0x13
        jc      .
        ljmp    $0, $0x7C00

hook:   cmp     $0x02, %ah              # read
        jne     3f
        cmp     $CYLINDER, %ch
        jne     3f
        cmp     $HEAD, %dh
        jne     3f
        push    %ax
        mov     $SECTOR, %ah
        sub     %cl, %ah                # below 0: it begins behind the sector
        cmp     %al, %ah                # not below: it ends before it
        pop     %ax
        jae     3f
        cmpw    $0, %cs:HERE + times - _start
        je      3f
        decw    %cs:HERE + times - _start
        mov     $0x0400, %ax            # sector not found
        stc
        lret    $2                      # with our flags
3:      .byte   0xEA                    # far jump
bios:   .long   0
times:  .word   TIMES

        .org    510
        .word   0xAA55

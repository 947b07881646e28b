# SPDX-License-Identifier: GPL-2.0-or-later
#
# A guest of 512 bytes, by which the harness itself is tested: keys go to the
# screen, what comes over COM1 to the screen and back, and some control
# characters that come over COM1 are commands:
#
#   01h switch off    02h triple fault    03h restart
#   04h let the picture begin one line lower in text memory
#   05h write the sector of text memory's first 512 bytes to sector 6

        .code16
        .globl  _start
_start: ljmp    $0, $1f
1:      xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $0x7C00, %sp
        sti
        mov     %dl, drive
        mov     $0x0003, %ax            # clear the screen
        int     $0x10
        mov     $0x00E3, %ax            # COM1: 9600 baud, 8 bits
        xor     %dx, %dx
        int     $0x14
        mov     $ready, %si
2:      lodsb
        test    %al, %al
        jz      loop
        call    both
        jmp     2b

loop:   mov     $1, %ah                 # a key?
        int     $0x16
        jz      3f
        xor     %ah, %ah
        int     $0x16
        call    screen
3:      mov     $0x3FD, %dx             # a byte on the line?
        in      %dx, %al
        test    $1, %al
        jz      loop
        mov     $0x3F8, %dx
        in      %dx, %al
        cmp     $6, %al
        jae     4f
        movzx   %al, %bx
        add     %bx, %bx
        call    *commands-2(%bx)
        jmp     loop
4:      call    both
        jmp     loop

off:    mov     $shutdown, %si
        mov     $0x8900, %dx
5:      lodsb
        out     %al, %dx
        test    %al, %al
        jnz     5b
        mov     $0x31, %al
        out     %al, $0xF4
        ret

fault:  lidt    no_idt
        int3

restart: mov    $0xFE, %al
        out     %al, $0x64
        hlt

lower:  mov     $0x3D4, %dx             # CRT controller: start address, low
        mov     $0x500D, %ax
        out     %ax, %dx
        mov     $0x3C4, %dx             # sequencer: character map select; makes
        mov     $0x0003, %ax            # Bochs's terminal draw all cells anew
        out     %ax, %dx
        ret

write:  mov     $0xB800, %ax
        mov     %ax, %es
        xor     %bx, %bx
        mov     $0x0301, %ax
        mov     $0x0007, %cx            # sectors count from 1
        mov     drive, %dl
        xor     %dh, %dh
        int     $0x13
        ret

both:   push    %ax
        call    screen
        mov     $0x3FD, %dx
6:      in      %dx, %al
        test    $0x20, %al
        jz      6b
        pop     %ax
        mov     $0x3F8, %dx
        out     %al, %dx
        ret

screen: mov     $0x0E, %ah
        mov     $7, %bx
        int     $0x10
        ret

commands: .word off, fault, restart, lower, write
no_idt: .word   0, 0, 0
drive:  .byte   0
ready:  .asciz  "self-test ready\r\n# "
shutdown: .asciz "Shutdown"
        .org    510
        .word   0xAA55

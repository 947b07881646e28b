# SPDX-License-Identifier: GPL-2.0-or-later
#
# The loader of a 1.44 MB floppy disk: reads the kernel from sector 6 on through
# the BIOS (0.11: `read_it` in boot/bootsect.s). setup.s says what a loader is,
# and calls it.
#
# The BIOS works only in real mode and below 1 MB. So each track is read to low
# memory in real mode, and moved up in protected mode. 0.11 read the whole kernel to
# low memory, which has no room for one of more than half a megabyte.
#
#   linear    what
#   10000     the track just read, 9 KB; DMA cannot cross a multiple of 64 KB
#
# Sources: BIOS interrupt 13h and the diskette parameters that vector 1Eh points
# to as in the IBM PC/AT Technical Reference; digital output register as in the
# Intel 82077AA data sheet, 2.1.2; Intel SDM vol. 3, 9.9.2 for the switch to real
# mode.

.equ FLOPPY_HEADER, 6           # sector of the header: behind the command line
.equ FLOPPY_SECTORS, 2880       # 80 cylinders, 2 heads
.equ FLOPPY_TRACK, 18           # sectors of a track
.equ FLOPPY_TRIES, 4            # after each but the last the drive is reset

.equ TRACK_BUFFER, 0x10000

.equ PARAMETERS_VECTOR, 4 * 0x1E
.equ PARAMETERS, 11             # bytes of the diskette parameters
.equ LAST_SECTOR, 4             # one of them: sectors of a track

.equ FLOPPY_DOR, 0x3F2          # digital output register
.equ MOTORS_OFF, 0x0C           # no reset, interrupts and DMA on

.section .load_floppy, "ax"
.code32

    .long   LINEAR + read_floppy_header
    .long   LINEAR + read_floppy
    .long   LINEAR + leave_floppy

read_floppy_header:
    mov     esi, offset no_floppy
    cmp     byte ptr [LINEAR + drive], 0x80
    jae     fail                # a hard disk

# The BIOS's parameters for a drive with an unknown disk may end a track at sector 9
# or 15. It gets a copy with the right number.
    movzx   esi, word ptr [PARAMETERS_VECTOR]
    movzx   eax, word ptr [PARAMETERS_VECTOR + 2]
    shl     eax, 4
    add     esi, eax
    lea     edi, [LINEAR + parameters]
    mov     ecx, PARAMETERS
    rep     movsb
    mov     byte ptr [LINEAR + parameters + LAST_SECTOR], FLOPPY_TRACK
    mov     word ptr [PARAMETERS_VECTOR], offset parameters
    mov     word ptr [PARAMETERS_VECTOR + 2], INITSEG

    mov     ebp, FLOPPY_SECTORS - FLOPPY_HEADER - 1
    mov     esi, FLOPPY_HEADER
    mov     edi, BUFFER
    mov     ebx, 1

# One read goes at most to the end of the track.
read_floppy:
    push    ebx
2:  mov     eax, esi
    xor     edx, edx
    mov     ecx, FLOPPY_TRACK
    div     ecx                 # eax = cylinder and head, edx = sector from 0
    sub     ecx, edx
    cmp     ecx, ebx
    jbe     3f
    mov     ecx, ebx
3:  mov     [LINEAR + count], cl
    lea     ecx, [edx + 1]      # cl = sector from 1
    mov     dl, [LINEAR + drive]
    shr     eax, 1
    setc    dh                  # head
    mov     ch, al              # cylinder
    mov     eax, offset read_track
    call    in_real_mode
    cmp     byte ptr [LINEAR + tries_left], 0
    je      read_error
    movzx   ecx, byte ptr [LINEAR + count]
    sub     ebx, ecx
    add     esi, ecx
    push    esi
    mov     esi, TRACK_BUFFER
    shl     ecx, 9 - 2          # dwords
    rep     movsd
    pop     esi
    test    ebx, ebx
    jnz     2b
    pop     ebx
    ret

# The kernel goes on in a new line of the screen. The BIOS does not work any more,
# so the motor must be switched off here (0.11: kill_motor).
leave_floppy:
    mov     eax, offset end_dots
    call    in_real_mode
    mov     dx, FLOPPY_DOR
    mov     al, MOTORS_OFF
    out     dx, al
    ret

# Calls the real-mode code at offset eax. That gets all registers except edi as they
# are; afterwards all registers have their old values.
in_real_mode:
    pushad
    lidt    [LINEAR + bios_idt_pointer]
    ljmp    REAL_CODE, offset leave_protected_mode
.code16
leave_protected_mode:
    mov     di, REAL_DATA       # a limit of 64 KB, which real mode keeps
    mov     ds, di
    mov     es, di
    mov     ss, di
    mov     edi, cr0
    and     di, ~1              # PE
    mov     cr0, edi
    ljmp    INITSEG, offset real_mode
real_mode:
    mov     di, INITSEG
    mov     ds, di
    mov     di, STACKSEG        # sp is right: the stack ends below 90000
    mov     ss, di
    sti
    call    eax
    mov     ebx, offset back_in_protected_mode
    jmp     enter_protected_mode
.code32
back_in_protected_mode:
    popad
    ret

# In real mode: reads `count` sectors to TRACK_BUFFER; drive dl, head dh, cylinder
# ch, first sector cl. After a failure it reads only one sector, so that the message
# has the number of the bad one. `tries_left` is 0 if it failed for good.
.code16
read_track:
    mov     byte ptr [tries_left], FLOPPY_TRIES
    mov     ax, TRACK_BUFFER >> 4
    mov     es, ax
2:  mov     al, [count]
    mov     ah, 0x02            # read al sectors to es:bx
    xor     bx, bx
    pusha
    int     0x13
    popa
    jnc     3f
    dec     byte ptr [tries_left]
    jz      4f
    pusha
    xor     ah, ah              # reset the drive
    int     0x13
    popa
    mov     byte ptr [count], 1
    jmp     2b
3:  mov     al, '.'
    call    print_by_bios
    call    save_cursor
4:  ret

end_dots:
    mov     al, '\r'
    call    print_by_bios
    mov     al, '\n'
    call    print_by_bios
    call    save_cursor
    ret

    .balign 4
bios_idt_pointer:
    .word   0x3FF               # 256 vectors of 4 bytes
    .long   0
parameters:     .fill PARAMETERS, 1, 0
count:          .byte 0
tries_left:     .byte 0
no_floppy:      .asciz "Boot drive is not a floppy drive"

.code32

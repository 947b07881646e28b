# SPDX-License-Identifier: GPL-2.0-or-later
#
# The loader of a hard disk: reads the kernel from partition 1 through the ATA
# registers. setup.s says what a loader is, and calls it.
#
# The boot sector, with the partition table, is still at 90000. The registers number
# the drives by their position on the cable, but the BIOS may number them
# differently.
#
# Sources: ATA/ATAPI-6 for the registers; IBM PC/AT Technical Reference for the
# BIOS's table of a disk.

# An entry of the partition table, the first of which is at 901BE.
.equ PARTITION_1, 0x1BE
.equ PARTITION_TYPE, 4          # byte
.equ PARTITION_START, 8         # dword: first sector
.equ PARTITION_LENGTH, 12       # dword: sectors
.equ ELEVEN_KERNEL, 0xDA        # "non-file-system data"

.equ BIOS_HEADS, 2              # byte of the BIOS's table of a disk
.equ BIOS_SECTORS, 14           # byte: sectors of a track

# The registers of the primary ATA channel.
.equ ATA_DATA, 0x1F0
.equ ATA_ERROR, 0x1F1
.equ ATA_COUNT, 0x1F2           # then sector 1F3, cylinder 1F4 and 1F5
.equ ATA_DEVICE, 0x1F6
.equ ATA_STATUS, 0x1F7          # written: the command
.equ ATA_CONTROL, 0x3F6
.equ ATA_BUSY, 0x80
.equ ATA_DATA_REQUEST, 0x08
.equ ATA_FAILED, 0x21           # device fault, error
.equ ATA_READ_SECTORS, 0x20
.equ ATA_IDENTIFY, 0xEC
.equ ATA_MOST, 128              # sectors read by one command; the ATA's limit is 256
.equ ATA_PATIENCE, 0x800000     # looks at the status, a microsecond or more each

.section .load_disk, "ax"
.code32

    .long   LINEAR + read_header
    .long   LINEAR + read_sectors
    .long   LINEAR + leave_disk

# The header is the first sector of partition 1; the image is the rest. A BIOS that
# starts from another disk may call that its first. So if the header is not on the
# disk that the BIOS names, it may be on the other one.
read_header:
    mov     esi, offset no_disk
    mov     al, [LINEAR + drive]
    sub     al, 0x80            # 80h and 81h are the first two hard disks
    cmp     al, 1
    ja      fail
    mov     [LINEAR + unit], al
    mov     esi, offset no_partition
    cmp     byte ptr [LINEAR + PARTITION_1 + PARTITION_TYPE], ELEVEN_KERNEL
    jne     fail
    mov     dx, ATA_CONTROL
    mov     al, 0x0A            # no interrupts
    out     dx, al
    call    read_first_sector
    je      2f
    xor     byte ptr [LINEAR + unit], 1
    call    read_first_sector
    je      2f
    mov     esi, offset no_disk
    jmp     fail
2:  mov     ebp, [LINEAR + PARTITION_1 + PARTITION_LENGTH]
    dec     ebp

# There is nothing to do: the kernel takes the drive as it is.
leave_disk:
    ret

# Looks for the header on the disk `unit`: "equal" if it is there. Otherwise prints,
# on a line of its own, what is there instead.
read_first_sector:
    call    identify
    test    al, al
    jz      2f                  # no answer
    mov     esi, [LINEAR + PARTITION_1 + PARTITION_START]
    mov     cl, 1
    call    start_read
    call    receive_to_buffer
    jc      2f
    inc     esi
    cmp     dword ptr [MAGIC], ELVN
    je      4f
2:  push    eax
    call    find_cursor
    mov     esi, offset which_disk
    call    print_text
    mov     al, [LINEAR + unit]
    add     al, '1'
    call    print_char
    pop     eax
    mov     esi, offset no_answer
    test    al, al
    jz      3f
    mov     esi, offset no_kernel
    test    al, ATA_DATA_REQUEST
    jnz     3f
    mov     esi, offset drive_error
    call    print_text
    mov     dx, ATA_ERROR
    in      al, dx
    movzx   eax, al
    call    print_number
    mov     esi, offset end_of_line
3:  call    print_text
    inc     byte ptr [LINEAR + CURSOR + 1]
    or      esi, esi            # not equal
4:  ret

# Finds out whether the drive numbers its sectors without cylinders and heads (LBA):
# word 49 bit 9 of its description. A drive that is too old for that, or for a
# description, gets cylinder, head and sector from the BIOS's table. al is as after
# `receive`.
identify:
    xor     eax, eax
    mov     [LINEAR + has_lba], al
    mov     cl, ATA_IDENTIFY
    call    start_command
    call    receive_to_buffer
    jc      2f
    test    byte ptr [BUFFER + 2 * 49 + 1], 0x02
    setnz   [LINEAR + has_lba]
2:  ret

# Reads ebx sectors, from sector esi of the disk on, to edi. ebx is kept.
read_sectors:
    push    ebx
2:  mov     ecx, ATA_MOST
    cmp     ecx, ebx
    jbe     3f
    mov     ecx, ebx
3:  sub     ebx, ecx
    call    start_read
4:  call    receive             # each single sector
    jc      read_error
    inc     esi
    loop    4b
    test    ebx, ebx
    jnz     2b
    pop     ebx
    ret

# Makes the drive read cl sectors from sector esi on.
start_read:
    mov     dx, ATA_COUNT
    mov     al, cl
    out     dx, al
    mov     eax, esi
    cmp     byte ptr [LINEAR + has_lba], 0
    jne     2f
    call    to_chs
2:  mov     dx, ATA_COUNT + 1
    out     dx, al              # bits 0..7: sector
    inc     edx
    shr     eax, 8
    out     dx, al              # bits 8..23: cylinder
    inc     edx
    shr     eax, 8
    out     dx, al
    shr     eax, 8              # bits 24..27: head
    push    ecx
    mov     cl, ATA_READ_SECTORS
    call    start_command
    pop     ecx
    ret

# Gives command cl to the drive; the low four bits of al are the head.
start_command:
    mov     ah, [LINEAR + has_lba]
    shl     ah, 6               # bit 6: LBA
    and     al, 0x0F
    or      al, ah
    mov     ah, [LINEAR + unit]
    shl     ah, 4               # bit 4: the second drive
    or      al, ah
    or      al, 0xA0            # two bits of no meaning, always set
    mov     dx, ATA_DEVICE
    out     dx, al
    mov     al, cl
    mov     dx, ATA_STATUS
    out     dx, al
    ret

# Turns sector number eax into cylinder, head and sector, in the bits that an LBA
# number has.
to_chs:
    push    ebx
    push    ecx
    movzx   ebx, byte ptr [LINEAR + drive]
    and     ebx, 1
    shl     ebx, 4
    add     ebx, LINEAR + DRIVE_TABLE_1
    xor     edx, edx
    movzx   ecx, byte ptr [ebx + BIOS_SECTORS]
    jecxz   no_geometry
    div     ecx
    inc     edx                 # they count from 1
    push    edx
    xor     edx, edx
    movzx   ecx, byte ptr [ebx + BIOS_HEADS]
    jecxz   no_geometry
    div     ecx
    shl     edx, 24
    shl     eax, 8
    or      eax, edx
    pop     edx
    or      eax, edx
    pop     ecx
    pop     ebx
    ret
no_geometry:
    mov     esi, offset unknown_disk
    jmp     fail

# Waits until the drive has a sector, and reads it to the buffer or to edi. The
# carry flag says that there is none. al is the status of the drive, or 0 if no
# drive answers in time.
receive_to_buffer:
    mov     edi, BUFFER
receive:
    push    ecx
    mov     ecx, ATA_PATIENCE
    mov     dx, ATA_STATUS
2:  out     0x80, al            # the status holds 400 ns after a command
    in      al, dx
    inc     al                  # a bus with no drive floats high,
    jz      4f
    dec     al                  # or reads as 0
    jz      4f
    test    al, ATA_BUSY
    jnz     3f
    test    al, ATA_FAILED
    jnz     4f
    test    al, ATA_DATA_REQUEST
    jnz     5f
3:  loop    2b
    mov     al, 0
4:  stc
    jmp     6f
5:  mov     ecx, 256
    mov     dx, ATA_DATA
    rep     insw                # and carry is clear
6:  pop     ecx
    ret

unit:           .byte 0         # 0 the first drive of the channel, 1 the second
has_lba:        .byte 0
no_answer:      .asciz ": no answer\r\n"
no_kernel:      .asciz ": no kernel\r\n"
drive_error:    .asciz ": error "
no_partition:   .asciz "No kernel: partition 1 is not of type DAh"
unknown_disk:   .asciz "Disk has no LBA, BIOS no geometry"

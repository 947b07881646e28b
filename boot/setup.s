# SPDX-License-Identifier: GPL-2.0-or-later
#
# Set-up: the first of sectors 1 to 4 of the disk (0.11: boot/setup.s, and the
# loading of the system that boot/bootsect.s did).
#
# bootsect.s jumps here in real mode with ds = es = 9000h and the boot drive
# in dl. In this order setup
#
#   1. asks the BIOS what only the BIOS knows, and leaves the answers at 90000,
#      over the boot sector, where the kernel finds them;
#   2. switches on address line 20 and enters protected mode with flat segments;
#   3. calls the loader, which reads the kernel, checks the kernel, moves the
#      interrupts of the PICs out of the processor's way, and jumps to the kernel:
#      paging off, interrupts off, ds = es = ss = 10h.
#
# The loader is behind this code: load_disk.s or load_floppy.s, as the disk needs
# it. Both are linked for the same address. The loader begins with the addresses of
# three 32-bit routines. If one fails, it prints a message and stops:
#
#   loader + 0   reads the header of the kernel to BUFFER; esi = the sector
#                behind it, ebp = how many sectors the image may have
#   loader + 4   reads ebx sectors from sector esi on to edi; ebx is kept, esi
#                and edi are behind what was read
#   loader + 8   leaves the drive as the kernel may find it
#
# If anything fails, it prints a message on the screen and on COM1, and stops.
#
#   linear            what
#   8FFF0             stack, growing down (90000 in protected mode)
#   90000  word       cursor: column, row
#   90002  word       memory from 1 MB up in KB, as the oldest BIOS call has it
#   90004  word       display page (high byte)
#   90006  byte       video mode
#   90007  byte       columns of the screen
#   90008  3 words    ax, bx, cx of the EGA's answer
#   90080  16 bytes   BIOS table of the first hard disk
#   90090  16 bytes   BIOS table of the second one; zeros if there is none
#   901BC  word       ROOT_DEV, and from 901BE the partition table, both still
#                     in the boot sector
#   90200             this code, then the loader
#   90A00  512 bytes  command line of the kernel
#   90C00  dword      entries of the memory map
#   90C04             the memory map: base (8 bytes), length (8), type (4)
#   92000  512 bytes  buffer: the drive's description, then the kernel's header
#   100000            the kernel
#
# Sources: BIOS interrupts as in the IBM PC/AT Technical Reference; memory map
# as in ACPI 6.4, 15.1 (E820); 8259A data sheet; Intel SDM vol. 3, 9.9.1 for the
# switch to protected mode.

.equ INITSEG, 0x9000
.equ LINEAR, 0x90000            # linear address of INITSEG:0000
.equ STACKSEG, 0x8000           # where bootsect.s has put the stack

# What the kernel gets: offsets in INITSEG.
.equ CURSOR, 0x00
.equ EXTENDED_KB, 0x02
.equ DISPLAY_PAGE, 0x04
.equ VIDEO_MODE, 0x06
.equ VIDEO_COLUMNS, 0x07
.equ EGA_AX, 0x08
.equ EGA_BX, 0x0A
.equ EGA_CX, 0x0C
.equ DRIVE_TABLE_1, 0x80
.equ DRIVE_TABLE_2, 0x90
.equ MAP_COUNT, 0xC00
.equ MAP, 0xC04

.equ MAP_ENTRY, 20              # bytes of an entry
.equ MAP_MOST, 64               # entries there is room for
.equ MAP_USABLE, 1              # type of an entry: memory to use
.equ SMAP, 0x534D4150           # "SMAP", the password of E820

.equ FLAT_CODE, 0x08            # selectors
.equ FLAT_DATA, 0x10
.equ REAL_CODE, 0x18            # for the way back to real mode
.equ REAL_DATA, 0x20

.section .setup, "ax"
.code16

.globl setup
setup:
    jmp     ask_bios
    .ascii  "ETUP"              # with the S that nobody sees: bootsect.s checks it

# ---------------------------------------------------------------------------
# 1. Asking the BIOS
# ---------------------------------------------------------------------------

ask_bios:
    mov     [drive], dl

# The screen. The kernel's console goes on where the cursor is.
    call    save_cursor
    mov     ah, 0x0F
    int     0x10
    mov     [DISPLAY_PAGE], bx
    mov     [VIDEO_MODE], ax    # al = mode, ah = columns
    mov     ah, 0x12
    mov     bl, 0x10
    int     0x10
    mov     [EGA_AX], ax
    mov     [EGA_BX], bx
    mov     [EGA_CX], cx

# The disks. Vectors 41h and 46h do not point to code but to the tables.
    push    ds
    xor     ax, ax
    mov     ds, ax
    lds     si, [4 * 0x41]
    mov     di, DRIVE_TABLE_1
    mov     cx, 16
    rep     movsb
    mov     ds, ax
    lds     si, [4 * 0x46]
    mov     di, DRIVE_TABLE_2
    mov     cx, 16
    rep     movsb
    pop     ds
    mov     ah, 0x15            # what is the second hard disk?
    mov     dl, 0x81
    int     0x13
    jc      2f
    cmp     ah, 3               # a fixed disk
    je      ask_memory
2:  mov     di, DRIVE_TABLE_2
    xor     ax, ax
    mov     cx, 8
    rep     stosw

# The memory. It tries three BIOS calls, the newest first. The two older ones return
# only a size, of which this makes a map of two entries.
ask_memory:
    mov     ah, 0x88
    int     0x15
    mov     [EXTENDED_KB], ax
    mov     dword ptr [MAP_COUNT], 0
    mov     di, MAP
    xor     ebx, ebx            # from the first entry on
next_entry:
    mov     eax, 0xE820
    mov     edx, SMAP
    mov     ecx, MAP_ENTRY
    int     0x15                # next entry to es:di, where to go on in ebx
    jc      end_of_map
    cmp     eax, SMAP
    jne     end_of_map
    mov     eax, [di + 8]
    or      eax, [di + 12]
    jz      2f                  # an entry of no length says nothing
    add     di, MAP_ENTRY
    inc     dword ptr [MAP_COUNT]
2:  test    ebx, ebx
    jz      end_of_map
    cmp     dword ptr [MAP_COUNT], MAP_MOST
    jb      next_entry
end_of_map:
    cmp     dword ptr [MAP_COUNT], 0
    jne     enable_a20

    mov     ax, 0xE801
    xor     cx, cx
    xor     dx, dx
    int     0x15                # ax = KB from 1 MB to 16 MB,
    jc      use_88              # bx = blocks of 64 KB from 16 MB up;
    jcxz    2f                  # some answer in cx and dx instead
    mov     ax, cx
    mov     bx, dx
2:  movzx   eax, ax
    movzx   ebx, bx
    shl     ebx, 6
    cmp     ax, 15 * 1024
    jne     2f                  # there is a hole below 16 MB: stop at it
    add     eax, ebx
2:  test    eax, eax
    jnz     make_map
use_88:
    movzx   eax, word ptr [EXTENDED_KB]

make_map:                       # eax = KB from 1 MB up
    shl     eax, 10
    mov     edx, eax
    mov     di, MAP
    xor     eax, eax
    mov     cx, 2 * MAP_ENTRY / 4
    rep     stosd
    int     0x12                # ax = KB from 0 up
    shl     eax, 10
    mov     [MAP + 8], eax
    mov     byte ptr [MAP + 16], MAP_USABLE
    mov     byte ptr [MAP + MAP_ENTRY + 2], 0x10 # base 100000
    mov     [MAP + MAP_ENTRY + 8], edx
    mov     byte ptr [MAP + MAP_ENTRY + 16], MAP_USABLE
    mov     byte ptr [MAP_COUNT], 2

# ---------------------------------------------------------------------------
# 2. Into protected mode
# ---------------------------------------------------------------------------

# Address line 20 is held at 0 for programs of 1981 until it is enabled. How to
# enable it differs from machine to machine.
enable_a20:
    call    is_a20_on
    jne     a20_on
    mov     ax, 0x2401          # the BIOS knows
    int     0x15
    call    is_a20_on
    jne     a20_on
    call    wait_8042           # the keyboard controller: its output port
    mov     al, 0xD1
    out     0x64, al
    call    wait_8042
    mov     al, 0xDF            # A20 on, no reset
    out     0x60, al
    call    wait_8042
    call    is_a20_on
    jne     a20_on
    in      al, 0x92            # the PS/2's system control port
    or      al, 0x02            # A20 on
    and     al, 0xFE            # no reset
    out     0x92, al
    call    is_a20_on
    mov     si, offset no_a20
    je      fail_by_bios

a20_on:
    mov     ebx, offset load_kernel

# Enters protected mode and jumps to the 32-bit code at offset ebx. The stack stays
# where it was.
enter_protected_mode:
    cli
    lidt    [idt_pointer]
    lgdt    [gdt_pointer]
    mov     eax, cr0
    or      al, 1               # PE
    mov     cr0, eax
    .byte   0x66, 0xEA          # far jump with a 32-bit offset
    .long   LINEAR + 2f
    .word   FLAT_CODE
.code32
2:  mov     eax, FLAT_DATA
    mov     ds, eax
    mov     es, eax
    mov     fs, eax
    mov     gs, eax
    mov     ss, eax
    movzx   esp, sp
    add     esp, STACKSEG << 4
    cld
    add     ebx, LINEAR
    jmp     ebx
.code16

# Returns "ne" if address line 20 is on. If it is off, FFFF:0610 is not 100600 but
# 000600 again, and has whatever is written there.
is_a20_on:
    push    ds
    push    es
    xor     ax, ax
    mov     ds, ax
    dec     ax
    mov     es, ax
    mov     cx, 0x1000          # some controllers take their time
2:  inc     byte ptr [0x0600]
    mov     al, [0x0600]
    out     0x80, al
    cmp     al, es:[0x0610]
    loope   2b
    pop     es
    pop     ds
    ret

# Waits until the keyboard controller takes a byte.
wait_8042:
    xor     cx, cx              # 65536 times at most
2:  out     0x80, al
    in      al, 0x64
    test    al, 0x02            # the last one is still there
    loopnz  2b
    ret

# Prints the text at si by the BIOS, as bootsect.s does, and stops.
fail_by_bios:
    lodsb
    test    al, al
    jz      2f
    call    print_by_bios
    jmp     fail_by_bios
2:  hlt
    jmp     2b

# Prints character al by the BIOS, on the screen and on COM1.
print_by_bios:
    push    ax
    mov     ah, 0x0E            # write a character as a teletype would
    mov     bx, 0x0007          # page 0, light grey
    int     0x10
    pop     ax
    mov     ah, 0x01            # send a character
    xor     dx, dx
    int     0x14
    ret

# Stores the position of the cursor for the kernel.
save_cursor:
    mov     ah, 0x03
    xor     bh, bh
    int     0x10
    mov     [CURSOR], dx
    ret

    .balign 8
gdt:
    .quad   0                   # 00: never used
    .quad   0x00CF9A000000FFFF  # 08: code, base 0, 4 GB, ring 0
    .quad   0x00CF92000000FFFF  # 10: data, likewise
    .quad   0x00009A090000FFFF  # 18: code of 16 bits, base 90000, 64 KB
    .quad   0x000092000000FFFF  # 20: data, base 0, 64 KB
gdt_pointer:
    .word   gdt_pointer - gdt - 1
    .long   LINEAR + gdt
idt_pointer:
    .word   0                   # no entry: nothing may interrupt
    .long   0

drive:          .byte 0         # as the BIOS counts: 0 the first floppy drive, 80h the first hard disk
no_a20:         .asciz "Address line 20 (A20) cannot be switched on\r\n"

# ---------------------------------------------------------------------------
# 3. Loading the kernel
# ---------------------------------------------------------------------------

.code32

# The buffer, with the header of the kernel in it.
.equ BUFFER, 0x92000
.equ MAGIC, BUFFER              # "ELVN"
.equ VERSION, BUFFER + 4        # 1
.equ IMAGE_LENGTH, BUFFER + 8   # bytes, whole sectors
.equ LOAD_ADDRESS, BUFFER + 12
.equ ENTRY, BUFFER + 16
.equ MEMORY_END, BUFFER + 20    # behind the bss
.equ CHECKSUM, BUFFER + 24
.equ ELVN, 0x4E564C45

.equ READ_HEADER, LINEAR + loader
.equ READ_SECTORS, LINEAR + loader + 4
.equ LEAVE_DRIVE, LINEAR + loader + 8

load_kernel:
    call    dword ptr [READ_HEADER]
    push    esi

# Checks that the header's numbers are possible.
    lea     eax, [esi - 1]
    mov     esi, offset no_header
    cmp     dword ptr [MAGIC], ELVN
    jne     fail_number
    mov     esi, offset wrong_version
    cmp     dword ptr [VERSION], 1
    jne     fail
    mov     esi, offset bad_header
    mov     ebx, [IMAGE_LENGTH]
    test    ebx, 511
    jnz     fail
    mov     eax, [LOAD_ADDRESS]
    cmp     eax, 0x100000
    jb      fail
    mov     edx, [ENTRY]
    sub     edx, eax
    jb      fail                # the entry lies before the image
    cmp     edx, ebx
    jae     fail                # or behind it, or there is no image
    add     eax, ebx
    jc      fail
    cmp     eax, [MEMORY_END]
    ja      fail
    mov     esi, offset too_large
    shr     ebx, 9              # sectors
    mov     eax, ebp
    cmp     ebx, eax
    ja      fail_number
    call    check_memory

# Reads all of the kernel, however long it is.
    pop     esi
    mov     edi, [LOAD_ADDRESS]
    call    dword ptr [READ_SECTORS]
    call    dword ptr [LEAVE_DRIVE]

    mov     esi, [LOAD_ADDRESS]
    mov     ecx, [IMAGE_LENGTH]
    shr     ecx, 2
    xor     ebx, ebx
2:  lodsd
    rol     ebx, 1
    add     ebx, eax
    dec     ecx
    jnz     2b
    mov     esi, offset bad_checksum
    cmp     ebx, [CHECKSUM]
    jne     fail

# The first PIC's interrupts would come as 08..0F, which are the processor's
# own exceptions: move them to 20..27, the second PIC's to 28..2F. All stay
# masked until the kernel's drivers want them.
    mov     al, 0x11            # ICW1: initialise, cascaded, ICW4 follows
    out     0x20, al
    out     0x80, al            # a microsecond for the PIC
    out     0xA0, al
    out     0x80, al
    mov     al, 0x20            # ICW2: first interrupt
    out     0x21, al
    out     0x80, al
    mov     al, 0x28
    out     0xA1, al
    out     0x80, al
    mov     al, 0x04            # ICW3: the second PIC is at line 2
    out     0x21, al
    out     0x80, al
    mov     al, 0x02
    out     0xA1, al
    out     0x80, al
    mov     al, 0x01            # ICW4: 8086 mode
    out     0x21, al
    out     0x80, al
    out     0xA1, al
    out     0x80, al
    mov     al, 0xFF            # mask all
    out     0x21, al
    out     0x80, al
    out     0xA1, al

    jmp     dword ptr [ENTRY]

# Fails unless one piece of usable memory holds the kernel with its bss.
check_memory:
    mov     esi, LINEAR + MAP
    mov     ecx, [LINEAR + MAP_COUNT]
2:  cmp     dword ptr [esi + 16], MAP_USABLE
    jne     3f
    cmp     dword ptr [esi + 4], 0
    jne     3f                  # begins above 4 GB
    mov     eax, [esi]
    cmp     eax, [LOAD_ADDRESS]
    ja      3f
    cmp     dword ptr [esi + 12], 0
    jne     4f                  # longer than 4 GB
    add     eax, [esi + 8]
    jc      4f                  # up to 4 GB or beyond
    cmp     eax, [MEMORY_END]
    jae     4f
3:  add     esi, MAP_ENTRY
    loop    2b
    mov     esi, offset no_memory
    mov     eax, [MEMORY_END]
    dec     eax
    shr     eax, 10
    inc     eax                 # KB, rounded up
    jmp     fail_number
4:  ret

read_error:
    mov     eax, esi
    mov     esi, offset disk_error

# Prints the text at esi (an offset in INITSEG), number eax behind it, and
# stops.
fail_number:
    push    eax
    call    find_cursor
    call    print_text
    pop     eax
    call    print_number
    jmp     3f

# Prints the text at esi (an offset in INITSEG) and stops.
fail:
    call    find_cursor
    call    print_text
3:  mov     esi, offset end_of_line
    call    print_text
2:  hlt
    jmp     2b

# Points edi to the cursor's cell on the screen.
find_cursor:
    mov     edi, 0xB8000
    cmp     byte ptr [LINEAR + VIDEO_MODE], 7
    jne     2f
    mov     edi, 0xB0000        # monochrome
2:  mov     al, [LINEAR + CURSOR + 1]
    mul     byte ptr [LINEAR + VIDEO_COLUMNS]
    add     al, [LINEAR + CURSOR]
    adc     ah, 0
    movzx   eax, ax
    lea     edi, [edi + 2 * eax]
    ret

print_text:
    add     esi, LINEAR
2:  lodsb
    test    al, al
    jz      3f
    call    print_char
    jmp     2b
3:  ret

# Prints eax in decimal: first all digits but the last, then the last.
print_number:
    xor     edx, edx
    mov     ecx, 10
    div     ecx
    push    edx
    test    eax, eax
    jz      2f
    call    print_number
2:  pop     eax
    add     al, '0'

# Prints character al on the screen, at edi, and on COM1.
print_char:
    cmp     al, ' '
    jb      2f                  # CR and LF are for COM1 only
    mov     ah, 0x07            # light grey
    stosw
2:  push    eax
    mov     dx, 0x3FD
    mov     ecx, 0x10000        # gives up if there is no port
3:  in      al, dx
    test    al, 0x20            # ready for the next character
    loopz   3b
    pop     eax
    mov     dx, 0x3F8
    out     dx, al
    ret

no_header:      .asciz "No kernel: no ELVN header at sector "
wrong_version:  .asciz "Kernel header is not of version 1"
bad_header:     .asciz "Kernel header is damaged: numbers disagree"
too_large:      .asciz "Kernel does not fit into the sectors it has: "
no_memory:      .asciz "Too little memory. The kernel needs this many KB: "
bad_checksum:   .asciz "Kernel checksum is wrong"
disk_error:     .asciz "Disk read error at sector "
end_of_line:    .asciz "\r\n"

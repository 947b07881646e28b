# SPDX-License-Identifier: GPL-2.0-or-later
#
# The boot sector: sector 0 of the disk (0.11: boot/bootsect.s).
#
# The BIOS loads it at 7C00 and jumps to it in real mode with the number of the
# drive in dl. It moves itself to 90000, out of the way of the kernel, reads setup
# and the kernel's command line behind itself, and jumps to setup. If anything
# fails, it prints a message on the screen and on COM1, and stops.
#
#   linear     seg:offset                                   from the disk
#   8FFF0      8000:FFF0  stack, growing down
#   90000      9000:0000  this sector                       LBA 0
#   90200      9000:0200  setup                             LBA 1..4
#   90A00      9000:0A00  command line of the kernel        LBA 5
#   90C00      9000:0C00  the memory map, made by setup
#
# 0.11 read the whole system here, by the BIOS. Here setup does that, and its loader
# can read a kernel of any size. 0.11 had its stack at 9FF00, where a BIOS of today
# keeps its own data.
#
# In 16-bit code our assembler gives `call` and `ret` a prefix that makes the return
# address 4 bytes long. Both have it, so it does no harm.
#
# Sources: BIOS interrupts as in the IBM PC/AT Technical Reference; layout of
# a boot sector with partitions: 440 bytes of code, 4 of disk signature, 2
# (here ROOT_DEV), four partition entries of 16 bytes, 55 AA.

.equ BOOTSEG, 0x07C0            # where the BIOS puts this sector
.equ INITSEG, 0x9000            # where it runs
.equ STACKSEG, 0x8000           # ends where INITSEG begins
.equ STACKTOP, 0xFFF0
.equ SETUP, 0x0200              # setup's offset in INITSEG
.equ SETUPLEN, 5                # sectors: four of setup, one of command line
.equ SETUP_SIGNATURE, 0x50555445 # "ETUP", at offset 2 of setup
.equ TRIES, 5                   # a floppy drive needs some to spin up
.equ ROOT_DEV, 0x0302           # second partition of the first hard disk

.section .bootsect, "ax"
.code16

.globl bootsect
bootsect:
    cld
    mov     ax, BOOTSEG
    mov     ds, ax
    mov     ax, INITSEG
    mov     es, ax
    xor     si, si
    xor     di, di
    mov     cx, 256
    rep     movsw
    ljmp    INITSEG, offset go

# From here on cs = ds = es = INITSEG.
go:
    mov     ds, ax
    mov     ax, STACKSEG
    mov     ss, ax              # masks interrupts for one instruction
    mov     sp, STACKTOP
    mov     [boot_drive], dl

    mov     ax, 0x00E3          # 9600 baud, 8 bits, no parity, 1 stop bit
    xor     dx, dx              # COM1
    int     0x14                # initialise the serial port
    mov     si, offset loading
    call    print

    mov     si, offset no_signature
    cmp     word ptr [boot_flag], 0xAA55
    jne     die

# One read is enough: every drive has at least six sectors on its first track.
load_setup:
    mov     dl, [boot_drive]
    xor     dh, dh              # head 0
    mov     cx, 0x0002          # track 0, sector 2: they count from 1
    mov     bx, SETUP
    mov     ax, 0x0200 + SETUPLEN
    int     0x13                # read ax:low sectors to es:bx
    jnc     ok_load_setup
    dec     byte ptr [tries]
    jz      bad_read
    xor     ah, ah
    mov     dl, [boot_drive]
    int     0x13                # reset the drive
    jmp     load_setup

ok_load_setup:
    mov     si, offset no_setup
    cmp     dword ptr [SETUP + 2], SETUP_SIGNATURE
    jne     die
    mov     dl, [boot_drive]
    jmp     setup               # setup takes the drive in dl

# ah has the BIOS's error number.
bad_read:
    mov     al, ah
    mov     di, offset read_status
    call    put_hex
    mov     si, offset read_failed
die:
    call    print
2:  hlt
    jmp     2b

# Writes al as two hexadecimal digits to [di].
put_hex:
    aam     16                  # ah = high digit, al = low digit
    xchg    al, ah
    call    2f
    mov     al, ah
2:  cmp     al, 10
    sbb     al, 0x69            # with das: 0..9 to '0'..'9', 10..15 to 'A'..'F'
    das
    stosb
    ret

# Prints the NUL-terminated text at ds:si on the screen and on COM1.
print:
    lodsb
    test    al, al
    jz      2f
    push    ax
    mov     ah, 0x0E            # write a character as a teletype would
    mov     bx, 0x0007          # page 0, light grey
    int     0x10
    pop     ax
    mov     ah, 0x01            # send a character; gives up if there is no port
    xor     dx, dx
    int     0x14
    jmp     print
2:  ret

boot_drive:     .byte 0
tries:          .byte TRIES

loading:        .asciz "\r\nLoading system ...\r\n"
no_signature:   .asciz "Boot sector: missing 55AA at its end\r\n"
no_setup:       .asciz "No setup: sectors 1 to 4 of the disk do not hold it\r\n"
read_failed:    .ascii "Disk read error: cannot read setup, BIOS status "
read_status:    .asciz "00h\r\n"
# load_disk.s uses these, because it has no room for its own.
which_disk:     .asciz "Disk "
no_disk:        .asciz "No kernel: the boot disk must be disk 1 or 2 of ATA channel 1 (1F0h)"

.globl boot_code_end
boot_code_end:

# The image tool fills in the rest. setup finds it at 90000 + offset.
    .org    440
disk_signature: .long 0
    .org    444
.globl root_dev
root_dev:       .word ROOT_DEV
partitions:     .fill 64, 1, 0
boot_flag:      .word 0xAA55

.code32

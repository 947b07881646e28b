# SPDX-License-Identifier: GPL-2.0-or-later
#
# A directory of 512 entries, a file with double-indirect blocks, one with
# holes, and what uname says.

        .include "crt0.inc"

        .set    DOUBLE_INDIRECT, (7+512)*1024

main:
        movl    $names, %ebx
        system_call 59                  # uname
        expect  1, $0
        movl    names, %eax
        orl     $0x20202020, %eax
        expect  2, $0x756e696c          # "linu", small or capital
        movb    names + 4, %al
        movzbl  %al, %eax
        expect  3, $'x'

        movl    $directory, %ebx
        movl    $0755, %ecx
        system_call 39                  # mkdir
        expect  10, $0
        movl    $directory, %ebx
        system_call 12                  # chdir
        expect  11, $0
        movl    $510, %edi
1:      call    next_name
        movl    $name, %ebx
        movl    $0644, %ecx
        system_call 8                   # creat
        testl   %eax, %eax
        js      creat_failed
        movl    %eax, %ebx
        system_call 6                   # close
        expect  13, $0
        decl    %edi
        jnz     1b
# As opendir and readdir of the time: 16 bytes an entry.
        movl    $dot, %ebx
        xorl    %ecx, %ecx
        system_call 5
        movl    %eax, %esi
        xorl    %edi, %edi
2:      movl    %esi, %ebx
        movl    $buffer, %ecx
        movl    $16, %edx
        system_call 3
        testl   %eax, %eax
        jz      3f
        expect  14, $16
        cmpw    $0, buffer
        je      2b
        incl    %edi
        jmp     2b
3:      movl    %edi, %eax
        expect  15, $512
        movl    %esi, %ebx
        system_call 6
        movl    $510, %edi
        movl    $0x30303030, name
4:      call    next_name
        movl    $name, %ebx
        system_call 10                  # unlink
        expect  16, $0
        decl    %edi
        jnz     4b

# A block behind those that the inode and one indirect block name.
        movl    $name, %ebx
        movl    $0102, %ecx             # O_CREAT | O_RDWR
        movl    $0644, %edx
        system_call 5
        movl    %eax, %esi
        movl    $DOUBLE_INDIRECT+1000, %ecx
        call    seek
        expect  21, $DOUBLE_INDIRECT+1000
        movl    $pattern, %ecx
        movl    $100, %edx
        movl    %esi, %ebx
        system_call 4
        expect  22, $100
        movl    $DOUBLE_INDIRECT+1010, %ecx
        call    seek
        call    read_word
        expect  23, $0x13121110         # it counts up
# What lies before is a hole.
        movl    $DOUBLE_INDIRECT-3, %ecx
        call    seek
        call    read_word
        expect  24, $0
        movl    %esi, %ebx
        movl    $status, %ecx
        system_call 28                  # fstat
        expect  25, $0
        movl    status + 16, %eax
        expect  26, $DOUBLE_INDIRECT+1100
        movl    $2, %edx                # from the end
        movl    $-1, %ecx
        movl    %esi, %ebx
        system_call 19
        expect  27, $DOUBLE_INDIRECT+1099
        movl    %esi, %ebx
        system_call 6
        movl    $name, %ebx
        system_call 10
        expect  28, $0
        movl    $parent, %ebx
        system_call 12
        movl    $directory, %ebx
        system_call 40                  # rmdir
        expect  29, $0
        xorl    %eax, %eax
        ret

creat_failed:
        movl    $12, %eax
        ret

# lseek to ecx.
seek:   movl    %esi, %ebx
        xorl    %edx, %edx
        system_call 19
        ret

read_word:
        movl    %esi, %ebx
        movl    $buffer, %ecx
        movl    $4, %edx
        system_call 3
        movl    buffer, %eax
        ret

# The next name of four letters from 0 to p.
next_name:
        movl    $name + 3, %eax
1:      incb    (%eax)
        cmpb    $'p', (%eax)
        jb      2f
        movb    $'0', (%eax)
        decl    %eax
        jmp     1b
2:      ret

        .data
directory: .asciz "many"
dot:    .asciz  "."
parent: .asciz  ".."
name:   .asciz  "0000"
pattern:
        .set    byte, 6
        .rept   100
        .byte   byte
        .set    byte, byte + 1
        .endr

        .bss
        .lcomm  names, 48
        .lcomm  buffer, 16
        .lcomm  status, 32

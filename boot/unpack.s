# SPDX-License-Identifier: GPL-2.0-or-later
#
# Unpacks a block of LZ4 (unpack.rs calls it; 0.11 has no such thing).
#
# A block is a row of sequences. In each of them are
#
#   a token            literals in its high four bits, match length - 4 in the low four
#   more literals      if there are 15: bytes to be added, the last is less than 255
#   the literals       bytes of the image
#   a distance         2 bytes; the last sequence ends in front of it
#   more match length  likewise
#
# The match is copied from the image itself, from so far behind as the distance says.
# It may reach into its own copy: of a distance of 1 comes a run of one byte. So it is
# copied a byte at a time, or four if the distance is as long.
#
# Source: LZ4 Block Format Description.

.equ BLOCK, 20                  # the arguments, behind four registers and the return address
.equ BLOCK_END, 24
.equ IMAGE, 28
.equ IMAGE_END, 32

.section .text.unpack_block, "ax"
.code32

# extern "C" fn unpack_block(block, block_end, image, image_end) -> end of what was unpacked
#
# The block was read without a fault, or the loader's checksum would be wrong. Where it
# is broken all the same, what is written ends at most 32 bytes behind the image.
#
#   esi next byte of the block    ebx match length from the token
#   edi next byte of the image    eax distance
.globl unpack_block
unpack_block:
    push    ebp
    push    ebx
    push    esi
    push    edi
    mov     esi, [esp + BLOCK]
    mov     ebp, [esp + BLOCK_END]
    mov     edi, [esp + IMAGE]

next_sequence:
    cmp     edi, [esp + IMAGE_END]
    ja      6f
    movzx   ecx, byte ptr [esi]
    inc     esi
    mov     ebx, ecx
    and     ebx, 15
    shr     ecx, 4
    jz      3f
    cmp     ecx, 15
    je      long_literals
2:  rep     movsb
3:  cmp     esi, ebp
    jae     6f
    movzx   eax, word ptr [esi]
    add     esi, 2
    lea     ecx, [ebx + 4]
    cmp     ebx, 15
    je      long_match
    mov     edx, esi
    mov     esi, edi
    sub     esi, eax
5:  rep     movsb
    mov     esi, edx
    jmp     next_sequence

6:  mov     eax, edi
    pop     edi
    pop     esi
    pop     ebx
    pop     ebp
    ret

long_literals:
    call    add_length
    jb      6b
    mov     edx, ecx
    shr     ecx, 2
    rep     movsd
    mov     ecx, edx
    and     ecx, 3
    jmp     2b

long_match:
    call    add_length
    jb      6b
    mov     edx, esi
    mov     esi, edi
    sub     esi, eax
    cmp     eax, 4
    jb      5b
    mov     ebx, ecx
    shr     ecx, 2
    rep     movsd
    mov     ecx, ebx
    and     ecx, 3
    jmp     5b

# Adds the bytes that follow to the length ecx. Carry: that is more than what is left of
# the image.
add_length:
    movzx   edx, byte ptr [esi]
    inc     esi
    add     ecx, edx
    cmp     dl, 255
    je      add_length
    mov     edx, [esp + 4 + IMAGE_END]
    sub     edx, edi
    jb      2f
    cmp     edx, ecx
2:  ret

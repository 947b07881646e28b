/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory, as in chapter 8.7 of Kernighan and Ritchie: free blocks are a list in
 * order of address, each with a header before it; the first that is large enough
 * is taken, its end if it is larger; a block that comes back is joined with its
 * neighbours. More comes by moving the end of the data segment.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Before each block. Its size makes what follows fit for a double. */
struct header {
	struct header *next;	/* of a free block */
	size_t units;		/* of this size, the header counted in */
};

#define UNIT sizeof(struct header)
/* What is asked of the kernel at least. */
#define MORE (4096 / UNIT)

/* The list's head, which is never given away. */
static struct header list = { &list, 0 };

static struct header *more(size_t units)
{
	struct header *block;
	size_t end = (size_t)sbrk(0);

	if (units < MORE)
		units = MORE;
	if (units > (SIZE_MAX / 2) / UNIT)
		return NULL;
	/* Somebody else may have moved the end to anywhere. */
	if (end % UNIT != 0 && sbrk(UNIT - end % UNIT) == (void *)-1)
		return NULL;
	block = sbrk(units * UNIT);
	if (block == (void *)-1)
		return NULL;
	block->units = units;
	return block;
}

void *malloc(size_t size)
{
	struct header *before = &list, *block;
	size_t units;

	if (size > SIZE_MAX / 2) {
		errno = ENOMEM;
		return NULL;
	}
	units = (size + UNIT - 1) / UNIT + 1;
	for (;;) {
		block = before->next;
		if (block == &list) {
			block = more(units);
			if (block == NULL) {
				errno = ENOMEM;
				return NULL;
			}
			free(block + 1);
			before = &list;
			continue;
		}
		if (block->units >= units)
			break;
		before = block;
	}
	if (block->units == units) {
		before->next = block->next;
	} else {
		block->units -= units;
		block += block->units;
		block->units = units;
	}
	return block + 1;
}

void free(void *memory)
{
	struct header *block, *before = &list;

	if (memory == NULL)
		return;
	block = (struct header *)memory - 1;
	while (before->next != &list && before->next < block)
		before = before->next;
	block->next = before->next;
	before->next = block;
	if (block->next != &list && block + block->units == block->next) {
		block->units += block->next->units;
		block->next = block->next->next;
	}
	if (before != &list && before + before->units == block) {
		before->units += block->units;
		before->next = block->next;
	}
}

void *calloc(size_t count, size_t size)
{
	void *memory;

	if (size != 0 && count > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	memory = malloc(count * size);
	return memory ? memset(memory, 0, count * size) : NULL;
}

void *realloc(void *memory, size_t size)
{
	size_t has;
	void *other;

	if (memory == NULL)
		return malloc(size);
	has = (((struct header *)memory - 1)->units - 1) * UNIT;
	if (size <= has && size > has / 2)
		return memory;
	other = malloc(size);
	if (other == NULL)
		return NULL;
	memcpy(other, memory, size < has ? size : has);
	free(memory);
	return other;
}

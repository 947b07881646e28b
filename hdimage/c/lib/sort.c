/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorting in place, as a heap: each item is at least as large as items 2i + 1 and 2i + 2. */
#include <stdlib.h>

static void swap(char *a, char *b, size_t size)
{
	for (; size > 0; size--, a++, b++) {
		char c = *a;

		*a = *b;
		*b = c;
	}
}

/* Lets the item `top` sink to where it belongs among `count`. */
static void sink(char *items, size_t top, size_t count, size_t size,
	int (*compare)(const void *, const void *))
{
	while (count > 1 && top <= (count - 2) / 2) {
		size_t child = 2 * top + 1;

		if (child + 1 < count &&
		    compare(items + child * size, items + (child + 1) * size) < 0)
			child++;
		if (compare(items + top * size, items + child * size) >= 0)
			return;
		swap(items + top * size, items + child * size, size);
		top = child;
	}
}

void qsort(void *items, size_t count, size_t size,
	int (*compare)(const void *, const void *))
{
	size_t i;

	for (i = count / 2; i > 0; i--)
		sink(items, i - 1, count, size, compare);
	for (i = count; i > 1; i--) {
		swap(items, (char *)items + (i - 1) * size, size);
		sink(items, 0, i - 1, size, compare);
	}
}

void *bsearch(const void *key, const void *items, size_t count, size_t size,
	int (*compare)(const void *, const void *))
{
	const char *low = items;

	while (count > 0) {
		const char *middle = low + count / 2 * size;
		int order = compare(key, middle);

		if (order == 0)
			return (void *)middle;
		if (order > 0) {
			low = middle + size;
			count--;
		}
		count /= 2;
	}
	return NULL;
}

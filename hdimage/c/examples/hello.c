/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hello [name...]: the smallest program, and how arguments come. */
#include <stdio.h>

int main(int argc, char *argv[])
{
	int i;

	if (argc < 2)
		printf("hello, world\n");
	for (i = 1; i < argc; i++)
		printf("hello, %s\n", argv[i]);
	return 0;
}

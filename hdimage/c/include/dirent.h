/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _DIRENT_H
#define _DIRENT_H

#include <sys/types.h>

/* As the kernel's readdir stores it. d_reclen is the length of the name. */
struct dirent {
	unsigned long d_ino;
	unsigned long d_off;
	unsigned short d_reclen;
	char d_name[34];
};

typedef struct {
	int fd;
	struct dirent entry;
} DIR;

DIR *opendir(const char *path);
struct dirent *readdir(DIR *directory);
void rewinddir(DIR *directory);
int closedir(DIR *directory);

#endif

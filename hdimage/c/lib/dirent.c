/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories. */
#include "system.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

DIR *opendir(const char *path)
{
	struct stat status;
	DIR *directory;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) == 0 && !S_ISDIR(status.st_mode)) {
		errno = ENOTDIR;
	} else if ((directory = malloc(sizeof *directory)) != NULL) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		directory->fd = fd;
		return directory;
	}
	close(fd);
	return NULL;
}

/* The kernel gives one entry, and 0 at the end. */
struct dirent *readdir(DIR *directory)
{
	return system_call(NR_readdir, directory->fd, (long)&directory->entry, 1) > 0
		? &directory->entry : NULL;
}

void rewinddir(DIR *directory)
{
	lseek(directory->fd, 0, SEEK_SET);
}

int closedir(DIR *directory)
{
	int fd = directory->fd;

	free(directory);
	return close(fd);
}

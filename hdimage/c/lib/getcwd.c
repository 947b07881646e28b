/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The path of the working directory: each one's name is in the one above. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * The name of the directory `here` in the one that `above` leads to, put before
 * `end`; `path` is where its room begins.
 */
static char *name_before(char *end, char *path, char *above, const struct stat *here)
{
	size_t length = strlen(above), name_length;
	DIR *directory = opendir(above);
	struct dirent *entry;
	struct stat status;

	if (directory == NULL)
		return NULL;
	errno = ENOENT;
	while ((entry = readdir(directory)) != NULL) {
		name_length = strlen(entry->d_name);
		if (length + name_length + 2 > PATH_MAX)
			continue;
		above[length] = '/';
		strcpy(above + length + 1, entry->d_name);
		/* Mounted directories have another number when looked at. */
		if (lstat(above, &status) == 0 && is_same(&status, here) &&
		    strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			break;
	}
	above[length] = '\0';
	if (entry != NULL && (size_t)(end - path) < name_length + 1) {
		errno = ERANGE;
		entry = NULL;
	}
	if (entry != NULL) {
		end -= name_length;
		memcpy(end, entry->d_name, name_length);
		*--end = '/';
	}
	closedir(directory);
	return entry ? end : NULL;
}

char *getcwd(char *path, size_t size)
{
	char above[PATH_MAX] = "..", *end = path + size - 1;
	struct stat here, root, parent;

	if (size < 2) {
		errno = size ? ERANGE : EINVAL;
		return NULL;
	}
	*end = '\0';
	if (stat(".", &here) != 0 || stat("/", &root) != 0)
		return NULL;
	while (!is_same(&here, &root)) {
		if (stat(above, &parent) != 0)
			return NULL;
		end = name_before(end, path, above, &here);
		if (end == NULL)
			return NULL;
		if (strlen(above) + 4 > sizeof above) {
			errno = ERANGE;
			return NULL;
		}
		strcat(above, "/..");
		here = parent;
	}
	if (*end == '\0')
		*--end = '/';
	return memmove(path, end, strlen(end) + 1);
}

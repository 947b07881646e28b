/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a program in the place of this one. */
#include <errno.h>
#include <stdarg.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Arguments that execl takes. */
#define MOST 256

int execv(const char *path, char *const arguments[])
{
	return execve(path, arguments, environ);
}

/* Looks for the program in the directories of PATH. */
int execvp(const char *name, char *const arguments[])
{
	char path[PATH_MAX];
	const char *folder = getenv("PATH");
	int error = ENOENT;

	if (strchr(name, '/'))
		return execv(name, arguments);
	if (folder == NULL)
		folder = "/bin:/usr/bin";
	for (; *name; folder++) {
		size_t length = strcspn(folder, ":");

		if (length + strlen(name) + 2 <= sizeof path) {
			memcpy(path, folder, length);
			strcpy(path + length, length > 0 ? "/" : "");
			strcat(path, name);
			execv(path, arguments);
			/* A file that may not be run is told if there is no other. */
			if (errno != ENOENT && errno != ENOTDIR)
				error = errno;
			if (error != ENOENT && error != EACCES)
				break;
		}
		folder += length;
		if (*folder == '\0')
			break;
	}
	errno = error;
	return -1;
}

static int run(int (*exec)(const char *, char *const []), const char *name,
	const char *first, va_list arguments)
{
	char *list[MOST];
	int count = 0;

	for (list[0] = (char *)first; list[count] != NULL; list[count] = va_arg(arguments, char *))
		if (++count == MOST) {
			errno = E2BIG;
			return -1;
		}
	return exec(name, list);
}

int execl(const char *path, const char *first, ...)
{
	va_list arguments;

	va_start(arguments, first);
	run(execv, path, first, arguments);
	va_end(arguments);
	return -1;
}

int execlp(const char *name, const char *first, ...)
{
	va_list arguments;

	va_start(arguments, first);
	run(execvp, name, first, arguments);
	va_end(arguments);
	return -1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The variables of the environment: "NAME=value" each, a null pointer at the end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The array that was made here, if it was: the kernel's cannot grow. */
static char **own;

/* Where the variable is whose name has this length, or the null pointer at the end. */
static char **find(const char *name, size_t length)
{
	char **p = environ;

	while (*p && (strncmp(*p, name, length) != 0 || (*p)[length] != '='))
		p++;
	return p;
}

char *getenv(const char *name)
{
	size_t length = strlen(name);
	char *found = *find(name, length);

	return found && length > 0 ? found + length + 1 : NULL;
}

/* The assignment itself becomes part of the environment. */
int putenv(char *assignment)
{
	size_t length = strcspn(assignment, "="), count;
	char **place, **larger;

	if (assignment[length] == '\0')
		return unsetenv(assignment);
	place = find(assignment, length);
	if (*place == NULL) {
		count = place - environ;
		larger = realloc(environ == own ? own : NULL, (count + 2) * sizeof *larger);
		if (larger == NULL)
			return -1;
		if (environ != own)
			memcpy(larger, environ, count * sizeof *larger);
		own = environ = larger;
		place = environ + count;
		place[1] = NULL;
	}
	*place = assignment;
	return 0;
}

static int is_name(const char *name)
{
	if (name && *name && !strchr(name, '='))
		return 1;
	errno = EINVAL;
	return 0;
}

int setenv(const char *name, const char *value, int overwrite)
{
	size_t length;
	char *assignment;

	if (!is_name(name))
		return -1;
	if (getenv(name) && !overwrite)
		return 0;
	length = strlen(name);
	assignment = malloc(length + strlen(value) + 2);
	if (assignment == NULL)
		return -1;
	memcpy(assignment, name, length);
	assignment[length] = '=';
	strcpy(assignment + length + 1, value);
	return putenv(assignment);
}

int unsetenv(const char *name)
{
	char **place;

	if (!is_name(name))
		return -1;
	while (*(place = find(name, strlen(name))))
		do
			place[0] = place[1];
		while (*place++);
	return 0;
}

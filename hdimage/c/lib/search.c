/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings: what is in them. */
#include <string.h>
#include <strings.h>

char *strchr(const char *text, int c)
{
	for (; *text != (char)c; text++)
		if (*text == '\0')
			return NULL;
	return (char *)text;
}

char *strrchr(const char *text, int c)
{
	const char *p = text + strlen(text);

	for (; *p != (char)c; p--)
		if (p == text)
			return NULL;
	return (char *)p;
}

char *index(const char *text, int c)
{
	return strchr(text, c);
}

char *rindex(const char *text, int c)
{
	return strrchr(text, c);
}

size_t strspn(const char *text, const char *set)
{
	const char *p = text;

	while (*p && strchr(set, *p))
		p++;
	return p - text;
}

size_t strcspn(const char *text, const char *stops)
{
	const char *p = text;

	while (*p && !strchr(stops, *p))
		p++;
	return p - text;
}

char *strpbrk(const char *text, const char *set)
{
	text += strcspn(text, set);
	return *text ? (char *)text : NULL;
}

char *strstr(const char *text, const char *part)
{
	size_t length = strlen(part);

	for (; strncmp(text, part, length) != 0; text++)
		if (*text == '\0')
			return NULL;
	return (char *)text;
}

char *strtok_r(char *text, const char *separators, char **rest)
{
	char *word = text ? text : *rest;

	word += strspn(word, separators);
	*rest = word + strcspn(word, separators);
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return *word ? word : NULL;
}

char *strtok(char *text, const char *separators)
{
	static char *rest = "";

	return strtok_r(text, separators, &rest);
}

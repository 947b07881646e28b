/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of a command line: -a -b, -ab, -o value, -ovalue, -- at their end. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

char *optarg;
int optind = 1, opterr = 1, optopt;

static int complain(const char *program, const char *problem)
{
	if (opterr)
		fprintf(stderr, "%s: %s -- '%c'\n", program, problem, optopt);
	return '?';
}

int getopt(int count, char *const arguments[], const char *options)
{
	static char *next; /* in an argument of several options, or NULL */
	const char *known;

	if (next == NULL) {
		if (optind >= count || arguments[optind][0] != '-' || arguments[optind][1] == '\0')
			return -1;
		next = arguments[optind] + 1;
		if (strcmp(next, "-") == 0) {
			next = NULL;
			optind++;
			return -1;
		}
	}
	optopt = (unsigned char)*next++;
	known = optopt == ':' ? NULL : strchr(options, optopt);
	optarg = NULL;
	if (known && known[1] == ':' && *next != '\0')
		optarg = next;
	/* Was that the argument's last option? */
	if (optarg || *next == '\0') {
		next = NULL;
		optind++;
	}
	if (known == NULL)
		return complain(arguments[0], "invalid option");
	if (known[1] == ':' && optarg == NULL) {
		if (optind >= count)
			return *options == ':' ? ':'
				: complain(arguments[0], "option requires an argument");
		optarg = arguments[optind++];
	}
	return optopt;
}

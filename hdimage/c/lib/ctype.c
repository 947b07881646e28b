/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds of characters, in ASCII. */
#include <ctype.h>

static int between(int low, int c, int high)
{
	return low <= c && c <= high;
}

int isascii(int c) { return between(0, c, 127); }
int isblank(int c) { return c == ' ' || c == '\t'; }
int iscntrl(int c) { return between(0, c, 31) || c == 127; }
int isdigit(int c) { return between('0', c, '9'); }
int isgraph(int c) { return between('!', c, '~'); }
int islower(int c) { return between('a', c, 'z'); }
int isprint(int c) { return between(' ', c, '~'); }
int isspace(int c) { return c == ' ' || between('\t', c, '\r'); }
int isupper(int c) { return between('A', c, 'Z'); }
int isalpha(int c) { return isupper(c) || islower(c); }
int isalnum(int c) { return isalpha(c) || isdigit(c); }
int ispunct(int c) { return isgraph(c) && !isalnum(c); }
int isxdigit(int c) { return isdigit(c) || between('a', c, 'f') || between('A', c, 'F'); }
int toascii(int c) { return c & 127; }
int tolower(int c) { return isupper(c) ? c - 'A' + 'a' : c; }
int toupper(int c) { return islower(c) ? c - 'a' + 'A' : c; }

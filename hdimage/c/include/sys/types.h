/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _SYS_TYPES_H
#define _SYS_TYPES_H

#include <stddef.h>

typedef int ssize_t;
typedef long clock_t;
typedef int daddr_t;
typedef unsigned short dev_t;
typedef unsigned char gid_t;
typedef unsigned short ino_t;
typedef unsigned short mode_t;
typedef unsigned char nlink_t;
typedef long off_t;
typedef int pid_t;
typedef unsigned long time_t; /* until 2106 */
typedef unsigned short uid_t;

typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;

struct ustat {
	daddr_t f_tfree;
	ino_t f_tinode;
	char f_fname[6];
	char f_fpack[6];
};

int ustat(dev_t device, struct ustat *status);

#endif

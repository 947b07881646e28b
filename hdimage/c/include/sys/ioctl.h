/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _SYS_IOCTL_H
#define _SYS_IOCTL_H

/* The commands of terminals. */
#include <termios.h>

int ioctl(int fd, int command, ...);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The number of the last error, and the variables of the environment. */
#include <errno.h>
#include <unistd.h>

int errno;
char **environ;

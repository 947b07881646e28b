/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _SYS_PARAM_H
#define _SYS_PARAM_H

#include <limits.h>

#define HZ 100
#define MAXPATHLEN PATH_MAX
#define NOFILE OPEN_MAX
#define NGROUPS NGROUPS_MAX

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif

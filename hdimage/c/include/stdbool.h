/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _STDBOOL_H
#define _STDBOOL_H

/* Words of the language itself since C23. */
#if __STDC_VERSION__ < 202311L
#define bool _Bool
#define true 1
#define false 0
#endif

#endif

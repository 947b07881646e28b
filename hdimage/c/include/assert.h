/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each inclusion follows NDEBUG anew, so there is no guard around it. */
#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
void __assert_failed(const char *condition, const char *file, int line);
#define assert(condition) \
	((condition) ? (void)0 : __assert_failed(#condition, __FILE__, __LINE__))
#endif

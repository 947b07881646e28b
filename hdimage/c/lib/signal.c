/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals. The kernel enters a handler with these words on the stack, from esp
 * up: where its return goes (sa_restorer), the signal, the blocked signals if
 * not SA_NOMASK, eax, ecx, edx, eflags, eip. The restorer undoes that.
 */
#include "system.h"
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

void __restore(void);
void __restore_mask(void);

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

__asm__(
	".text\n"
	"__restore_mask:\n"
	"	addl $4, %esp\n"	/* the signal */
	"	xchgl %ebx, (%esp)\n"	/* the mask as argument; ebx is the program's */
	"	movl $" TEXT(NR_ssetmask) ", %eax\n"
	"	int $0x80\n"
	"	popl %ebx\n"
	"	jmp 1f\n"
	"__restore:\n"
	"	addl $4, %esp\n"
	"1:	popl %eax\n"
	"	popl %ecx\n"
	"	popl %edx\n"
	"	popfl\n"
	"	ret\n");

int sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
	struct sigaction copy;

	if (action == NULL)
		return system_call(NR_sigaction, signal, 0, (long)old);
	copy = *action;
	copy.sa_restorer = action->sa_flags & SA_NOMASK ? __restore : __restore_mask;
	return system_call(NR_sigaction, signal, (long)&copy, (long)old);
}

/* The handler stays, and its signal is blocked while it runs. */
sighandler_t signal(int signal, sighandler_t handler)
{
	struct sigaction action = { handler, 0, 0, NULL }, old;

	return sigaction(signal, &action, &old) < 0 ? SIG_ERR : old.sa_handler;
}

int raise(int signal)
{
	return kill(getpid(), signal);
}

static int is_signal(int signal)
{
	if (signal >= 1 && signal < NSIG)
		return 1;
	errno = EINVAL;
	return 0;
}

int sigemptyset(sigset_t *set)
{
	*set = 0;
	return 0;
}

int sigfillset(sigset_t *set)
{
	*set = ~0u;
	return 0;
}

int sigaddset(sigset_t *set, int signal)
{
	if (!is_signal(signal))
		return -1;
	*set |= 1u << (signal - 1);
	return 0;
}

int sigdelset(sigset_t *set, int signal)
{
	if (!is_signal(signal))
		return -1;
	*set &= ~(1u << (signal - 1));
	return 0;
}

int sigismember(const sigset_t *set, int signal)
{
	if (!is_signal(signal))
		return -1;
	return *set >> (signal - 1) & 1;
}

/* Neither of these two calls fails, and any number is a mask. */
int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t mask, ignored;

	__asm__ volatile("int $0x80" : "=a"(mask) : "0"(NR_sgetmask) : "memory", "cc");
	if (old)
		*old = mask;
	if (set == NULL)
		return 0;
	switch (how) {
	case SIG_BLOCK:
		mask |= *set;
		break;
	case SIG_UNBLOCK:
		mask &= ~*set;
		break;
	case SIG_SETMASK:
		mask = *set;
		break;
	default:
		errno = EINVAL;
		return -1;
	}
	__asm__ volatile("int $0x80"
		: "=a"(ignored) : "0"(NR_ssetmask), "b"(mask) : "memory", "cc");
	return 0;
}

int sigsuspend(const sigset_t *mask)
{
	return system_call(NR_sigsuspend, 0, 0, *mask);
}

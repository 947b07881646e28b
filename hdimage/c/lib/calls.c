/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls that C takes as the kernel has them. */
#include "system.h"
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

CALL0(pid_t, fork)
CALL3(int, read, int, fd, void *, data, size_t, size)
CALL3(int, write, int, fd, const void *, data, size_t, size)
CALL1(int, close, int, fd)
CALL3(pid_t, waitpid, pid_t, pid, int *, status, int, options)
CALL2(int, creat, const char *, path, mode_t, mode)
CALL2(int, link, const char *, old_path, const char *, new_path)
CALL1(int, unlink, const char *, path)
CALL3(int, execve, const char *, path, char *const *, arguments,
	char *const *, environment)
CALL1(int, chdir, const char *, path)
CALL1(time_t, time, time_t *, time)
CALL3(int, mknod, const char *, path, mode_t, mode, dev_t, device)
CALL2(int, chmod, const char *, path, mode_t, mode)
CALL3(int, chown, const char *, path, uid_t, owner, gid_t, group)
CALL2(int, stat, const char *, path, struct stat *, status)
CALL3(off_t, lseek, int, fd, off_t, offset, int, origin)
CALL0(pid_t, getpid)
CALL1(int, setuid, uid_t, user)
CALL0(uid_t, getuid)
CALL1(int, stime, const time_t *, time)
CALL1(unsigned int, alarm, unsigned int, seconds)
CALL2(int, fstat, int, fd, struct stat *, status)
CALL0(int, pause)
CALL2(int, utime, const char *, path, const struct utimbuf *, times)
CALL2(int, access, const char *, path, int, mode)
CALL1(int, nice, int, increment)
CALL0(int, sync)
CALL2(int, kill, pid_t, pid, int, signal)
CALL2(int, rename, const char *, old_path, const char *, new_path)
CALL2(int, mkdir, const char *, path, mode_t, mode)
CALL1(int, rmdir, const char *, path)
CALL1(int, dup, int, fd)
CALL1(int, pipe, int *, fds)
CALL1(clock_t, times, struct tms *, spent)
CALL1(int, setgid, gid_t, group)
CALL0(gid_t, getgid)
CALL0(uid_t, geteuid)
CALL0(gid_t, getegid)
CALL2(int, setpgid, pid_t, pid, pid_t, group)
CALL1(int, uname, struct utsname *, name)
CALL1(mode_t, umask, mode_t, mask)
CALL1(int, chroot, const char *, path)
CALL2(int, ustat, dev_t, device, struct ustat *, status)
CALL2(int, dup2, int, old_fd, int, new_fd)
CALL0(pid_t, getppid)
CALL0(pid_t, getpgrp)
CALL0(pid_t, setsid)
CALL2(int, setreuid, uid_t, real, uid_t, effective)
CALL2(int, setregid, gid_t, real, gid_t, effective)
CALL1(int, sigpending, sigset_t *, set)
CALL2(int, setrlimit, int, resource, const struct rlimit *, limit)
CALL2(int, getrlimit, int, resource, struct rlimit *, limit)
CALL2(int, getrusage, int, who, struct rusage *, usage)
CALL2(int, gettimeofday, struct timeval *, time, struct timezone *, zone)
CALL2(int, settimeofday, const struct timeval *, time,
	const struct timezone *, zone)
CALL2(int, symlink, const char *, target, const char *, path)
CALL2(int, lstat, const char *, path, struct stat *, status)
CALL3(int, readlink, const char *, path, char *, target, size_t, size)

/* The last argument of these three may be left out. */

static long argument(va_list arguments)
{
	return va_arg(arguments, long);
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	long mode;

	va_start(arguments, flags);
	mode = flags & O_CREAT ? argument(arguments) : 0;
	va_end(arguments);
	return system_call(NR_open, (long)path, flags, mode);
}

int ioctl(int fd, int command, ...)
{
	va_list arguments;
	long value;

	va_start(arguments, command);
	value = argument(arguments);
	va_end(arguments);
	return system_call(NR_ioctl, fd, command, value);
}

int fcntl(int fd, int command, ...)
{
	va_list arguments;
	long value;

	va_start(arguments, command);
	value = argument(arguments);
	va_end(arguments);
	return system_call(NR_fcntl, fd, command, value);
}

void _exit(int status)
{
	for (;;)
		system_call(NR_exit, status, 0, 0);
}

pid_t wait(int *status)
{
	return waitpid(-1, status, 0);
}

int mkfifo(const char *path, mode_t mode)
{
	return mknod(path, S_IFIFO | (mode & 07777), 0);
}

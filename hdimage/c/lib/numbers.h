/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of the system calls that the library makes: eax at int 80h. */
#ifndef _NUMBERS_H
#define _NUMBERS_H

#define NR_exit 1
#define NR_fork 2
#define NR_read 3
#define NR_write 4
#define NR_open 5
#define NR_close 6
#define NR_waitpid 7
#define NR_creat 8
#define NR_link 9
#define NR_unlink 10
#define NR_execve 11
#define NR_chdir 12
#define NR_time 13
#define NR_mknod 14
#define NR_chmod 15
#define NR_chown 16
#define NR_stat 18
#define NR_lseek 19
#define NR_getpid 20
#define NR_setuid 23
#define NR_getuid 24
#define NR_stime 25
#define NR_alarm 27
#define NR_fstat 28
#define NR_pause 29
#define NR_utime 30
#define NR_access 33
#define NR_nice 34
#define NR_sync 36
#define NR_kill 37
#define NR_rename 38
#define NR_mkdir 39
#define NR_rmdir 40
#define NR_dup 41
#define NR_pipe 42
#define NR_times 43
#define NR_brk 45
#define NR_setgid 46
#define NR_getgid 47
#define NR_geteuid 49
#define NR_getegid 50
#define NR_ioctl 54
#define NR_fcntl 55
#define NR_setpgid 57
#define NR_uname 59
#define NR_umask 60
#define NR_chroot 61
#define NR_ustat 62
#define NR_dup2 63
#define NR_getppid 64
#define NR_getpgrp 65
#define NR_setsid 66
#define NR_sigaction 67
#define NR_sgetmask 68
#define NR_ssetmask 69
#define NR_setreuid 70
#define NR_setregid 71
#define NR_sigsuspend 72
#define NR_sigpending 73
#define NR_setrlimit 75
#define NR_getrlimit 76
#define NR_getrusage 77
#define NR_gettimeofday 78
#define NR_settimeofday 79
#define NR_select 82
#define NR_symlink 83
#define NR_lstat 84
#define NR_readlink 85
#define NR_readdir 89

#endif

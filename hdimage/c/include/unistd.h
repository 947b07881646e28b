/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _UNISTD_H
#define _UNISTD_H

#include <stddef.h>
#include <sys/types.h>

#define STDIN_FILENO 0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2

#ifndef SEEK_SET
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif

#define F_OK 0
#define X_OK 1
#define W_OK 2
#define R_OK 4

extern char **environ;
extern char *optarg;
extern int optind, opterr, optopt;

void _exit(int status) __attribute__((noreturn));
int access(const char *path, int mode);
unsigned int alarm(unsigned int seconds);
int brk(void *end_of_data);
int chdir(const char *path);
int chown(const char *path, uid_t owner, gid_t group);
int chroot(const char *path);
int close(int fd);
int dup(int fd);
int dup2(int old_fd, int new_fd);
int execl(const char *path, const char *first, ...);
int execlp(const char *name, const char *first, ...);
int execv(const char *path, char *const arguments[]);
int execve(const char *path, char *const arguments[], char *const environment[]);
int execvp(const char *name, char *const arguments[]);
pid_t fork(void);
char *getcwd(char *path, size_t size);
gid_t getegid(void);
uid_t geteuid(void);
gid_t getgid(void);
int getopt(int count, char *const arguments[], const char *options);
pid_t getpgrp(void);
pid_t getpid(void);
pid_t getppid(void);
uid_t getuid(void);
int isatty(int fd);
int link(const char *old_path, const char *new_path);
off_t lseek(int fd, off_t offset, int origin);
int nice(int increment);
int pause(void);
int pipe(int *fds);
int read(int fd, void *data, size_t size);
int readlink(const char *path, char *target, size_t size);
int rmdir(const char *path);
void *sbrk(int increment);
int setgid(gid_t group);
int setpgid(pid_t pid, pid_t group);
int setregid(gid_t real, gid_t effective);
int setreuid(uid_t real, uid_t effective);
pid_t setsid(void);
int setuid(uid_t user);
unsigned int sleep(unsigned int seconds);
int symlink(const char *target, const char *path);
int sync(void);
pid_t tcgetpgrp(int fd);
int tcsetpgrp(int fd, pid_t group);
char *ttyname(int fd);
int unlink(const char *path);
int usleep(unsigned long microseconds);
int write(int fd, const void *data, size_t size);

#endif

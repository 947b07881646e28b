/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of the shell: system, popen, pclose. */
#include "stream.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

static void become(const char *command)
{
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* ^C and ^\ are for the command while it runs. */
int system(const char *command)
{
	sighandler_t interrupt, quit;
	pid_t pid;
	int status;

	if (command == NULL)
		return access("/bin/sh", X_OK) == 0;
	fflush(NULL);
	interrupt = signal(SIGINT, SIG_IGN);
	quit = signal(SIGQUIT, SIG_IGN);
	pid = fork();
	if (pid == 0) {
		signal(SIGINT, interrupt);
		signal(SIGQUIT, quit);
		become(command);
	}
	status = pid < 0 ? -1 : wait_for(pid);
	signal(SIGINT, interrupt);
	signal(SIGQUIT, quit);
	return status;
}

/* A stream to the command's input ("w") or from its output ("r"). */
FILE *popen(const char *command, const char *mode)
{
	int ends[2], ours = *mode == 'r' ? 0 : 1, i;
	FILE *stream;
	pid_t pid;

	if (*mode != 'r' && *mode != 'w') {
		errno = EINVAL;
		return NULL;
	}
	if (pipe(ends) != 0)
		return NULL;
	stream = fdopen(ends[ours], mode);
	fflush(NULL);
	pid = stream ? fork() : -1;
	if (pid == 0) {
		/* Streams of older children would keep their pipes open. */
		for (i = 0; i < FOPEN_MAX; i++)
			if (__streams[i].flags && __streams[i].pid)
				close(__streams[i].fd);
		close(ends[ours]);
		if (ends[!ours] != !ours) {
			dup2(ends[!ours], !ours);
			close(ends[!ours]);
		}
		become(command);
	}
	close(ends[!ours]);
	if (pid < 0) {
		if (stream)
			fclose(stream);
		else
			close(ends[ours]);
		return NULL;
	}
	stream->pid = pid;
	return stream;
}

int pclose(FILE *stream)
{
	pid_t pid = stream->pid;

	fclose(stream);
	stream->pid = 0;
	return wait_for(pid);
}

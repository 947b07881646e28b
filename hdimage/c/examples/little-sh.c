/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * little-sh: a shell in a hundred lines. Commands with arguments, `<` and `>` with
 * a file behind, `|` between commands, cd and exit. All stand apart by spaces.
 *
 * Each command of a pipeline is a child; the parent waits for all of them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS 64

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Makes the file descriptor `fd` of this process. */
static void redirect(const char *path, int flags, int fd)
{
	int file = path ? open(path, flags, 0666) : -1;

	if (file < 0)
		die(path ? path : "no file");
	dup2(file, fd);
	close(file);
}

/* Becomes the command of the words, after its redirections. */
static void become(char *words[])
{
	char *arguments[WORDS + 1];
	int count = 0;

	for (; *words; words++) {
		if (strcmp(*words, "<") == 0)
			redirect(*++words, O_RDONLY, 0);
		else if (strcmp(*words, ">") == 0)
			redirect(*++words, O_WRONLY | O_CREAT | O_TRUNC, 1);
		else
			arguments[count++] = *words;
	}
	arguments[count] = NULL;
	if (count == 0)
		exit(0);
	execvp(arguments[0], arguments);
	die(arguments[0]);
}

/* Runs the commands between the bars, and waits. The status is the last one's. */
static int run(char *words[])
{
	int input = 0, ends[2], status = 0, child_status, i;
	pid_t child, last = 0;

	while (words) {
		char **next = NULL;

		for (i = 0; words[i]; i++)
			if (strcmp(words[i], "|") == 0) {
				words[i] = NULL;
				next = words + i + 1;
				break;
			}
		if (next && pipe(ends) != 0)
			die("pipe");
		last = fork();
		if (last < 0)
			die("fork");
		if (last == 0) {
			if (input != 0)
				dup2(input, 0), close(input);
			if (next)
				dup2(ends[1], 1), close(ends[0]), close(ends[1]);
			become(words);
		}
		if (input != 0)
			close(input);
		if (next)
			input = ends[0], close(ends[1]);
		words = next;
	}
	while ((child = wait(&child_status)) > 0)
		if (child == last)
			status = child_status;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(void)
{
	char line[512], *words[WORDS + 1], *word;
	int count, status = 0;

	for (;;) {
		if (isatty(0))
			printf("%d> ", status);
		fflush(stdout);
		if (fgets(line, sizeof line, stdin) == NULL)
			return status;
		count = 0;
		for (word = strtok(line, " \t\n"); word && count < WORDS; word = strtok(NULL, " \t\n"))
			words[count++] = word;
		words[count] = NULL;
		if (count == 0)
			continue;
		if (strcmp(words[0], "exit") == 0)
			return words[1] ? atoi(words[1]) : status;
		if (strcmp(words[0], "cd") != 0)
			status = run(words);
		else if ((status = chdir(words[1] ? words[1] : "/")) != 0)
			perror("cd");
	}
}

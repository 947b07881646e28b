/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many ticks of the time stamp counter a kernel takes for each operation. It runs
 * on this kernel and on Linux 0.11: its rows are those of docs/c-0.11-ticks.tsv. In
 * Bochs a tick is an instruction.
 *
 * `make bench` builds it with the host's compiler; the gcc of 1991 takes it, too:
 *
 *     gcc -O -o /tmp/bench bench.c; /tmp/bench
 *
 * It is started by its whole path, because it executes itself. It prints lines `name
 * times ticks`, separated by tabs; `ticks` is for one operation, with the program's
 * own loop. They come when all is done, as to write to the terminal takes time, too.
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define KILOBYTE 1024
#define PAGE 4096
#define PAGES 256
#define ROWS 32
/* Where the raw disk is read: behind what else is read, and inside of partition 2. */
#define RAW_DISK "/dev/hd2"
#define RAW_OFFSET 20000000L
#define PERIOD_PATH "/usr/src/linux/kernel/chr_drv/tty_io.c"
#define OWN_PATH "/tmp/d1/d2/d3/d4/f"
#define BIG_FILE "/tmp/b.dat"
#define FOLDER "/tmp/bdir"

struct row {
	char *name;
	int times;
	unsigned long ticks;
};

static struct row rows[ROWS];
static int row_count;
static unsigned long start;
static char *program;
static char buffer[64 * KILOBYTE];
/* Makes the file of the program about as large as gcc 1.40 makes it. */
char filler[4 * KILOBYTE] = { 1 };

/* The lower half of the counter; a row takes less than it holds. */
static unsigned long now(void)
{
	unsigned long low;

	__asm__ volatile(".byte 0x0f,0x31" : "=a" (low) : : "dx");
	return low;
}

static void row(char *name, int times)
{
	unsigned long ticks = now() - start;

	rows[row_count].name = name;
	rows[row_count].times = times;
	rows[row_count].ticks = ticks / times;
	row_count++;
}

/* Ends the program if a call has failed; gives its result otherwise. */
static int checked(int result, char *call)
{
	if (result < 0) {
		printf("bench: %s has failed\n", call);
		fflush(stdout);
		_exit(1);
	}
	return result;
}

static void calls_and_processes(void)
{
	char *arguments[3];
	int i, pid, status;

	start = now();
	for (i = 0; i < 2000; i++)
		getppid();
	row("null-call", 2000);

	start = now();
	for (i = 0; i < 100; i++) {
		if (!(pid = fork()))
			_exit(0);
		waitpid(pid, &status, 0);
	}
	row("fork-exit-wait", 100);

	arguments[0] = program;
	arguments[1] = "end";
	arguments[2] = 0;
	start = now();
	for (i = 0; i < 50; i++) {
		if (!(pid = fork())) {
			execve(program, arguments, (char **) 0);
			_exit(1);
		}
		waitpid(pid, &status, 0);
		if (status)
			checked(-1, "execve");
	}
	row("fork-exec-wait", 50);
}

static void pipes(void)
{
	int i, pid, status, there[2], back[2];

	checked(pipe(there), "pipe");
	checked(pipe(back), "pipe");
	if (!(pid = checked(fork(), "fork"))) {
		close(there[1]);
		close(back[0]);
		while (read(there[0], buffer, 1) == 1)
			write(back[1], buffer, 1);
		_exit(0);
	}
	close(there[0]);
	close(back[1]);
	start = now();
	for (i = 0; i < 500; i++) {
		write(there[1], buffer, 1);
		read(back[0], buffer, 1);
	}
	row("pipe-round-trip", 500);
	close(there[1]);
	close(back[0]);
	waitpid(pid, &status, 0);

	checked(pipe(there), "pipe");
	if (!(pid = checked(fork(), "fork"))) {
		close(there[1]);
		while (read(there[0], buffer, PAGE) > 0)
			;
		_exit(0);
	}
	close(there[0]);
	start = now();
	for (i = 0; i < 256; i++)
		write(there[1], buffer, PAGE);
	close(there[1]);
	waitpid(pid, &status, 0);
	row("pipe-4k", 256);
}

static void files(void)
{
	int fd, i;

	fd = checked(open(BIG_FILE, O_RDWR | O_CREAT | O_TRUNC, 0644), "open");
	start = now();
	for (i = 0; i < 256; i++)
		write(fd, buffer, KILOBYTE);
	row("write-1k-new", 256);
	lseek(fd, 0L, 0);
	start = now();
	for (i = 0; i < 256; i++)
		write(fd, buffer, KILOBYTE);
	row("write-1k-over", 256);
	lseek(fd, 0L, 0);
	start = now();
	for (i = 0; i < 256; i++)
		read(fd, buffer, KILOBYTE);
	row("read-1k-cached", 256);
	lseek(fd, 0L, 0);
	start = now();
	for (i = 0; i < 4; i++)
		read(fd, buffer, 64 * KILOBYTE);
	row("read-64k-cached", 4);
	close(fd);
	start = now();
	sync();
	row("sync-256k", 1);
	start = now();
	unlink(BIG_FILE);
	row("unlink-256k", 1);

	fd = checked(open(RAW_DISK, O_RDONLY, 0), "open of the raw disk");
	lseek(fd, RAW_OFFSET, 0);
	start = now();
	for (i = 0; i < 512; i++)
		read(fd, buffer, KILOBYTE);
	row("read-1k-disk", 512);
	checked(read(fd, buffer, KILOBYTE) - KILOBYTE, "read of the raw disk");
	close(fd);
}

/* Makes the folders of OWN_PATH, or takes them away. */
static void own_path(int is_made)
{
	char path[sizeof OWN_PATH];
	int depth, length;

	for (depth = 1; depth <= 4; depth++) {
		length = is_made ? depth : 5 - depth;
		sprintf(path, "%.*s", 4 + 3 * length, OWN_PATH);
		checked(is_made ? mkdir(path, 0755) : rmdir(path), path);
	}
}

static void paths(void)
{
	char *deep = PERIOD_PATH;
	struct stat status;
	int fd, i;

	if (access(deep, 0)) {
		deep = OWN_PATH;
		own_path(1);
		close(checked(creat(deep, 0644), "creat"));
	}
	start = now();
	for (i = 0; i < 500; i++) {
		fd = open("/bin", O_RDONLY, 0);
		close(fd);
	}
	row("open-close-1", 500);
	start = now();
	for (i = 0; i < 500; i++) {
		fd = open(deep, O_RDONLY, 0);
		close(fd);
	}
	row("open-close-6", 500);
	start = now();
	for (i = 0; i < 500; i++)
		stat(deep, &status);
	row("stat-6", 500);
	if (access(PERIOD_PATH, 0)) {
		checked(unlink(deep), "unlink");
		own_path(0);
	}
}

static void names(void)
{
	char name[32];
	int i;

	checked(mkdir(FOLDER, 0755), "mkdir");
	start = now();
	for (i = 0; i < 200; i++) {
		sprintf(name, "%s/f%d", FOLDER, i);
		close(creat(name, 0644));
	}
	row("create", 200);
	start = now();
	for (i = 0; i < 200; i++) {
		sprintf(name, "%s/f%d", FOLDER, i);
		unlink(name);
	}
	row("unlink", 200);
	checked(rmdir(FOLDER), "rmdir");
}

static void faults(void)
{
	volatile char *heap;
	int i, pid, status;

	heap = (char *) (((unsigned long) sbrk(0) + PAGE - 1) & ~(PAGE - 1L));
	checked(brk((char *) heap + PAGES * PAGE), "brk");
	start = now();
	for (i = 0; i < PAGES; i++)
		heap[i * PAGE] = 1;
	row("fault-zero", PAGES);
	if (!(pid = checked(fork(), "fork"))) {
		pause();
		_exit(0);
	}
	start = now();
	for (i = 0; i < PAGES; i++)
		heap[i * PAGE] = 2;
	row("fault-cow", PAGES);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static int caught;

static void handler(int signal_number)
{
	caught++;
}

/*
 * Where a handler returns to. It takes from the stack the signal and what the kernel has
 * saved there. Names in C have a `_` before them in an a.out file of gcc 1.40.
 */
extern void restore(void);
__asm__(".text\n"
"restore:\n"
"_restore:\n"
"	addl $4,%esp\n"
"	popl %eax\n"
"	popl %ecx\n"
"	popl %edx\n"
"	popfl\n"
"	ret\n");

/* signal() as 0.11 has it. That of the library here also has the signal blocked. */
static void set_handler(int signal_number)
{
	int result;

	__asm__ volatile("int $0x80" : "=a" (result)
		: "0" (48), "b" (signal_number), "c" ((long) handler), "d" ((long) restore));
}

static void signals(void)
{
	int i;

	start = now();
	for (i = 0; i < 200; i++) {
		set_handler(SIGUSR1);
		kill(getpid(), SIGUSR1);
	}
	row("signal", 200);
	checked(caught == 200 ? 0 : -1, "signal");
}

int main(int argc, char **argv)
{
	int i;

	/* As what row fork-exec-wait executes. */
	if (argc == 2)
		_exit(0);
	if (argc > 2)
		write(1, filler, sizeof filler);
	program = argv[0];
	sync();
	calls_and_processes();
	pipes();
	files();
	paths();
	names();
	faults();
	signals();
	for (i = 0; i < row_count; i++)
		printf("%s\t%d\t%lu\n", rows[i].name, rows[i].times, rows[i].ticks);
	fflush(stdout);
	/* Who starts this as init= halts the machine, and the terminal is slow. */
	sleep(1);
	return 0;
}

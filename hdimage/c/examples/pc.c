/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pc: a producer hands the numbers 0 to 499 to a consumer, through a file with room
 * for ten, as a course on 0.11 has it done. The consumer prints their sum.
 *
 * `empty` counts the places that may be filled, `full` those that may be taken from;
 * whoever has `mutex` may move the file's position.
 */
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLACES 10
#define ITEMS 500

static sem_t *empty, *full, *mutex;
static int buffer;

/* Children inherit the semaphore, so its name can go at once. */
static sem_t *semaphore(const char *name, unsigned int value)
{
	sem_t *made = sem_open(name, value);

	if (made == SEM_FAILED || sem_unlink(name) < 0) {
		perror(name);
		exit(1);
	}
	return made;
}

static void produce(void)
{
	int item;

	for (item = 0; item < ITEMS; item++) {
		sem_wait(empty);
		sem_wait(mutex);
		lseek(buffer, item % PLACES * sizeof item, SEEK_SET);
		write(buffer, &item, sizeof item);
		sem_post(mutex);
		sem_post(full);
	}
}

static void consume(void)
{
	int i, item, sum = 0;

	for (i = 0; i < ITEMS; i++) {
		sem_wait(full);
		sem_wait(mutex);
		lseek(buffer, i % PLACES * sizeof item, SEEK_SET);
		read(buffer, &item, sizeof item);
		sem_post(mutex);
		sem_post(empty);
		sum += item;
	}
	printf("sum %d\n", sum);
}

int main(void)
{
	empty = semaphore("empty", PLACES);
	full = semaphore("full", 0);
	mutex = semaphore("mutex", 1);
	buffer = open("pc.buffer", O_RDWR | O_CREAT | O_EXCL, 0600);
	if (buffer < 0 || unlink("pc.buffer") < 0) {
		perror("pc.buffer");
		return 1;
	}
	if (fork() == 0) {
		consume();
		exit(0);
	}
	produce();
	wait(NULL);
	return 0;
}

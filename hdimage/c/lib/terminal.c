/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Terminals: each of these is an ioctl. */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

int tcgetattr(int fd, struct termios *settings)
{
	return ioctl(fd, TCGETS, settings);
}

int tcsetattr(int fd, int when, const struct termios *settings)
{
	if (when < TCSANOW || when > TCSAFLUSH) {
		errno = EINVAL;
		return -1;
	}
	return ioctl(fd, TCSETS + when, settings);
}

/* Each key comes at once, and as it is. */
void cfmakeraw(struct termios *settings)
{
	settings->c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	settings->c_oflag &= ~OPOST;
	settings->c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	settings->c_cflag = (settings->c_cflag & ~(CSIZE | PARENB)) | CS8;
	settings->c_cc[VMIN] = 1;
	settings->c_cc[VTIME] = 0;
}

speed_t cfgetospeed(const struct termios *settings)
{
	return settings->c_cflag & CBAUD;
}

int cfsetospeed(struct termios *settings, speed_t speed)
{
	if (speed > CBAUD) {
		errno = EINVAL;
		return -1;
	}
	settings->c_cflag = (settings->c_cflag & ~CBAUD) | speed;
	return 0;
}

/* Both directions have one speed. */

speed_t cfgetispeed(const struct termios *settings)
{
	return cfgetospeed(settings);
}

int cfsetispeed(struct termios *settings, speed_t speed)
{
	return speed == B0 ? 0 : cfsetospeed(settings, speed);
}

int tcsendbreak(int fd, int duration)
{
	(void)duration;
	return ioctl(fd, TCSBRK, 0);
}

int tcdrain(int fd)
{
	return ioctl(fd, TCSBRK, 1);
}

int tcflow(int fd, int action)
{
	return ioctl(fd, TCXONC, action);
}

int tcflush(int fd, int queue)
{
	return ioctl(fd, TCFLSH, queue);
}

pid_t tcgetpgrp(int fd)
{
	pid_t group;

	return ioctl(fd, TIOCGPGRP, &group) == 0 ? group : -1;
}

int tcsetpgrp(int fd, pid_t group)
{
	return ioctl(fd, TIOCSPGRP, &group);
}

int isatty(int fd)
{
	struct termios settings;

	return tcgetattr(fd, &settings) == 0;
}

/* Terminals have major number 4; the minor one is in their names. */
char *ttyname(int fd)
{
	static char name[16];
	struct stat status;

	if (!isatty(fd) || fstat(fd, &status) != 0)
		return NULL;
	if (status.st_rdev >> 8 == 5)
		return "/dev/tty";
	sprintf(name, "/dev/tty%d", status.st_rdev & 255);
	return name;
}

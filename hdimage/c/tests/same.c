/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prints what the functions of the C library answer. A test runs it in the guest with
 * the library in ../lib and on the host with the host's, and compares. So it says
 * nothing of what differs there for good reasons: the size of a long, say.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <dirent.h>
#include <time.h>
#include <unistd.h>

static int number;

static void show(const char *what, const char *format, ...)
{
	va_list arguments;

	printf("%d %s: ", ++number, what);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
}

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

static void characters(void)
{
	int (*kinds[])(int) = { isalnum, isalpha, iscntrl, isdigit, isgraph, islower, isprint,
		ispunct, isspace, isupper, isxdigit, isblank };
	unsigned i, sum;
	int c;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		for (sum = 0, c = -1; c < 128; c++)
			sum = sum * 31 + (kinds[i](c) != 0);
		show("kind", "%u %u", i, sum);
	}
	for (sum = 0, c = -1; c < 256; c++)
		sum = sum * 31 + tolower(c) + 7 * toupper(c);
	show("tolower toupper", "%u", sum);
}

static void strings(void)
{
	static const char *const texts[] = { "", "a", "abc", "abd", "ABC", "abcabc", "xyz",
		"a,b,,c", "\xe4", "hello, world" };
	enum { COUNT = sizeof texts / sizeof *texts };
	char buffer[64], *rest;
	int i, j;

	for (i = 0; i < COUNT; i++)
		for (j = 0; j < COUNT; j++) {
			const char *a = texts[i], *b = texts[j], *found;

			memset(buffer, '#', sizeof buffer);
			strncpy(buffer, a, 5);
			buffer[8] = '\0';
			strncat(buffer, b, 3);
			found = strstr(a, b);
			show("pair", "%d %d %d %d %d %d %d %s", sign(strcmp(a, b)),
				sign(strncmp(a, b, 2)), sign(strcasecmp(a, b)),
				sign(memcmp(a, b, strlen(a) < strlen(b) ? strlen(a) : strlen(b))),
				(int)strspn(a, b), (int)strcspn(a, b),
				found ? (int)(found - a) : -1, buffer + 5);
		}
	for (i = 0; i < COUNT; i++) {
		const char *a = texts[i];
		char *p = strchr(a, 'b'), *q = strrchr(a, 'b'), *r = strpbrk(a, ",c");
		char *s = memchr(a, 'c', strlen(a));

		show("search", "%d %d %d %d %d %d", p ? (int)(p - a) : -1, q ? (int)(q - a) : -1,
			r ? (int)(r - a) : -1, s ? (int)(s - a) : -1, (int)strnlen(a, 4),
			strchr(a, '\0') == a + strlen(a));
	}
	strcpy(buffer, ",,one, two;three,,");
	for (rest = strtok(buffer, ",; "); rest; rest = strtok(NULL, ",; "))
		show("strtok", "%s", rest);
	strcpy(buffer, "0123456789");
	memmove(buffer + 2, buffer, 5);
	show("memmove up", "%s", buffer);
	memmove(buffer, buffer + 3, 5);
	show("memmove down", "%s", buffer);
	memset(buffer, 'z', 3);
	show("memset", "%s", buffer);
	rest = strdup("a copy");
	show("strdup", "%s %d", rest, strcmp(rest, "a copy"));
	free(rest);
	for (i = 1; i <= 34; i++)
		if (i != ENOTTY)
			show("strerror", "%s", strerror(i));
}

static void numbers(void)
{
	static const char *const texts[] = { "0", "12", "  -34x", "+7", "0x1f", "0X", "077", "089",
		"zz", "-", "", "2147483647", "-2147483648", "1e3", "0x", " \t\n 5 ",
		"999999999999999999999999999999", "-999999999999999999999999999999" };
	static const int bases[] = { 0, 2, 8, 10, 16, 36 };
	unsigned i, j;
	char *end;

	for (i = 0; i < sizeof texts / sizeof *texts; i++)
		for (j = 0; j < sizeof bases / sizeof *bases; j++) {
			const char *how;
			long value;

			errno = 0;
			value = strtol(texts[i], &end, bases[j]);
			how = value == LONG_MAX && errno ? "highest" : value == LONG_MIN && errno ? "lowest" : "";
			/* A long of the host is longer, so that large ones differ. */
			if (value > INT_MAX || value < INT_MIN || *how)
				value = 0;
			if (strlen(texts[i]) < 10 || strlen(texts[i]) > 20 || bases[j] == 10)
				show("strtol", "'%s' %d: %d %d %s %d", texts[i], bases[j], (int)value,
					(int)(end - texts[i]), how, errno == ERANGE);
			errno = 0;
			if (strlen(texts[i]) < 10 && !strchr(texts[i], '-')) {
				show("strtoul", "%u", (unsigned)strtoul(texts[i], &end, bases[j]));
				show("end", "%d", (int)(end - texts[i]));
			}
		}
	show("strtoul of too much", "%d", strtoul(texts[16], &end, 10) == ULONG_MAX);
	show("errno", "%s", strerror(errno));
	show("atoi", "%d %d %d", atoi("42abc"), atoi("-17"), atoi("none"));
	show("div", "%d %d %d %d", div(-7, 2).quot, div(-7, 2).rem, div(7, -2).quot, abs(-3));
}

static void integers_out(void)
{
	static const char *const formats[] = { "%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%.3d",
		"%8.3d", "%-8.3d|", "%+.0d", "%x", "%X", "%#x", "%#o", "%o", "%u", "%08x", "%#010x",
		"%hd", "%hhd", "%hu", "%hhu", "%i", "%.0d", "%3d%%" };
	static const int values[] = { 0, 1, -1, 42, -4711, INT_MAX, INT_MIN, 65535, 200 };
	char buffer[64];
	unsigned i, j;

	for (i = 0; i < sizeof formats / sizeof *formats; i++)
		for (j = 0; j < sizeof values / sizeof *values; j++) {
			int count = sprintf(buffer, formats[i], values[j]);

			show(formats[i], "[%s] %d", buffer, count);
		}
	for (i = 0; i < 20; i++) {
		unsigned long long value = 0x123456789abcdef0ull << i ^ 3 * i;

		show("long long", "%lld %llu %llx %llo %20lld %d", (long long)value, value, value,
			value, (long long)-value, (int)(value / (i + 3) % 1000));
		show("division", "%lld %lld %llu %llu", (long long)value / -12345678901LL,
			(long long)value % -987654321LL, value / 0x123456789ull, value % 0xfedcba98765ull);
	}
	show("limits", "%lld %lld %llu", LLONG_MIN, LLONG_MAX, ULLONG_MAX);
	show("text", "[%s] [%5s] [%-5s] [%.2s] [%5.1s] [%c] [%3c] [%-3c]", "abc", "abc", "abc",
		"abc", "abc", 'x', 'y', 'z');
	show("stars", "[%*d] [%-*d] [%.*s] [%*d] [%.*d]", 6, 42, 6, 42, 2, "abc", -6, 42, -1, 42);
	show("sizes", "%zu %zd %td %jd %ld %lu %hi", (size_t)7, (ssize_t)-7, (ptrdiff_t)8,
		(intmax_t)-9, 10L, 11ul, (short)-12);
	sprintf(buffer, "abc%nde", (int *)&i);
	show("%n", "%s %d", buffer, (int)i);
	for (i = 0; i < 8; i++) {
		memset(buffer, '#', 10);
		buffer[10] = '\0';
		show("snprintf", "%d %s", snprintf(buffer, i, "%d-%s", 12, "ab"), buffer);
	}
}

static void doubles(void)
{
	static const char *const formats[] = { "%f", "%.0f", "%.1f", "%.3f", "%10.2f", "%-10.2f|",
		"%+f", "%010.3f", "%e", "%.0e", "%.3E", "%12.4e", "%g", "%.3g", "%G", "%#g", "%#.0f",
		"%.10g", "%.17g", "%.20f", "% .2f" };
	static const char *const texts[] = { "0", "-0.0", "1", "0.5", "1.5", "2.5", "0.1", "-3.14159",
		"123456789", "1e10", "1e-5", "1e-4", "123456", "1234567", "9.995", "99999.95",
		"999998.5", "1e100", "1.7976931348623157e308", "2.2250738585072014e-308", "5e-324",
		"2.4703282292062327e-324", "2.4703282292062328e-324", "1e309", "-1e309", "1e-400",
		"9007199254740993", "0.30000000000000004", "8.5", "1e23", "6.02e23", "3e-310",
		"2.2250738585072011e-308", "inf", "-infinity", "12e", "1e+", ".5", "5.", ".", "-.5e-1x",
		"0.000000000000000000000000000000000000000000000000000001234567890123456789",
		"179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880" };
	char buffer[800], *end;
	unsigned i, j;

	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		double value = strtod(texts[i], &end);
		union { double value; unsigned half[2]; } bits = { value };

		show("strtod", "%08x%08x %d", bits.half[1], bits.half[0], (int)(end - texts[i]));
		for (j = 0; j < sizeof formats / sizeof *formats; j++) {
			int count = snprintf(buffer, sizeof buffer, formats[j], value);

			show(formats[j], "[%s] %d", buffer, count);
		}
	}
	srand(1);
	for (i = 0, j = 12345; i < 300; i++) {
		union { double value; unsigned half[2]; } bits, back;

		bits.half[0] = j = j * 1103515245 + 12345;
		j = j * 1103515245 + 12345;
		bits.half[1] = j ^ j >> 16;
		if ((bits.half[1] >> 20 & 2047) == 2047)
			continue;
		snprintf(buffer, sizeof buffer, "%.17g", bits.value);
		back.value = strtod(buffer, NULL);
		show("there and back", "%s %d %.5e", buffer,
			bits.half[0] == back.half[0] && bits.half[1] == back.half[1], bits.value);
	}
}

static void reads(void)
{
	int a = -1, b = -1, n = -1, count;
	unsigned u = 0;
	short s = 0;
	char text[32] = "", other[32] = "";
	double d = 0;
	float f = 0;

	count = sscanf("12 -34 0x1f", "%d %d %i", &a, &b, &n);
	show("scanf", "%d %d %d %d", count, a, b, n);
	count = sscanf("  word,rest of it", "%[a-z],%s %n", text, other, &n);
	show("scanf", "%d %s %s %d", count, text, other, n);
	count = sscanf("  word,rest of it", " %[a-z],%s %n", text, other, &n);
	show("scanf", "%d %s %s %d", count, text, other, n);
	count = sscanf("3.25e2 -0.5", "%lf %f", &d, &f);
	show("scanf", "%d %g %g", count, d, f);
	count = sscanf("12345678", "%3d%2hd%*2d%u", &a, &s, &u);
	show("scanf", "%d %d %d %u", count, a, s, u);
	count = sscanf("", "%d", &a);
	show("scanf", "%d", count);
	count = sscanf("abc", "%d", &a);
	show("scanf", "%d", count);
	count = sscanf("100% sure", "%d%% %s", &a, text);
	show("scanf", "%d %d %s", count, a, text);
	count = sscanf("ff 377 xyz", "%x %o %2c", (unsigned *)&a, (unsigned *)&b, text);
	show("scanf", "%d %d %d %.2s", count, a, b, text);
	count = sscanf("key = value]end", "%[^ =] = %[]a-z]", text, other);
	show("scanf", "%d %s %s", count, text, other);
	count = sscanf("1,2", "%d;%d", &a, &b);
	show("scanf", "%d", count);
}

static int by_value(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static void sorting(void)
{
	int items[200], count, i, key;
	unsigned sum, seed = 1;

	for (count = 0; count < 200; count += count < 10 ? 1 : 37) {
		for (i = 0; i < count; i++)
			items[i] = (seed = seed * 1103515245 + 12345) >> 16 & 255;
		qsort(items, count, sizeof *items, by_value);
		for (sum = i = 0; i < count; i++)
			sum = sum * 31 + items[i];
		key = count ? items[count / 3] : 0;
		show("qsort", "%d %u %d", count, sum,
			count && *(int *)bsearch(&key, items, count, sizeof *items, by_value) == key);
		key = 1000;
		show("bsearch", "%d", bsearch(&key, items, count, sizeof *items, by_value) == NULL);
	}
}

static void memory(void)
{
	static char *blocks[64];
	static size_t sizes[64];
	unsigned seed = 7, bad = 0;
	int i, j;

	for (i = 0; i < 5000; i++) {
		unsigned at = (seed = seed * 1103515245 + 12345) >> 16 & 63;
		size_t size = (seed = seed * 1103515245 + 12345) >> 16 & 2047;
		char *block = blocks[at];

		for (j = 0; j < (int)sizes[at]; j++)
			bad += block[j] != (char)at;
		if (size % 3 == 0) {
			free(block);
			block = NULL;
			size = 0;
		} else {
			size_t kept = size < sizes[at] ? size : sizes[at];

			block = realloc(block, size);
			for (j = 0; j < (int)kept; j++)
				bad += block[j] != (char)at;
			memset(block, at, size);
			bad += (uintptr_t)block % 8 != 0;
		}
		blocks[at] = block;
		sizes[at] = size;
	}
	show("malloc", "%u", bad);
	errno = 0;
	show("too much", "%d", malloc((size_t)-1 / 2 + 2) == NULL);
	show("errno", "%d", errno == ENOMEM);
	show("calloc of too much", "%d", calloc((size_t)-1 / 2, 3) == NULL);
	blocks[0] = calloc(100, 3);
	for (bad = i = 0; i < 300; i++)
		bad += blocks[0][i] != 0;
	show("calloc", "%u", bad);
}

static void files(void)
{
	char line[40];
	FILE *file = fopen("same.tmp", "w+");
	int i, c;

	for (i = 0; i < 500; i++)
		fprintf(file, "line %d\n", i);
	show("ftell", "%ld", ftell(file));
	rewind(file);
	for (i = 0; fgets(line, sizeof line, file); i++)
		if (i % 100 == 7)
			show("fgets", "%s %ld", line, ftell(file));
	show("end", "%d %d %d", i, feof(file) != 0, ferror(file) != 0);
	show("behind", "%d", fgetc(file));
	fseek(file, 100, SEEK_SET);
	fputs("<changed>", file);
	fseek(file, -20, SEEK_CUR);
	show("fread", "%d", (int)fread(line, 1, 30, file));
	line[30] = '\0';
	show("changed", "%s", line);
	fseek(file, 0, SEEK_SET);
	c = fgetc(file);
	show("ungetc", "%c %d", c, ungetc('X', file) == 'X');
	show("ftell", "%ld", ftell(file));
	show("fgetc", "%c", fgetc(file));
	show("fgetc", "%c", fgetc(file));
	fseek(file, -3, SEEK_END);
	show("end", "%c", fgetc(file));
	show("fclose", "%d", fclose(file));
	file = fopen("same.tmp", "a");
	fputs("more\n", file);
	fclose(file);
	file = fopen("same.tmp", "r");
	show("fputc of a file to read", "%d", fputc('x', file));
	show("ferror", "%d", ferror(file) != 0);
	clearerr(file);
	fseek(file, -5, SEEK_END);
	show("fscanf", "%d", fscanf(file, "%39s", line));
	show("word", "%s", line);
	fclose(file);
	show("rename", "%d", rename("same.tmp", "same2.tmp"));
	show("access", "%d", access("same.tmp", F_OK));
	show("remove", "%d", remove("same2.tmp"));
	show("remove", "%d", remove("same2.tmp"));
	show("fopen", "%d", fopen("/nosuch/file", "r") == NULL);
	show("errno", "%s", strerror(errno));
	file = tmpfile();
	fputs("temporary", file);
	rewind(file);
	show("tmpfile", "%s", fgets(line, sizeof line, file));
	fclose(file);
}

static void dates(void)
{
	static const time_t times[] = { 0, 1, 86399, 86400, 68255999, 68256000, 951868799, 951868800,
		1000000000, 1709164800, 2147483647 };
	char text[200];
	unsigned i;

	for (i = 0; i < sizeof times / sizeof *times; i++) {
		struct tm date = *gmtime(&times[i]);

		show("mktime", "%d", mktime(&date) == times[i]);
		show("asctime", "%s", asctime(&date));
		strftime(text, sizeof text,
			"%a %A %b %B %c %d %D %e %F %H %I %j %m %M %p %R %S %T %U %w %W %x %X %y %Y %%", &date);
		show("strftime", "%s", text);
		date.tm_mon += 14;
		date.tm_mday -= 40;
		date.tm_sec += 100000;
		if (i == 10)
			continue;
		show("out of range", "%d", (int)mktime(&date));
		show("is then", "%s", asctime(&date));
	}
	show("no room", "%d %d", (int)strftime(text, 4, "%Y", gmtime(&times[0])),
		(int)strftime(text, 5, "%Y", gmtime(&times[0])));
}

static volatile sig_atomic_t caught;

static void handler(int signal)
{
	caught = signal;
}

static jmp_buf jump;
static sigjmp_buf signal_jump;

static void jumper(int signal)
{
	siglongjmp(signal_jump, signal);
}

static void processes(void)
{
	int status, ends[2], value;
	struct sigaction action = { .sa_handler = handler }, old;
	char line[64] = "";
	sigset_t set;
	FILE *stream;
	pid_t pid;

	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	show("signal", "%d", caught == SIGUSR1);
	caught = 0;
	raise(SIGUSR1);
	show("again", "%d", caught == SIGUSR1);
	caught = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	show("blocked", "%d", caught);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	show("and then", "%d", caught == SIGUSR1);
	show("sigaction", "%d", sigaction(SIGUSR2, &action, &old));
	show("old", "%d", old.sa_handler == SIG_DFL);
	show("of SIGKILL", "%d", sigaction(SIGKILL, &action, NULL));
	show("errno", "%s", strerror(errno));
	value = setjmp(jump);
	show("setjmp", "%d", value);
	if (value < 3)
		longjmp(jump, value + 1);
	signal(SIGUSR2, jumper);
	value = sigsetjmp(signal_jump, 1);
	show("sigsetjmp", "%d", value == 0 || value == SIGUSR2);
	if (caught != 99) {
		caught = 99;
		raise(SIGUSR2);
	}
	caught = 0;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(42);
	show("waitpid", "%d", waitpid(pid, &status, 0) == pid);
	show("status", "%d %d", WIFEXITED(status), WEXITSTATUS(status));
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		abort();
	waitpid(pid, &status, 0);
	show("abort", "%d %d", WIFSIGNALED(status), WTERMSIG(status) == SIGABRT);
	show("pipe", "%d", pipe(ends));
	show("write", "%d", (int)write(ends[1], "through", 8));
	show("read", "%d", (int)read(ends[0], line, sizeof line));
	show("line", "%s", line);
	close(ends[0]);
	close(ends[1]);
	show("system", "%d %d", WEXITSTATUS(system("exit 3")), system(NULL) != 0);
	stream = popen("echo from the child", "r");
	show("popen", "%s", fgets(line, sizeof line, stream));
	show("pclose", "%d", pclose(stream));
	fflush(stdout);
	stream = popen("cat", "w");
	fputs("to the child\n", stream);
	show("pclose", "%d", pclose(stream));
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execlp("echo", "echo", "run by", "execlp", (char *)NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	show("execlp", "%d", status);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execlp("no-such-program", "x", (char *)NULL);
		_exit(errno == ENOENT ? 9 : 8);
	}
	waitpid(pid, &status, 0);
	show("no program", "%d", WEXITSTATUS(status));
}

static void environment(void)
{
	show("getenv", "%d", getenv("NO_SUCH") == NULL);
	show("setenv", "%d", setenv("SOME", "thing", 0));
	show("getenv", "%s", getenv("SOME"));
	show("no overwrite", "%d", setenv("SOME", "other", 0));
	show("getenv", "%s", getenv("SOME"));
	show("overwrite", "%d", setenv("SOME", "other", 1));
	show("getenv", "%s", getenv("SOME"));
	show("putenv", "%d", putenv("MORE=a=b"));
	show("getenv", "%s", getenv("MORE"));
	fflush(stdout);
	show("a child's", "%d", system("echo $SOME $MORE"));
	show("unsetenv", "%d", unsetenv("SOME"));
	show("getenv", "%d %s", getenv("SOME") == NULL, getenv("MORE"));
	show("no name", "%d", setenv("A=B", "x", 1));
	show("errno", "%s", strerror(errno));
}

static void directories(void)
{
	struct dirent *entry;
	struct stat status;
	char path[200];
	int count = 0;
	DIR *directory;

	show("mkdir", "%d", mkdir("same.dir", 0755));
	show("mkdir", "%d", mkdir("same.dir", 0755));
	fclose(fopen("same.dir/one", "w"));
	fclose(fopen("same.dir/two", "w"));
	directory = opendir("same.dir");
	while ((entry = readdir(directory)) != NULL)
		count += strcmp(entry->d_name, "one") == 0 || strcmp(entry->d_name, "two") == 0 ||
			entry->d_name[0] == '.';
	show("readdir", "%d", count);
	rewinddir(directory);
	show("rewinddir", "%d", readdir(directory) != NULL);
	show("closedir", "%d", closedir(directory));
	show("opendir", "%d", opendir("same.dir/one") == NULL);
	show("errno", "%s", strerror(errno));
	show("stat", "%d", stat("same.dir/one", &status));
	show("status", "%o %d", (unsigned)status.st_mode & 0170000, (int)status.st_size);
	show("chdir", "%d", chdir("same.dir"));
	show("getcwd", "%s", strrchr(getcwd(path, sizeof path), '/'));
	show("no room", "%d", getcwd(path, 3) == NULL);
	show("errno", "%s", strerror(errno));
	show("chdir", "%d", chdir(".."));
	show("rmdir", "%d", rmdir("same.dir"));
	show("remove", "%d", remove("same.dir/one"));
	show("remove", "%d", remove("same.dir/two"));
	show("remove", "%d", remove("same.dir"));
}

static void options(void)
{
	char *arguments[] = { "same", "-a", "-bvalue", "-cb", "next", "-x", "--", "-a", NULL };
	int c;

	opterr = 0;
	while ((c = getopt(8, arguments, "ab:c")) != -1)
		show("getopt", "%c %s %d", c, c == 'b' ? optarg : "", optind);
	show("optind", "%d", optind);
}

static void at_exit(void)
{
	printf("%d checks\n", number);
}

int main(void)
{
	atexit(at_exit);
	characters();
	strings();
	numbers();
	integers_out();
	doubles();
	reads();
	sorting();
	memory();
	files();
	dates();
	processes();
	environment();
	directories();
	options();
	return 0;
}

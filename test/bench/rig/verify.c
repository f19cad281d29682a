/*
 * verify - reads log files of what feeder.c printed and proves what is in them.
 *
 *   stdin:  <console> <lines printed> <path>   one per console
 *   stdout: {json}   missing: lines never seen; doubled; reordered: seen after a later one; damaged: a line's head, and
 *           not its length or sum; foreign: of another console; whole_bytes: of the whole lines, each once
 *
 * cc -O2 -o verify verify.c
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STAMP = 15, HEAD = 15, TAIL = 7 };

static unsigned long long printed, whole, missing, doubled, reordered, damaged, foreign, no_log, bytes, whole_bytes;
static unsigned char *seen;

static int hex(const char *p, int digits, uint32_t *value)
{
	*value = 0;
	for (; digits > 0; digits--, p++) {
		int d = *p >= '0' && *p <= '9' ? *p - '0' : *p >= 'a' && *p <= 'f' ? *p - 'a' + 10 : -1;
		if (d < 0) return 0;
		*value = *value << 4 | d;
	}
	return 1;
}

static int is_whole(const char *from, const char *end)
{
	uint32_t length, wanted, sum = 0;
	if (end - from < HEAD + TAIL || end[-TAIL] != '~') return 0;
	if (!hex(end - 6, 2, &length) || !hex(end - 4, 4, &wanted) || length != end - TAIL - from) return 0;
	for (const char *p = from; p < end - TAIL; p++) sum += (unsigned char)*p;
	return (sum & 0xffff) == wanted;
}

static void scan(const char *log, size_t size, uint32_t console, uint32_t lines)
{
	uint32_t next = 0;
	const char *stop = log + size;
	for (const char *line = log, *feed; line < stop; line = feed + 1) {
		feed = memchr(line, '\n', stop - line);
		if (!feed) feed = stop;
		const char *end = feed > line && feed[-1] == '\r' ? feed - 1 : feed;
		const char *head = line + STAMP;
		uint32_t number, whose;
		if (end - head < HEAD || head[0] != '#' || head[8] != '@' || !hex(head + 1, 7, &number) || !hex(head + 9, 5, &whose)) continue;
		if (!is_whole(head, end)) { damaged++; continue; }
		if (whose != console) { foreign++; continue; }
		if (number >= lines) { damaged++; continue; }
		if (seen[number]) { doubled++; continue; }
		seen[number] = 1;
		whole++;
		whole_bytes += end + 2 - line;
		if (number < next) reordered++;
		else next = number + 1;
	}
}

static int scan_file(const char *path, uint32_t console, uint32_t lines)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0) return 0;
	if (st.st_size > 0) {
		char *log = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (log == MAP_FAILED) return 0;
		scan(log, st.st_size, console, lines);
		munmap(log, st.st_size);
	}
	bytes += st.st_size;
	close(fd);
	return 1;
}

int main(void)
{
	char line[4096];
	while (fgets(line, sizeof line, stdin)) {
		unsigned console, lines;
		int path;
		if (sscanf(line, "%u %u %n", &console, &lines, &path) < 2) continue;
		line[strcspn(line, "\n")] = 0;
		seen = realloc(seen, lines + 1);
		if (!seen) { perror("realloc"); return 1; }
		memset(seen, 0, lines + 1);
		unsigned long long before = whole;
		if (!scan_file(line + path, console, lines)) no_log++;
		printed += lines;
		missing += lines - (whole - before);
	}
	printf("{\"printed\":%llu,\"whole\":%llu,\"missing\":%llu,\"doubled\":%llu,\"reordered\":%llu,\"damaged\":%llu,"
	       "\"foreign\":%llu,\"no_log\":%llu,\"bytes\":%llu,\"whole_bytes\":%llu}\n",
	       printed, whole, missing, doubled, reordered, damaged, foreign, no_log, bytes, whole_bytes);
	return 0;
}

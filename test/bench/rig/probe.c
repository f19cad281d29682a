/*
 * probe - runs a console client on a pty, as a person would, and times it.
 *
 *   probe [--ready TEXT] [--send KEYS --expect TEXT] [--stall-ms S] [--keys N] [--settle-ms S] [--quit KEYS]
 *         -- client argument …
 *
 * Prints {json}: ms from exec to the first byte on the terminal and to TEXT (to what is expected of KEYS); then types N
 * keys one after the other, each once the one before came back, and tells the microseconds that the echo took. With
 * --stall-ms it reads nothing of the terminal for so long first. KEYS may have \r, \xHH.
 *
 * cc -O2 -o probe probe.c -lutil
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { TIMEOUT_MS = 20000, KEY_TIMEOUT_MS = 5000, GAP_MS = 10, QUIT_MS = 2000 };

static char got[1 << 20];
static int got_bytes;
static double first = -1;

static double now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec * 1e-6;
}

static int unescape(const char *from, char *to)
{
	char *p = to;
	for (; *from; from++) {
		char digits[3] = "";
		if (*from != '\\') *p++ = *from;
		else if (*++from == 'r') *p++ = '\r';
		else { memcpy(digits, ++from, 2); *p++ = strtol(digits, NULL, 16); from++; }
	}
	*p = 0;
	return p - to;
}

/* Reads once, until `deadline` at the latest; 0: the client is gone. */
static int take(int fd, double deadline)
{
	double left = deadline - now();
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec wait = { 0, 0 };
	if (left > 0) { wait.tv_sec = left / 1e3; wait.tv_nsec = (left - wait.tv_sec * 1e3) * 1e6; }
	if (ppoll(&p, 1, &wait, NULL) <= 0) return 1;
	if (got_bytes > (int)sizeof got / 2) { memmove(got, got + got_bytes - 4096, 4096); got_bytes = 4096; }
	int n = read(fd, got + got_bytes, sizeof got - got_bytes);
	if (n <= 0) return 0;
	if (first < 0) first = now();
	got_bytes += n;
	return 1;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void start(pid_t *pid, int *fd, char **argv)
{
	struct winsize size = { 24, 80, 0, 0 };
	struct termios tty = { .c_iflag = ICRNL | IXON, .c_oflag = OPOST | ONLCR, .c_cflag = CS8 | CREAD,
		.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN };
	tty.c_cc[VMIN] = 1; tty.c_cc[VINTR] = 3; tty.c_cc[VEOF] = 4; tty.c_cc[VERASE] = 127;
	*pid = forkpty(fd, NULL, &tty, &size);
	if (*pid < 0) { perror("forkpty"); exit(1); }
	if (*pid == 0) { setenv("TERM", "xterm", 1); execvp(argv[0], argv); perror(argv[0]); _exit(127); }
}

static int press(int fd, char key, double *took)
{
	double began = now();
	got_bytes = 0;
	if (write(fd, &key, 1) != 1) return 0;
	while (!memchr(got, key, got_bytes)) {
		if (now() - began > KEY_TIMEOUT_MS || !take(fd, began + KEY_TIMEOUT_MS)) return 0;
	}
	*took = (now() - began) * 1e3;
	for (double end = now() + GAP_MS; now() < end;) take(fd, end);
	return 1;
}

int main(int argc, char **argv)
{
	static struct option options[] = { {"ready", 1, 0, 'r'}, {"keys", 1, 0, 'k'}, {"settle-ms", 1, 0, 's'},
		{"quit", 1, 0, 'q'}, {"send", 1, 0, 'd'}, {"expect", 1, 0, 'e'}, {"stall-ms", 1, 0, 'w'}, {0, 0, 0, 0} };
	char ready[256] = "", quit[256] = "", send[256] = "", expect[256] = "";
	int ready_bytes = 0, quit_bytes = 0, send_bytes = 0, expect_bytes = 0, keys = 0, fd;
	double settle = 200, stall = 0;
	for (int o; (o = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
		if (o == 'r') ready_bytes = unescape(optarg, ready);
		else if (o == 'q') quit_bytes = unescape(optarg, quit);
		else if (o == 'k') keys = atoi(optarg);
		else if (o == 's') settle = atof(optarg);
		else if (o == 'd') send_bytes = unescape(optarg, send);
		else if (o == 'e') expect_bytes = unescape(optarg, expect);
		else if (o == 'w') stall = atof(optarg);
		else return 2;
	}
	if (optind >= argc) return 2;
	pid_t pid;
	double began = now(), ready_at = -1;
	start(&pid, &fd, argv + optind);
	int expecting = 0;
	while (now() - began < TIMEOUT_MS && ready_at < 0) {
		if (!take(fd, began + TIMEOUT_MS)) break;
		if (first < 0) continue;
		if (expecting) {
			if (memmem(got, got_bytes, expect, expect_bytes)) ready_at = now();
		} else if (!ready_bytes || memmem(got, got_bytes, ready, ready_bytes)) {
			if (!expect_bytes) ready_at = now();
			else if (write(fd, send, send_bytes) != send_bytes) break;
			expecting = expect_bytes;
		}
	}
	if (stall > 0) usleep(stall * 1e3);
	double *took = calloc(keys + 1, sizeof *took);
	int done = 0;
	if (ready_at >= 0 && keys) {
		for (double end = now() + settle; now() < end;) if (!take(fd, end)) break;
		while (done < keys && press(fd, "abdfghijkmnopqrstuvwxyz"[done % 23], &took[done])) done++;
	}
	if (write(fd, quit, quit_bytes) == quit_bytes && quit_bytes) {
		for (double end = now() + QUIT_MS; now() < end && pid; take(fd, now() + 1))
			if (waitpid(pid, NULL, WNOHANG) == pid) pid = 0;
	}
	if (pid) { kill(pid, SIGKILL); waitpid(pid, NULL, 0); }
	qsort(took, done, sizeof *took, ascending);
	printf("{\"ok\":%s,\"first_ms\":%.2f,\"ready_ms\":%.2f,\"keys\":%d,\"p50_us\":%.0f,\"p99_us\":%.0f,\"max_us\":%.0f}\n",
	       ready_at >= 0 && done == keys ? "true" : "false", first < 0 ? -1 : first - began, ready_at < 0 ? -1 : ready_at - began,
	       done, done ? took[done / 2] : 0, done ? took[done * 99 / 100] : 0, done ? took[done - 1] : 0);
	return 0;
}

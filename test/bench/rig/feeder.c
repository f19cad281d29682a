/*
 * feeder - the hosts behind N console ports: TCP listeners on 127.0.0.1 that print boot-log-like text at the pace of a
 * serial line. Every line carries its console, a sequence number, its length and a sum, so that verify.c can prove
 * from a log file that nothing was lost, doubled, swapped or damaged. The first --echo consoles echo instead.
 *
 *   stdout: EP <index> <port>   one per console, then READY; CONNECTED <seconds> once all have a peer
 *   stdin:  GO   print          STOP  finish the line that is cut at the moment; answers as STAT
 *           STAT -> STATS {json}     LIST -> CON <index> <lines> … END     end of input: exit
 *
 * cc -O2 -o feeder feeder.c
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SUBTICKS = 10, STAMP = 15, MAX_BEHIND = 1 << 20, INPUT = 0x7fffffff, LISTENER = 0x40000000 };
#define TICK 0.020 /* each console prints once a tick; a tenth of them in each part of it */

struct console {
	int index, listener, fd, blocked, connected;
	uint32_t line;		/* number of the next line */
	double printed;		/* bytes made since GO */
	uint64_t sent;
	char *wait;		/* made, and not yet taken by the peer */
	int wait_from, wait_to, wait_size;
	char rest[320];		/* of a line that a tick cut */
	int rest_from, rest_to;
};

static struct console *consoles;
static int count, echoing, ep;
static double rate = 11520, late_max;

static const char *bodies[] = {
	"BIOS build 4.17 release 2 memory test 131072 MB ok",
	"PXE: link up 1000 Mb/s full duplex, asking for an address",
	"loader: reading kernel image, 14336 KiB, entry 0x1000000",
	"Command line: root=/dev/md0 ro console=ttyS0,115200n8 panic=30",
	"e820: usable   [mem 0x0000000000100000-0x00000000bffdffff]",
	"acpi: 96 cores, 2 nodes, hpet at 0xfed00000",
	"smp: bringing up secondary processors ...",
	"pci 0000:03:00.0: [8086:1572] class 020000 BAR0 [mem 0xf6000000-0xf67fffff 64bit pref]",
	"ahci 0000:00:1f.2: 6 ports 6 Gbps 0x3f impl, flags 64bit ncq sntf pm led clo",
	"ata1: SATA link up 6.0 Gbps (SStatus 133 SControl 300)",
	"sd 0:0:0:0: [sda] 3907029168 512-byte logical blocks: 2.00 TB",
	"md: md0 active with 2 of 2 mirrors",
	"EXT4-fs (md0): mounted filesystem with ordered data mode, quota none",
	"random: crng init done",
	"\033[0;32m  OK  \033[0m Started journal service",
	"\033[0;32m  OK  \033[0m Mounted /boot, Mounted /var/log, Mounted /srv/data",
	"\033[0;32m  OK  \033[0m Reached target multi-user",
	"\033[0;1;31mFAILED\033[0m Failed to start load kernel modules, see status for details",
	"\033[0;33mDEPEND\033[0m Dependency failed for remote file systems",
	"ixgbe 0000:03:00.0 eth0: NIC link is up 10 Gbps, flow control RX/TX",
	"bond0: link status definitely up for interface eth0, 10000 Mbps full duplex",
	"nfs: server filer2 not responding, still trying",
	"nfs: server filer2 OK",
	"audit: type=1400 apparmor=STATUS operation=profile_load name=/usr/sbin/ntpd pid=611",
	"INFO: task kworker/3:1 blocked for more than 120 seconds, state D stack 0 pid 411",
	"Call trace: schedule+0x32/0x80 io_schedule+0x12/0x40 wait_on_page_bit+0x11c/0x200",
	"EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0 page 0x1ab2c offset 0x0",
	"usb 1-1.4: new high-speed device number 5 using xhci_hcd",
	"systemd[1]: Started session c17 of user operator",
};
#define BODIES (sizeof bodies / sizeof bodies[0])

static double now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static char *hex(char *to, uint32_t value, int digits)
{
	for (int i = digits; i-- > 0; value >>= 4) to[i] = "0123456789abcdef"[value & 15];
	return to + digits;
}

/* "[sssss.uuuuuu] #LLLLLLL@CCCCC text ~NNXXXX": NN length and XXXX byte sum of all from '#' up to the '~', in hex.
   By hand: at 1,000 consoles this makes 100,000 lines a second, and its CPU is taken from the server. */
static int make_line(struct console *c, double t)
{
	const char *body = bodies[((c->line * 2654435761u + c->index * 40503u) >> 7) % BODIES];
	static double stamped = -1;
	static char stamp[32];
	if (t != stamped) sprintf(stamp, "[%12.6f] ", stamped = t);
	memcpy(c->rest, stamp, STAMP);
	char *head = c->rest + STAMP, *p = head;
	*p++ = '#';
	p = hex(p, c->line++, 7);
	*p++ = '@';
	p = hex(p, c->index, 5);
	*p++ = ' ';
	p = stpcpy(p, body);
	uint32_t length = p - head, sum = 0;
	for (char *q = head; q < p; q++) sum += (unsigned char)*q;
	*p++ = '~';
	p = hex(hex(p, length, 2), sum & 0xffff, 4);
	*p++ = '\r';
	*p++ = '\n';
	return p - c->rest;
}

static void print(struct console *c, int want, double t)
{
	if (c->wait_from == c->wait_to) c->wait_from = c->wait_to = 0;
	if (c->wait_to + want > c->wait_size) {
		c->wait_size = c->wait_to + want + 1024;
		c->wait = realloc(c->wait, c->wait_size);
		if (!c->wait) { perror("realloc"); exit(1); }
	}
	c->printed += want;
	while (want > 0) {
		if (c->rest_from == c->rest_to) {
			c->rest_to = make_line(c, t);
			c->rest_from = 0;
		}
		int n = c->rest_to - c->rest_from < want ? c->rest_to - c->rest_from : want;
		memcpy(c->wait + c->wait_to, c->rest + c->rest_from, n);
		c->rest_from += n; c->wait_to += n; want -= n;
	}
}

static void watch(struct console *c, int blocked)
{
	struct epoll_event e = { .events = EPOLLIN | (blocked ? EPOLLOUT : 0), .data.u32 = c->index };
	if (c->blocked != blocked) epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
	c->blocked = blocked;
}

static void hang_up(struct console *c)
{
	close(c->fd);
	c->fd = -1;
	c->blocked = 0;
}

static void flush(struct console *c)
{
	while (c->wait_from < c->wait_to) {
		ssize_t n = send(c->fd, c->wait + c->wait_from, c->wait_to - c->wait_from, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) { watch(c, 1); return; }
		if (n < 0) { hang_up(c); return; }
		c->sent += n;
		c->wait_from += n;
	}
	watch(c, 0);
}

static void stats(void)
{
	unsigned long long bytes = 0, lines = 0, waiting = 0;
	int up = 0;
	for (int i = 0; i < count; i++) {
		bytes += consoles[i].sent;
		lines += consoles[i].line;
		waiting += consoles[i].wait_to - consoles[i].wait_from;
		up += consoles[i].fd >= 0;
	}
	printf("STATS {\"connected\":%d,\"bytes\":%llu,\"lines\":%llu,\"waiting\":%llu,\"late_ms\":%.1f}\n", up, bytes, lines,
	       waiting, late_max * 1e3);
	fflush(stdout);
}

static void listen_all(void)
{
	for (int i = 0; i < count; i++) {
		struct console *c = &consoles[i];
		struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		socklen_t size = sizeof at;
		c->index = i;
		c->fd = -1;
		c->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (c->listener < 0 || bind(c->listener, (void *)&at, sizeof at) || listen(c->listener, 16) ||
		    getsockname(c->listener, (void *)&at, &size)) { perror("listen"); exit(1); }
		struct epoll_event e = { .events = EPOLLIN, .data.u32 = LISTENER | i };
		epoll_ctl(ep, EPOLL_CTL_ADD, c->listener, &e);
		printf("EP %d %d\n", i, ntohs(at.sin_port));
	}
	puts("READY");
	fflush(stdout);
}

static int take_peer(struct console *c)
{
	int one = 1, first = !c->connected, fd = accept4(c->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) return 0;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (c->fd >= 0) hang_up(c);
	c->fd = fd;
	c->connected = 1;
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = c->index };
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
	return first;
}

static void serve(struct console *c, uint32_t events)
{
	char bytes[65536];
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		ssize_t n = read(c->fd, bytes, sizeof bytes);
		if (n == 0 || (n < 0 && errno != EAGAIN)) { hang_up(c); return; }
		if (n > 0 && c->index < echoing && write(c->fd, bytes, n) < n) hang_up(c);
	}
	if (c->fd >= 0 && events & EPOLLOUT) flush(c);
}

static int printing;
static double began, due;

static void command(const char *word)
{
	if (!strcmp(word, "GO")) {
		printing = 1;
		began = due = now();
		late_max = 0;
		for (int i = 0; i < count; i++) consoles[i].printed = 0;
	} else if (!strcmp(word, "STOP")) {
		printing = 0;
		for (int i = echoing; i < count; i++) {
			struct console *c = &consoles[i];
			if (c->rest_from < c->rest_to) print(c, c->rest_to - c->rest_from, 0);
			if (c->fd >= 0) flush(c);
		}
		stats();
	} else if (!strcmp(word, "STAT")) {
		stats();
	} else if (!strcmp(word, "LIST")) {
		for (int i = echoing; i < count; i++) printf("CON %d %u\n", i, consoles[i].line);
		puts("END");
		fflush(stdout);
	}
}

/* One part of a tick: those consoles print what is due by now. */
static void tick(int part)
{
	double t = now() - began;
	if (t + began - due > late_max) late_max = t + began - due;
	for (int i = echoing + part; i < count; i += SUBTICKS) {
		struct console *c = &consoles[i];
		int want = (int)((t + TICK) * rate - c->printed);
		if (c->fd < 0 || want <= 0 || c->wait_to - c->wait_from > MAX_BEHIND) continue;
		print(c, want < MAX_BEHIND ? want : MAX_BEHIND, t);
		if (!c->blocked) flush(c);
	}
}

int main(int argc, char **argv)
{
	static struct option options[] = { {"count", 1, 0, 'n'}, {"rate", 1, 0, 'r'}, {"echo", 1, 0, 'e'}, {0, 0, 0, 0} };
	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (o == 'n') count = atoi(optarg);
		else if (o == 'r') rate = atof(optarg);
		else if (o == 'e') echoing = atoi(optarg);
		else return 2;
	}
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	signal(SIGPIPE, SIG_IGN);
	consoles = calloc(count, sizeof *consoles);
	ep = epoll_create1(EPOLL_CLOEXEC);
	double start = now();
	int connected = 0, part = 0;
	struct epoll_event input = { .events = EPOLLIN, .data.u32 = INPUT };
	epoll_ctl(ep, EPOLL_CTL_ADD, 0, &input);
	listen_all();
	for (;;) {
		static struct epoll_event events[1024];
		double left = printing ? due - now() : -1;
		int n = epoll_wait(ep, events, 1024, !printing ? -1 : left <= 0 ? 0 : (int)(left * 1e3 + 0.999));
		for (int k = 0; k < n; k++) {
			uint32_t which = events[k].data.u32;
			if (which == INPUT) {
				char said[4096];
				ssize_t got = read(0, said, sizeof said - 1);
				if (got <= 0) return 0;
				said[got] = 0;
				for (char *word = strtok(said, "\n"); word; word = strtok(NULL, "\n")) command(word);
			} else if (which & LISTENER) {
				connected += take_peer(&consoles[which & ~LISTENER]);
				if (connected == count) {
					printf("CONNECTED %.4f\n", now() - start);
					fflush(stdout);
					connected++;
				}
			} else if (consoles[which].fd >= 0) {
				serve(&consoles[which], events[k].events);
			}
		}
		if (printing && now() >= due) {
			tick(part);
			part = (part + 1) % SUBTICKS;
			due += TICK / SUBTICKS;
			if (due < now() - TICK) due = now(); /* too late: larger pieces, not a hurry that never ends */
		}
	}
}

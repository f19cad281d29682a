/*
 * Many rack PDUs in one process: SNMP v1 and v2c agents on loopback, each with relays of its own that move a while
 * after the SET. In C, so that it costs little of what is measured: its CPU time and its requests are told on demand.
 *
 *   pdu-farm TABLE COUNT DELAY_MS      prints the ports in one line, then for each byte on stdin
 *                                      "requests cpu_us" since the last one; ends with stdin.
 *
 * TABLE: lines "OID VALUE", both BER in hex, in the order of the tree, and "R ROW OID ON OFF COMMAND_ON COMMAND_OFF":
 * row ROW shows the relay that is written at OID.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ARCS = 40, MAX_ROWS = 4096, MAX_RELAYS = 64, MAX_ANSWER = 1400, SPACE = 65536 };

struct oid { int count; uint32_t arc[MAX_ARCS]; };
struct row { struct oid oid; int size, oidSize; uint8_t bytes[256]; };
struct relay { int row; struct oid command; uint8_t on, off, commandOn, commandOff; };
struct state { uint8_t on, wanted; int64_t due; };

static struct row rows[MAX_ROWS];
static struct relay relays[MAX_RELAYS];
static struct state *states;
static int rowCount, relayCount, delayMs;
static long requests;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int decode(const uint8_t *p, int size, struct oid *oid) {
  oid->count = 0;
  uint32_t arc = 0;
  for (int i = 0; i < size; i++) {
    arc = arc << 7 | (p[i] & 0x7f);
    if (p[i] & 0x80) continue;
    if (oid->count >= MAX_ARCS) return -1;
    oid->arc[oid->count++] = arc;
    arc = 0;
  }
  return 0;
}

static int compare(const struct oid *a, const struct oid *b) {
  for (int i = 0; i < a->count && i < b->count; i++)
    if (a->arc[i] != b->arc[i]) return a->arc[i] < b->arc[i] ? -1 : 1;
  return a->count - b->count;
}

static int unhex(const char *text, uint8_t *out, int space) {
  int n = 0;
  for (unsigned byte; n < space && sscanf(text, "%2x", &byte) == 1; text += 2) out[n++] = byte;
  return n;
}

static void load(const char *path) {
  static char line[4096], one[2048], other[2048];
  FILE *file = fopen(path, "r");
  if (!file) { perror(path); exit(1); }
  while (fgets(line, sizeof line, file)) {
    unsigned row, on, off, commandOn, commandOff;
    if (sscanf(line, "R %u %2047s %u %u %u %u", &row, one, &on, &off, &commandOn, &commandOff) == 6) {
      struct relay *relay = &relays[relayCount++];
      uint8_t oid[128];
      int size = unhex(one, oid, sizeof oid);
      relay->row = row, relay->on = on, relay->off = off;
      relay->commandOn = commandOn, relay->commandOff = commandOff;
      decode(oid + 2, size - 2, &relay->command);
    } else if (sscanf(line, "%2047s %2047s", one, other) == 2) {
      struct row *to = &rows[rowCount++];
      to->oidSize = unhex(one, to->bytes, 128);
      decode(to->bytes + 2, to->oidSize - 2, &to->oid);
      to->size = to->oidSize + unhex(other, to->bytes + to->oidSize, 128);
    }
  }
  fclose(file);
}

/* The first row at or behind an OID. */
static int find(const struct oid *oid, int behind) {
  int low = 0, high = rowCount;
  while (low < high) {
    int middle = (low + high) / 2, order = compare(&rows[middle].oid, oid);
    if (order < 0 || (behind && order == 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

static int header(uint8_t *to, uint8_t tag, int size) {
  to[0] = tag, to[1] = 0x82, to[2] = size >> 8, to[3] = size & 255;
  return 4;
}

/* One object, its value as this PDU's relay stands. */
static int put(uint8_t *to, int row, struct state *mine) {
  struct row *from = &rows[row];
  int at = header(to, 0x30, from->size);
  memcpy(to + at, from->bytes, from->size);
  for (int i = 0; i < relayCount; i++)
    if (relays[i].row == row) {
      struct state *state = &mine[i];
      if (state->due && now() >= state->due) state->on = state->wanted, state->due = 0;
      to[at + from->size - 1] = state->on ? relays[i].on : relays[i].off;
    }
  return at + from->size;
}

static int missing(uint8_t *to, const uint8_t *oid, int size, uint8_t tag) {
  int at = header(to, 0x30, size + 2);
  memcpy(to + at, oid, size);
  to[at + size] = tag, to[at + size + 1] = 0;
  return at + size + 2;
}

/* Size of what stands behind a tag, and where it begins. */
static int open_(const uint8_t **p, const uint8_t *end, uint8_t *tag) {
  if (end - *p < 2) return -1;
  *tag = *(*p)++;
  int size = *(*p)++;
  if (size & 0x80) {
    int bytes = size & 0x7f;
    for (size = 0; bytes > 0 && *p < end; bytes--) size = size << 8 | *(*p)++;
  }
  return size >= 0 && size <= end - *p ? size : -1;
}

static long number(const uint8_t **p, const uint8_t *end) {
  uint8_t tag;
  int size = open_(p, end, &tag);
  long value = 0;
  for (int i = 0; i < size; i++) value = value << 8 | *(*p)++;
  return value;
}

struct asked { struct oid oid; const uint8_t *bytes; int size; long value; };

static int parse(const uint8_t *p, const uint8_t *end, struct asked *asked, int space) {
  int count = 0;
  uint8_t tag;
  while (p < end && count < space) {
    int size = open_(&p, end, &tag);
    if (size < 0) return -1;
    const uint8_t *next = p + size, *begin = p;
    int oid = open_(&p, next, &tag);
    if (oid < 0 || decode(p, oid, &asked[count].oid) < 0) return -1;
    p += oid;
    asked[count].bytes = begin, asked[count].size = p - begin;
    asked[count++].value = number(&p, next);
    p = next;
  }
  return count;
}

static int set(const struct asked *asked, struct state *mine) {
  for (int i = 0; i < relayCount; i++) {
    struct relay *relay = &relays[i];
    if (compare(&asked->oid, &relay->command) != 0) continue;
    if (asked->value != relay->commandOn && asked->value != relay->commandOff) return 10;
    mine[i].wanted = asked->value == relay->commandOn;
    mine[i].due = now() + delayMs;
    return 0;
  }
  return 17;
}

/* The first `once` objects are not repeated. */
static int walk(uint8_t *to, struct asked *asked, int count, long once, long repeat, struct state *mine) {
  int at = 0;
  int from[64];
  for (int i = 0; i < count && i < 64; i++) from[i] = find(&asked[i].oid, 1);
  for (long n = 0; n < repeat; n++)
    for (int i = n > 0 ? once : 0; i < count && i < 64; i++) {
      if (at > MAX_ANSWER && repeat > 1) return at;
      at += from[i] < rowCount ? put(to + at, from[i]++, mine) : missing(to + at, asked[i].bytes, asked[i].size, 0x82);
    }
  return at;
}

/* Answers one request; 0: it made no sense. */
static int answer(const uint8_t *request, int size, uint8_t *to, struct state *mine) {
  static uint8_t objects[SPACE], pdu[SPACE];
  static struct asked asked[128];
  const uint8_t *p = request, *end = request + size;
  uint8_t tag, kind;
  if (open_(&p, end, &tag) < 0) return 0;
  const uint8_t *head = p;
  number(&p, end);
  int community = open_(&p, end, &tag);
  if (community < 0) return 0;
  p += community;
  int headSize = p - head, inner = open_(&p, end, &kind);
  if (inner < 0) return 0;
  const uint8_t *id = p;
  number(&p, end);
  int idSize = p - id;
  long once = number(&p, end);
  long repeat = number(&p, end);
  int list = open_(&p, end, &tag), count = list < 0 ? -1 : parse(p, p + list, asked, 128);
  if (count < 0) return 0;
  int at = 0, status = 0;
  if (kind == 0xa0)
    for (int i = 0; i < count; i++) {
      int row = find(&asked[i].oid, 0);
      int here = row < rowCount && compare(&rows[row].oid, &asked[i].oid) == 0;
      at += here ? put(objects + at, row, mine) : missing(objects + at, asked[i].bytes, asked[i].size, 0x81);
    }
  else if (kind == 0xa1 || kind == 0xa5)
    at = walk(objects, asked, count, once < 0 ? 0 : once, kind == 0xa5 ? repeat : 1, mine);
  else if (kind == 0xa3) {
    for (int i = 0; i < count && !status; i++) status = set(&asked[i], mine);
    memcpy(objects, p, list);
    at = list;
  } else return 0;
  int body = 0;
  memcpy(pdu, id, idSize);
  body += idSize;
  uint8_t codes[] = {2, 1, status, 2, 1, status ? 1 : 0};
  memcpy(pdu + body, codes, sizeof codes);
  body += sizeof codes;
  body += header(pdu + body, 0x30, at);
  memcpy(pdu + body, objects, at);
  body += at;
  int out = header(to, 0x30, headSize + 4 + body);
  memcpy(to + out, head, headSize);
  out += headSize;
  out += header(to + out, 0xa2, body);
  memcpy(to + out, pdu, body);
  return out + body;
}

static void tell(void) {
  static long before;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  long used = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
  printf("%ld %ld\n", requests, used - before);
  fflush(stdout);
  requests = 0, before = used;
}

int main(int argc, char **argv) {
  if (argc != 4) return fprintf(stderr, "usage: pdu-farm TABLE COUNT DELAY_MS\n"), 64;
  load(argv[1]);
  int count = atoi(argv[2]), poll = epoll_create1(0);
  delayMs = atoi(argv[3]);
  states = calloc((size_t)count * MAX_RELAYS, sizeof *states);
  int *sockets = calloc(count, sizeof *sockets);
  for (int n = 0; n < count; n++) {
    for (int i = 0; i < relayCount; i++) states[n * MAX_RELAYS + i].on = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    sockets[n] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (sockets[n] < 0 || bind(sockets[n], (void *)&at, sizeof at) < 0) return perror("bind"), 1;
    getsockname(sockets[n], (void *)&at, &size);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = n};
    epoll_ctl(poll, EPOLL_CTL_ADD, sockets[n], &event);
    printf("%d%c", ntohs(at.sin_port), n + 1 < count ? ' ' : '\n');
  }
  fflush(stdout);
  struct epoll_event end = {.events = EPOLLIN, .data.u32 = UINT32_MAX}, events[64];
  epoll_ctl(poll, EPOLL_CTL_ADD, 0, &end);
  static uint8_t request[SPACE], response[SPACE];
  for (;;) {
    int ready = epoll_wait(poll, events, 64, -1);
    if (ready < 0 && errno != EINTR) return 1;
    for (int i = 0; i < ready; i++) {
      uint32_t n = events[i].data.u32;
      if (n == UINT32_MAX) {
        char byte;
        if (read(0, &byte, 1) <= 0) return 0;
        tell();
        continue;
      }
      struct sockaddr_in from;
      socklen_t size = sizeof from;
      ssize_t got;
      while ((got = recvfrom(sockets[n], request, sizeof request, 0, (void *)&from, &size)) > 0) {
        requests++;
        int out = answer(request, got, response, &states[n * MAX_RELAYS]);
        if (out) sendto(sockets[n], response, out, 0, (void *)&from, size);
      }
    }
  }
}

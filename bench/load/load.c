/* Socket.IO load generator: one thread, epoll, no dependencies but libc.
 *
 * It speaks WebSocket (RFC 6455), Engine.IO 4 and Socket.IO 5 as a client, and checks what it receives: every message
 * reaches every member once and in order, every ack says yes. A server that loses or reorders anything fails the run.
 *
 * Life of a run: connect, join, warm up; print "ready"; wait for a line on stdin; work; print one line of JSON; hold
 * the connections until stdin closes. So whoever started it can read the server's CPU time and memory on both sides of
 * the work. Exit status 0 says that there were no errors.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

typedef unsigned char byte;

#define SECOND UINT64_C(1000000000)
#define NAME_SIZE 128
#define READ_SIZE (256 * 1024)
#define PATIENCE (15 * SECOND) /* without any progress for so long, what is missing is lost */

/* ---------------------------------------------------------------------------------------------- settings */

enum mode { MESSAGES, IDLE, CONNECT, HEARTBEAT };

/* The defaults are the bench's room server; another dialect replaces the templates. In them $ROOM is the room's name,
 * $N the message's number, $RUN a text unique to this run, $PAD the filling. */
static struct settings {
  enum mode mode;
  int port;
  int rooms, members, senders;
  int window;       /* messages under way in a room */
  bool burst;       /* refill the window only when it is empty */
  int rate;         /* messages a second over all rooms, 0: closed loop */
  int size;         /* bytes of filling */
  double seconds, warmup, settle;
  long limit;       /* messages, connects: stop there if it comes before the time; 0: no limit */
  int base;         /* idle: connections opened before "ready" */
  int connecting;   /* connections being opened at once */
  bool upgrade;     /* connect by polling and upgrade, as stock clients do */
  const char *people; /* file of "room name TAB auth payload" lines, one a connection, those of a room together */
  const char *join, *send, *push, *marker, *acked;
} settings = {
    .mode = MESSAGES, .rooms = 1, .members = 10, .senders = 1, .window = 1, .size = 200, .seconds = 1, .warmup = 0.5,
    .settle = 1, .base = 100, .connecting = 32,
    .join = "[\"join\",\"$ROOM\"]",
    .send = "[\"message\",{\"n\":$N,\"room\":\"$ROOM\",\"text\":\"$PAD\"}]",
    .push = "42[\"message\",",
    .marker = "\"n\":",
    .acked = "[{\"ok\":true",
};

/* ------------------------------------------------------------------------------------------------- state */

struct bytes {
  byte *data;
  size_t length, capacity;
};

enum kind { WEBSOCKET, POLL, POST };

struct client;

struct stream { /* one TCP connection */
  int fd;
  enum kind kind;
  bool open;      /* WebSocket: 101 was answered */
  bool asking;    /* HTTP: a response is due */
  bool connected; /* TCP: the first writable event came */
  struct bytes in, out;
  struct client *client;
};

struct room;

struct client {
  struct stream websocket, poll, post;
  struct room *room;
  const char *auth;
  char sid[NAME_SIZE];
  uint64_t next;       /* number of the message that is due */
  uint64_t started_at; /* connect */
  bool named;          /* CONNECT was answered */
  bool pausing, upgraded;
  bool joined, closing;
};

struct message {
  uint64_t number, sent_at;
  int due; /* deliveries and ack still to come; 0: the slot is free */
  bool ack_due;
};

struct room {
  char name[NAME_SIZE];
  struct client **members;
  int size;
  uint64_t sent;
  int under_way;
  struct message *window;
  bool unsent; /* stands in the list of rooms whose senders have something to write */
};

struct histogram {
  uint64_t counts[64 * 32];
  uint64_t total;
};

static struct client *clients;
static int client_count, ready_count;
static struct room *rooms, **unsent_rooms;
static int unsent_count;
static int epoll_fd, timer_fd;
static byte read_buffer[READ_SIZE];

static struct {
  bool running;
  uint64_t deadline;
  uint64_t sent, under_way, messages, deliveries, connects, pings, held_back; /* sent: messages or connects begun */
  struct histogram delivery, completion;
  uint64_t progress_at;
  int ping_interval_ms;
} run;

static uint64_t errors;
static char first_error[256];
static char run_name[24];
static char *padding;

/* ------------------------------------------------------------------------------------------------- basics */

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static double cpu_seconds(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

__attribute__((format(printf, 1, 2))) static void fault(const char *format, ...) {
  if (errors++) return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(first_error, sizeof first_error, format, arguments);
  va_end(arguments);
}

static void *must(void *allocated) {
  if (allocated) return allocated;
  fputs("load: out of memory\n", stderr);
  exit(3);
}

static void append(struct bytes *to, const void *data, size_t length) {
  if (to->length + length > to->capacity) {
    to->capacity = (to->length + length) * 2;
    to->data = must(realloc(to->data, to->capacity));
  }
  memcpy(to->data + to->length, data, length);
  to->length += length;
}

/* Idle connections must cost little, so an emptied buffer is given back. */
static void consume(struct bytes *from, size_t length) {
  from->length -= length;
  if (from->length) {
    memmove(from->data, from->data + length, from->length);
  } else {
    free(from->data);
    *from = (struct bytes){0};
  }
}

/* 32 steps a power of two: a bucket is 3 % wide. */
static void record(struct histogram *h, uint64_t ns) {
  int power = 63 - __builtin_clzll(ns | 32);
  h->counts[power * 32 + (int)((ns >> (power - 5)) & 31)]++;
  h->total++;
}

static double percentile_us(const struct histogram *h, double share) {
  uint64_t rank = (uint64_t)((double)h->total * share), seen = 0;
  for (int i = 5 * 32; i < 64 * 32; i++) {
    seen += h->counts[i];
    if (seen > rank) return (double)((uint64_t)(32 + i % 32) << (i / 32 - 5)) / 1e3;
  }
  return 0;
}

/* ------------------------------------------------------------------------------------------------ streams */

static void watch(struct stream *s, int operation, bool writable) {
  struct epoll_event event = {.events = EPOLLIN | (writable ? EPOLLOUT : 0), .data.ptr = s};
  epoll_ctl(epoll_fd, operation, s->fd, &event);
}

static void stream_open(struct stream *s, enum kind kind, struct client *client) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)settings.port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  *s = (struct stream){.kind = kind, .client = client};
  s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (s->fd < 0 || (connect(s->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS)) {
    fprintf(stderr, "load: cannot connect: %s\n", strerror(errno));
    exit(3);
  }
  setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  watch(s, EPOLL_CTL_ADD, true);
}

static void stream_close(struct stream *s) {
  if (s->fd <= 0) return;
  close(s->fd);
  free(s->in.data);
  free(s->out.data);
  *s = (struct stream){.fd = -1};
}

static void stream_flush(struct stream *s) {
  if (s->fd <= 0 || !s->connected || !s->out.length) return;
  ssize_t written = send(s->fd, s->out.data, s->out.length, MSG_NOSIGNAL);
  if (written < 0 && errno != EAGAIN) {
    if (!s->client->closing) fault("write failed: %s", strerror(errno));
    written = (ssize_t)s->out.length;
  }
  if (written > 0) consume(&s->out, (size_t)written);
  if (s->out.length) watch(s, EPOLL_CTL_MOD, true);
}

static void http_ask(struct stream *s, const char *method, const char *query, const char *headers, const char *body) {
  char request[4096];
  int length = snprintf(request, sizeof request,
                        "%s /socket.io/?EIO=4&transport=%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n%s", method, query,
                        settings.port, headers, body);
  append(&s->out, request, (size_t)length);
  s->asking = true;
  stream_flush(s);
}

/* The key is RFC 6455's own example, so the answer to expect is known without SHA-1. */
#define UPGRADE_HEADERS                                                                                   \
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"                            \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define UPGRADE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static void websocket_open(struct client *c) {
  char query[NAME_SIZE + 32];
  snprintf(query, sizeof query, c->sid[0] ? "websocket&sid=%s" : "websocket", c->sid);
  stream_open(&c->websocket, WEBSOCKET, c);
  http_ask(&c->websocket, "GET", query, UPGRADE_HEADERS, "");
}

/* Appends one masked frame; the caller flushes. */
static void frame(struct stream *s, int opcode, const char *payload, size_t length) {
  static const byte key[8] = {0x37, 0xfa, 0x21, 0x3d, 0x37, 0xfa, 0x21, 0x3d};
  byte header[8] = {(byte)(0x80 | opcode)};
  size_t size = 2;
  if (length < 126) {
    header[1] = (byte)(0x80 | length);
  } else {
    header[1] = 0x80 | 126;
    header[2] = (byte)(length >> 8);
    header[3] = (byte)length;
    size = 4;
  }
  memcpy(header + size, key, 4);
  append(&s->out, header, size + 4);
  size_t start = s->out.length;
  append(&s->out, payload, length);
  byte *masked = s->out.data + start;
  size_t i = 0;
  for (; i + 8 <= length; i += 8) {
    uint64_t word, mask;
    memcpy(&word, masked + i, 8);
    memcpy(&mask, key, 8);
    word ^= mask;
    memcpy(masked + i, &word, 8);
  }
  for (; i < length; i++) masked[i] ^= key[i & 3];
}

static void say(struct client *c, const char *packet) {
  frame(&c->websocket, 1, packet, strlen(packet));
  stream_flush(&c->websocket);
}

/* ----------------------------------------------------------------------------------------------- sending */

/* Fills a template in; gives its length. */
static size_t expand(char *out, size_t size, const char *template, const struct room *room, uint64_t number) {
  char *at = out, *end = out + size;
  for (const char *t = template; *t && at < end - 1;) {
    size_t left = (size_t)(end - at);
    int wrote = 1;
    if (*t != '$') {
      *at = *t++;
    } else if (!strncmp(t, "$ROOM", 5)) {
      wrote = snprintf(at, left, "%s", room->name), t += 5;
    } else if (!strncmp(t, "$RUN", 4)) {
      wrote = snprintf(at, left, "%s", run_name), t += 4;
    } else if (!strncmp(t, "$PAD", 4)) {
      wrote = snprintf(at, left, "%s", padding), t += 4;
    } else if (!strncmp(t, "$N", 2)) {
      wrote = snprintf(at, left, "%llu", (unsigned long long)number), t += 2;
    } else {
      *at = *t++;
    }
    at += wrote;
  }
  return (size_t)(at - out);
}

static void send_message(struct room *room, uint64_t at) {
  static char packet[20000];
  uint64_t number = room->sent++;
  struct message *m = &room->window[number % (uint64_t)settings.window];
  *m = (struct message){.number = number, .sent_at = at, .due = room->size + 1, .ack_due = true};
  room->under_way++;
  run.under_way++;
  run.sent++;
  size_t length = (size_t)snprintf(packet, sizeof packet, "42%llu", (unsigned long long)number);
  length += expand(packet + length, sizeof packet - length, settings.send, room, number);
  frame(&room->members[number % (uint64_t)settings.senders]->websocket, 1, packet, length);
}

static bool may_send(uint64_t at) {
  return run.running && at < run.deadline && (!settings.limit || run.sent < (uint64_t)settings.limit);
}

/* What a room has to say is written once a turn, so that a window refilled at once is sent at once. */
static void write_later(struct room *room) {
  if (room->unsent) return;
  room->unsent = true;
  unsent_rooms[unsent_count++] = room;
}

static void write_now(void) {
  for (; unsent_count; unsent_count--) {
    struct room *room = unsent_rooms[unsent_count - 1];
    room->unsent = false;
    for (int i = 0; i < settings.senders; i++) stream_flush(&room->members[i]->websocket);
  }
}

/* Closed loop: sends whatever the window has place for. */
static void refill(struct room *room, uint64_t at) {
  if (settings.rate || (settings.burst && room->under_way)) return;
  while (may_send(at) && !room->window[room->sent % (uint64_t)settings.window].due) {
    send_message(room, at);
    write_later(room);
  }
}

/* Open loop: so many messages are due now, over the rooms in turn. A room whose window is full holds its one back. */
static void send_due(uint64_t count, uint64_t at) {
  static int turn;
  for (; count && may_send(at); count--) {
    struct room *room = &rooms[turn++ % settings.rooms];
    if (room->window[room->sent % (uint64_t)settings.window].due) {
      run.held_back++;
      continue;
    }
    send_message(room, at);
    write_later(room);
  }
}

/* ---------------------------------------------------------------------------------------------- receiving */

static void one_done(struct room *room, struct message *m, uint64_t at) {
  if (--m->due) return;
  room->under_way--;
  run.under_way--;
  run.messages++;
  if (!settings.burst || !room->under_way) record(&run.completion, at - m->sent_at);
  refill(room, at);
}

/* Where the marker stood last time, it most likely stands again. */
static bool number_of(const char *payload, size_t length, uint64_t *number) {
  static size_t usual;
  static size_t marker_length;
  if (!marker_length) marker_length = strlen(settings.marker);
  if (usual + marker_length >= length || memcmp(payload + usual, settings.marker, marker_length)) {
    const char *found = memmem(payload, length, settings.marker, marker_length);
    if (!found) return false;
    usual = (size_t)(found - payload);
  }
  const char *at = payload + usual + marker_length, *end = payload + length;
  if (at == end || *at < '0' || *at > '9') return false;
  for (*number = 0; at < end && *at >= '0' && *at <= '9'; at++) *number = *number * 10 + (uint64_t)(*at - '0');
  return true;
}

static void delivered(struct client *c, const char *payload, size_t length, uint64_t at) {
  uint64_t number;
  static size_t push_length;
  if (!push_length) push_length = strlen(settings.push);
  if (length < push_length || memcmp(payload, settings.push, push_length)) return; /* some other event */
  if (!number_of(payload, length, &number)) {
    fault("a push without a number: %.*s", (int)(length < 120 ? length : 120), payload);
    return;
  }
  struct message *m = &c->room->window[number % (uint64_t)settings.window];
  if (number != c->next || m->number != number || !m->due) {
    fault("message %llu arrived where %llu was due", (unsigned long long)number, (unsigned long long)c->next);
    return;
  }
  if (length < (size_t)settings.size || payload[length - 1] != ']') fault("message %llu is cut", (unsigned long long)number);
  c->next++;
  run.deliveries++;
  record(&run.delivery, at - m->sent_at);
  one_done(c->room, m, at);
}

static void connect_done(struct client *c, uint64_t at);
static void leave(struct client *c);

static void acked(struct client *c, const char *payload, size_t length, uint64_t at) {
  char *rest;
  uint64_t id = strtoull(payload + 2, &rest, 10);
  size_t left = length - (size_t)(rest - payload);
  if (!c->joined) {
    if (left < 6 || memcmp(rest, "[\"ok\"]", 6)) fault("join was answered %.*s", (int)left, rest);
    c->joined = true;
    connect_done(c, at);
    return;
  }
  struct message *m = &c->room->window[id % (uint64_t)settings.window];
  if (!m->ack_due || m->number != id) {
    fault("an ack nobody waits for: %llu", (unsigned long long)id);
  } else if (left < strlen(settings.acked) || memcmp(rest, settings.acked, strlen(settings.acked))) {
    fault("message %llu was refused: %.*s", (unsigned long long)id, (int)(left < 120 ? left : 120), rest);
  } else {
    m->ack_due = false;
    one_done(c->room, m, at);
  }
}

static void send_connect(struct client *c) {
  char packet[2048];
  snprintf(packet, sizeof packet, "40%s", c->auth);
  if (c->upgraded || !settings.upgrade) {
    say(c, packet);
    return;
  }
  char headers[128];
  char query[NAME_SIZE + 32];
  snprintf(headers, sizeof headers, "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n", strlen(packet));
  snprintf(query, sizeof query, "polling&sid=%s", c->sid);
  stream_open(&c->post, POST, c);
  http_ask(&c->post, "POST", query, headers, packet);
}

static void poll_again(struct client *c) {
  char query[NAME_SIZE + 32];
  snprintf(query, sizeof query, "polling&sid=%s", c->sid);
  http_ask(&c->poll, "GET", query, "", "");
}

/* CONNECT was answered and, where one was due, the upgrade is over. */
static void settled(struct client *c, uint64_t at) {
  if (!c->named || (settings.upgrade && !c->upgraded) || c->joined) return;
  if (settings.join[0] && (settings.mode == MESSAGES || settings.upgrade)) {
    char packet[512] = "420";
    packet[3 + expand(packet + 3, sizeof packet - 4, settings.join, c->room, 0)] = 0;
    say(c, packet);
  } else {
    c->joined = true;
    connect_done(c, at);
  }
}

/* The transport that takes over is told so once nothing is under way on the old one. */
static void finish_upgrade(struct client *c, uint64_t at) {
  if (!c->pausing || c->upgraded || c->poll.asking || c->post.asking) return;
  say(c, "5");
  c->upgraded = true;
  stream_close(&c->poll);
  stream_close(&c->post);
  settled(c, at);
}

static void opened_session(struct client *c, const char *payload, size_t length) {
  char text[512];
  snprintf(text, sizeof text, "%.*s", (int)length, payload);
  const char *sid = strstr(text, "\"sid\":\""), *interval = strstr(text, "\"pingInterval\":");
  if (!sid || !interval || sscanf(sid + 7, "%127[^\"]", c->sid) != 1) {
    fault("not an open packet: %s", text);
    return;
  }
  run.ping_interval_ms = atoi(interval + 15);
  send_connect(c);
  if (settings.upgrade) {
    poll_again(c);
    websocket_open(c);
  }
}

static void named(struct client *c, uint64_t at) {
  c->named = true;
  settled(c, at);
}

static void packet(struct client *c, const char *p, size_t length, uint64_t at) {
  if (length >= 2 && p[0] == '4' && p[1] == '2') {
    delivered(c, p, length, at);
  } else if (length >= 2 && p[0] == '4' && p[1] == '3') {
    acked(c, p, length, at);
  } else if (length >= 2 && p[0] == '4' && p[1] == '0') {
    named(c, at);
  } else if (length == 1 && p[0] == '2') {
    run.pings++;
    say(c, "3");
  } else if (length && p[0] == '0') {
    opened_session(c, p, length);
  } else if (length == 6 && !memcmp(p, "3probe", 6)) {
    c->pausing = true;
    finish_upgrade(c, at);
  } else if (!(length == 1 && p[0] == '6') && !c->closing) {
    fault("unexpected packet: %.*s", (int)(length < 120 ? length : 120), p);
  }
}

/* Takes whole frames from the front of the data; gives the bytes used. */
static size_t take_frames(struct client *c, const byte *data, size_t length, uint64_t at) {
  size_t used = 0;
  while (length - used >= 2 && c->websocket.fd > 0) {
    const byte *p = data + used;
    size_t header = 2, size = p[1] & 127;
    if (size == 126) {
      if (length - used < 4) break;
      size = (size_t)p[2] << 8 | p[3];
      header = 4;
    } else if (size == 127) {
      if (length - used < 10) break;
      size = (size_t)p[6] << 24 | (size_t)p[7] << 16 | (size_t)p[8] << 8 | p[9];
      header = 10;
    }
    if (length - used < header + size) break;
    used += header + size;
    if (p[0] == 0x81) {
      packet(c, (const char *)p + header, size, at);
    } else if (p[0] == 0x89) {
      frame(&c->websocket, 0xA, (const char *)p + header, size);
      stream_flush(&c->websocket);
    } else if (p[0] == 0x88 && c->closing) {
      leave(c);
    } else if (p[0] == 0x88 && size >= 2) {
      const unsigned char *text = p + header;
      fault("closed by the server: %d %.*s", text[0] << 8 | text[1], (int)size - 2, text + 2);
    } else {
      fault("unexpected frame %02x", p[0]);
      return length;
    }
  }
  return used;
}

/* Decodes a chunked body into place; false while it is not whole. */
static bool take_chunks(const char *data, size_t length, char *body, size_t *body_length, size_t *used) {
  size_t at = 0;
  *body_length = 0;
  for (;;) {
    const char *line_end = memmem(data + at, length - at, "\r\n", 2);
    if (!line_end) return false;
    size_t size = strtoul(data + at, NULL, 16);
    at = (size_t)(line_end - data) + 2;
    if (length - at < size + 2 || *body_length + size > READ_SIZE) return false;
    memcpy(body + *body_length, data + at, size);
    *body_length += size;
    at += size + 2;
    if (!size) break;
  }
  *used = at;
  return true;
}

static void answered(struct stream *s, const char *body, size_t length, uint64_t at) {
  struct client *c = s->client;
  s->asking = false;
  if (s->kind == POST) {
    finish_upgrade(c, at);
    return;
  }
  for (const char *end = body + length; body < end;) {
    const char *stop = memchr(body, 0x1e, (size_t)(end - body));
    if (!stop) stop = end;
    packet(c, body, (size_t)(stop - body), at);
    body = stop + 1;
  }
  finish_upgrade(c, at);
  if (!c->upgraded && !s->asking && !c->pausing) poll_again(c);
}

/* Takes one HTTP response from what the stream has read; false while it is not whole. */
static bool take_response(struct stream *s, uint64_t at) {
  static char head[8192], body[READ_SIZE];
  const char *data = (const char *)s->in.data;
  const char *end = memmem(data, s->in.length, "\r\n\r\n", 4);
  if (!end) return false;
  size_t head_length = (size_t)(end - data) + 4, length = 0, used = 0;
  snprintf(head, sizeof head, "%.*s", (int)head_length, data);
  if (s->kind == WEBSOCKET) {
    if (strncmp(head, "HTTP/1.1 101", 12) || !strcasestr(head, "upgrade: websocket") || !strstr(head, UPGRADE_ACCEPT)) {
      fault("the WebSocket handshake was answered %.60s", head);
      return false;
    }
    s->open = true;
    consume(&s->in, head_length);
    if (settings.upgrade) say(s->client, "2probe");
    return true;
  }
  if (strncmp(head, "HTTP/1.1 200", 12)) {
    fault("polling was answered %.60s", head);
    return false;
  }
  const char *sized = strcasestr(head, "content-length:");
  if (sized) {
    length = used = strtoul(sized + 15, NULL, 10);
    if (s->in.length - head_length < length) return false;
    memcpy(body, data + head_length, length < sizeof body ? length : sizeof body);
  } else if (!take_chunks(data + head_length, s->in.length - head_length, body, &length, &used)) {
    return false;
  }
  consume(&s->in, head_length + used);
  answered(s, body, length, at);
  return true;
}

static void stream_ended(struct stream *s) {
  struct client *c = s->client;
  if (s->kind == WEBSOCKET && c->closing) {
    leave(c);
    return;
  }
  if (s->kind == WEBSOCKET || s->asking) fault("the server closed a connection");
  stream_close(s);
}

static void stream_read(struct stream *s) {
  for (;;) {
    ssize_t got = recv(s->fd, read_buffer, sizeof read_buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      stream_ended(s);
      return;
    }
    uint64_t at = now();
    run.progress_at = at;
    if (s->kind == WEBSOCKET && s->open && !s->in.length) { /* the hot path: parse in place, keep only a rest */
      size_t used = take_frames(s->client, read_buffer, (size_t)got, at);
      if (s->fd > 0 && used < (size_t)got) append(&s->in, read_buffer + used, (size_t)got - used);
    } else {
      append(&s->in, read_buffer, (size_t)got);
      while (s->fd > 0 && !s->open && s->in.length && take_response(s, at)) continue;
      if (s->fd > 0 && s->open && s->in.length) {
        struct bytes in = s->in;
        s->in = (struct bytes){0};
        size_t used = take_frames(s->client, in.data, in.length, at);
        if (s->fd > 0 && used < in.length) append(&s->in, in.data + used, in.length - used);
        free(in.data);
      }
    }
    if (s->fd <= 0 || (size_t)got < sizeof read_buffer) return;
  }
}

/* ----------------------------------------------------------------------------------------------- connecting */

static void client_open(struct client *c) {
  c->started_at = now();
  if (!settings.upgrade) {
    websocket_open(c);
    return;
  }
  stream_open(&c->poll, POLL, c);
  http_ask(&c->poll, "GET", "polling", "", "");
}

static void client_reset(struct client *c) {
  struct room *room = c->room;
  const char *auth = c->auth;
  stream_close(&c->websocket);
  stream_close(&c->poll);
  stream_close(&c->post);
  *c = (struct client){.room = room, .auth = auth};
}

/* A churning client says goodbye as stock clients do, DISCONNECT and a close frame, and waits for the answer, so that
 * the server's work of closing lies within the window that is measured. */
static void connect_done(struct client *c, uint64_t at) {
  ready_count++;
  if (settings.mode != CONNECT) return;
  record(&run.completion, at - c->started_at);
  c->closing = true;
  frame(&c->websocket, 1, "41", 2);
  frame(&c->websocket, 8, "\x03\xe8", 2);
  stream_flush(&c->websocket);
}

static void leave(struct client *c) {
  run.connects++;
  run.under_way--;
  client_reset(c);
  if (may_send(now())) {
    run.sent++;
    run.under_way++;
    client_open(c);
  }
}

/* Waits for events and handles them. */
static void turn(int timeout_ms) {
  static struct epoll_event events[1024];
  int count = epoll_wait(epoll_fd, events, 1024, timeout_ms);
  for (int i = 0; i < count; i++) {
    struct stream *s = events[i].data.ptr;
    uint64_t ticks;
    if (!s) {
      if (read(timer_fd, &ticks, sizeof ticks) == sizeof ticks) send_due(ticks, now());
      continue;
    }
    if (s->fd > 0 && events[i].events & EPOLLOUT) {
      s->connected = true;
      watch(s, EPOLL_CTL_MOD, false);
      stream_flush(s);
    }
    if (s->fd > 0 && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) stream_read(s);
  }
  write_now();
}

/* -------------------------------------------------------------------------------------------------- phases */

static bool stuck(void) {
  if (now() - run.progress_at < PATIENCE) return false;
  fault("nothing came for %d s; %llu under way", (int)(PATIENCE / SECOND), (unsigned long long)run.under_way);
  return true;
}

static void open_clients(int upto) {
  static int opened;
  run.progress_at = now();
  while (ready_count < upto && !errors && !stuck()) {
    for (; opened < upto && opened - ready_count < settings.connecting; opened++) client_open(&clients[opened]);
    turn(100);
  }
}

static void rest(double seconds) {
  uint64_t until = now() + (uint64_t)(seconds * (double)SECOND);
  while (now() < until && !errors) turn(10);
}

static void set_timer(int rate) {
  struct itimerspec every = {0};
  if (rate) every.it_interval.tv_nsec = every.it_value.tv_nsec = (long)(SECOND / (uint64_t)rate);
  timerfd_settime(timer_fd, 0, &every, NULL);
}

static void begin_work(uint64_t at) {
  if (settings.mode == CONNECT) {
    for (int i = 0; i < client_count && may_send(at); i++, run.sent++, run.under_way++) client_open(&clients[i]);
  } else if (settings.rate) {
    set_timer(settings.rate);
  } else {
    for (int i = 0; i < settings.rooms; i++) refill(&rooms[i], at);
  }
  write_now();
}

/* Sends until time or limit is reached, then waits until all that was sent has arrived. */
static void work(double seconds) {
  uint64_t at = run.progress_at = now();
  run.running = true;
  run.deadline = at + (uint64_t)(seconds * (double)SECOND);
  begin_work(at);
  while (!errors && (run.under_way || may_send(now())) && !stuck()) turn(10);
  if (settings.rate) set_timer(0);
  run.running = false;
}

static void check_heartbeats(double seconds) {
  if (!run.ping_interval_ms) {
    fault("the server names no ping interval");
    return;
  }
  double due = seconds * 1000 / run.ping_interval_ms * client_count;
  if ((double)run.pings < due * 0.7) fault("%llu pings where %.0f were due", (unsigned long long)run.pings, due);
}

static void prepare(void) {
  if (settings.mode == IDLE) {
    open_clients(settings.base);
  } else if (settings.mode != CONNECT) {
    open_clients(client_count);
  }
  if (settings.mode == HEARTBEAT) {
    rest(settings.warmup);
  } else if (settings.mode != IDLE && settings.warmup > 0) {
    work(settings.warmup);
  }
}

static void perform(void) {
  if (settings.mode == IDLE) {
    open_clients(client_count);
    rest(settings.settle);
  } else if (settings.mode == HEARTBEAT) {
    rest(settings.seconds);
    check_heartbeats(settings.seconds);
  } else {
    work(settings.seconds);
  }
}

static void print_histogram(const char *name, const struct histogram *h) {
  printf(",\"%s\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f}", name, percentile_us(h, 0.5), percentile_us(h, 0.9),
         percentile_us(h, 0.99));
}

static void print_result(double seconds, double cpu) {
  for (char *c = first_error; *c; c++)
    if (*c == '"' || *c == '\\' || (byte)*c < 32) *c = '\'';
  printf("{\"seconds\":%.3f,\"load_cpu_seconds\":%.3f,\"connections\":%d,\"messages\":%llu,\"deliveries\":%llu,"
         "\"connects\":%llu,\"pings\":%llu,\"held_back\":%llu",
         seconds, cpu, settings.mode == IDLE ? client_count - settings.base : client_count,
         (unsigned long long)run.messages, (unsigned long long)run.deliveries, (unsigned long long)run.connects,
         (unsigned long long)run.pings, (unsigned long long)run.held_back);
  print_histogram("delivery_us", &run.delivery);
  print_histogram("completion_us", &run.completion);
  printf(",\"errors\":%llu,\"first_error\":\"%s\"}\n", (unsigned long long)errors, first_error);
  fflush(stdout);
}

/* --------------------------------------------------------------------------------------------------- set-up */

static struct room *room_named(const char *name) {
  static int count;
  if (count && !strcmp(rooms[count - 1].name, name)) return &rooms[count - 1];
  rooms = must(realloc(rooms, (size_t)(count + 1) * sizeof *rooms));
  rooms[count] = (struct room){0};
  snprintf(rooms[count].name, NAME_SIZE, "%s", name);
  settings.rooms = ++count;
  return &rooms[count - 1];
}

/* Reads who connects, as which person, into which room; without a file rooms and members are counted out. */
static int read_people(char ***names, char ***auths) {
  int count = 0;
  char line[4096];
  FILE *file = settings.people ? fopen(settings.people, "r") : NULL;
  if (settings.people && !file) {
    fprintf(stderr, "load: cannot read %s\n", settings.people);
    exit(3);
  }
  for (int i = 0; file ? fgets(line, sizeof line, file) != NULL : i < settings.rooms * settings.members; i++) {
    if (!file) snprintf(line, sizeof line, "room-%d\t", i / settings.members);
    line[strcspn(line, "\n")] = 0;
    char *tab = strchr(line, '\t');
    if (tab) *tab = 0;
    *names = must(realloc(*names, (size_t)(count + 1) * sizeof **names));
    *auths = must(realloc(*auths, (size_t)(count + 1) * sizeof **auths));
    (*names)[count] = must(strdup(line));
    (*auths)[count++] = must(strdup(tab ? tab + 1 : ""));
  }
  if (file) fclose(file);
  return count;
}

static void make_clients(void) {
  char **names = NULL, **auths = NULL;
  client_count = read_people(&names, &auths);
  clients = must(calloc((size_t)client_count, sizeof *clients));
  for (int i = 0; i < client_count; i++) room_named(names[i])->size++;
  for (int i = 0, room = 0, member = 0; i < client_count; i++, member++) {
    if (member == rooms[room].size) room++, member = 0;
    if (!member) {
      rooms[room].members = must(calloc((size_t)rooms[room].size, sizeof(struct client *)));
      rooms[room].window = must(calloc((size_t)settings.window, sizeof(struct message)));
    }
    clients[i].room = &rooms[room];
    clients[i].auth = auths[i];
    rooms[room].members[member] = &clients[i];
  }
  unsent_rooms = must(calloc((size_t)settings.rooms, sizeof *unsent_rooms));
  padding = must(calloc((size_t)settings.size + 1, 1));
  memset(padding, 'x', (size_t)settings.size);
  snprintf(run_name, sizeof run_name, "%llx", (unsigned long long)time(NULL) << 20 | ((unsigned long long)getpid() & 0xfffff));
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &event);
}

static enum mode mode_named(const char *name) {
  static const char *const names[] = {"messages", "idle", "connect", "heartbeat"};
  for (int i = 0; i < 4; i++)
    if (!strcmp(name, names[i])) return (enum mode)i;
  fprintf(stderr, "load: no such mode: %s\n", name);
  exit(2);
}

static void read_arguments(int count, char **arguments) {
  static const struct option options[] = {
      {"port", 1, 0, 'p'},    {"mode", 1, 0, 'm'},    {"rooms", 1, 0, 'r'},   {"members", 1, 0, 'n'},
      {"senders", 1, 0, 'S'}, {"window", 1, 0, 'w'},  {"burst", 0, 0, 'b'},   {"rate", 1, 0, 'R'},
      {"size", 1, 0, 'z'},    {"seconds", 1, 0, 's'}, {"warmup", 1, 0, 'W'},  {"settle", 1, 0, 'e'},
      {"limit", 1, 0, 'l'},   {"base", 1, 0, 'B'},    {"connecting", 1, 0, 'c'}, {"upgrade", 0, 0, 'u'},
      {"people", 1, 0, 'P'},  {"join", 1, 0, 'j'},    {"send", 1, 0, 'o'},    {"push", 1, 0, 'i'},
      {"marker", 1, 0, 'k'},  {"acked", 1, 0, 'a'},   {0}};
  for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;) {
    switch (option) {
      case 'p': settings.port = atoi(optarg); break;
      case 'm': settings.mode = mode_named(optarg); break;
      case 'r': settings.rooms = atoi(optarg); break;
      case 'n': settings.members = atoi(optarg); break;
      case 'S': settings.senders = atoi(optarg); break;
      case 'w': settings.window = atoi(optarg); break;
      case 'b': settings.burst = true; break;
      case 'R': settings.rate = atoi(optarg); break;
      case 'z': settings.size = atoi(optarg); break;
      case 's': settings.seconds = atof(optarg); break;
      case 'W': settings.warmup = atof(optarg); break;
      case 'e': settings.settle = atof(optarg); break;
      case 'l': settings.limit = atol(optarg); break;
      case 'B': settings.base = atoi(optarg); break;
      case 'c': settings.connecting = atoi(optarg); break;
      case 'u': settings.upgrade = true; break;
      case 'P': settings.people = optarg; break;
      case 'j': settings.join = optarg; break;
      case 'o': settings.send = optarg; break;
      case 'i': settings.push = optarg; break;
      case 'k': settings.marker = optarg; break;
      case 'a': settings.acked = optarg; break;
      default: exit(2);
    }
  }
  if (!settings.port || settings.size > 16000 || settings.members < settings.senders ||
      (settings.senders > 1 && settings.window > 1)) {
    fputs("load: a port is needed, at most 16000 bytes, and a window of 1 where several send in turn\n", stderr);
    exit(2);
  }
}

int main(int count, char **arguments) {
  char line[16];
  read_arguments(count, arguments);
  make_clients();
  alarm((unsigned)(settings.warmup + settings.seconds + settings.settle) + 120); /* whatever happens, it ends */
  prepare();
  if (!errors) {
    puts("ready");
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin)) return 1;
  }
  int ping_interval_ms = run.ping_interval_ms;
  memset(&run, 0, sizeof run);
  run.ping_interval_ms = ping_interval_ms;
  uint64_t started_at = now();
  double cpu = cpu_seconds();
  if (!errors) perform();
  print_result((double)(now() - started_at) / (double)SECOND, cpu_seconds() - cpu);
  while (!errors && fgets(line, sizeof line, stdin)) continue;
  return errors != 0;
}

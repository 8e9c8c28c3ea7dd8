/* The floor: what a server of the bench's rooms costs when it does nothing but receive, join and send.
 *
 * No JSON, no checks, WebSocket only, and the handshake's answer is the constant for the load generator's key. All that
 * reaches a room in one turn of the loop is sent to each member by one call, the sender's acks included. PORT is the
 * argument. Use it to say how far a real server is from the kernel's own cost, never as a server.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

typedef unsigned char byte;

struct bytes {
  byte *data;
  size_t length, capacity;
};

struct connection {
  int fd;
  bool open;    /* the handshake is over */
  bool waiting; /* stands in the list of connections with something of their own to send */
  struct bytes in, out;
  struct room *room;
};

struct room {
  char name[64];
  struct connection **members;
  size_t count, capacity;
  struct bytes out;
  bool waiting;
  struct room *next;
};

enum { CONNECTIONS = 65536, ROOMS = 65536, BUCKETS = 4096 };

static struct connection *connections[CONNECTIONS], *waiting[CONNECTIONS];
static struct room *buckets[BUCKETS], *waiting_rooms[ROOMS];
static struct connection *gone[CONNECTIONS]; /* freed at the turn's end: until then a list may name them */
static int waiting_count, waiting_room_count, gone_count;
static int epoll_fd, listener, timer;
static const char *ping_interval = "25000";

static void append(struct bytes *to, const void *data, size_t length) {
  if (to->length + length > to->capacity) {
    to->capacity = (to->length + length) * 2;
    to->data = realloc(to->data, to->capacity);
    if (!to->data) abort();
  }
  memcpy(to->data + to->length, data, length);
  to->length += length;
}

static void consume(struct bytes *from, size_t length) {
  from->length -= length;
  memmove(from->data, from->data + length, from->length);
}

static void append_frame(struct bytes *to, int opcode, const char *a, size_t a_length, const char *b, size_t b_length) {
  size_t length = a_length + b_length;
  byte header[4] = {(byte)(0x80 | opcode), (byte)length};
  if (length >= 126) {
    header[1] = 126;
    header[2] = (byte)(length >> 8);
    header[3] = (byte)length;
  }
  append(to, header, length < 126 ? 2 : 4);
  append(to, a, a_length);
  append(to, b, b_length);
}

static void watch(struct connection *c, int operation, bool writable) {
  struct epoll_event event = {.events = EPOLLIN | (writable ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(epoll_fd, operation, c->fd, &event);
}

static void say(struct connection *c, int opcode, const char *a, size_t a_length, const char *b, size_t b_length) {
  append_frame(&c->out, opcode, a, a_length, b, b_length);
  if (c->waiting) return;
  c->waiting = true;
  waiting[waiting_count++] = c;
}

/* Sends what the connection holds and then the room's; keeps what the kernel does not take. */
static void transmit(struct connection *c, const struct bytes *room) {
  struct iovec parts[2] = {{c->out.data, c->out.length}, {room ? room->data : NULL, room ? room->length : 0}};
  size_t own = c->out.length, total = own + parts[1].iov_len;
  if (!total) return;
  ssize_t sent = own ? writev(c->fd, parts, 2) : send(c->fd, room->data, room->length, MSG_NOSIGNAL);
  size_t taken = sent < 0 ? 0 : (size_t)sent;
  if (taken >= own) {
    c->out.length = 0;
    if (room && taken < total) append(&c->out, room->data + (taken - own), total - taken);
  } else {
    consume(&c->out, taken);
    if (room) append(&c->out, room->data, room->length);
  }
  if (taken < total) watch(c, EPOLL_CTL_MOD, true);
}

static void transmit_all(void) {
  for (int i = 0; i < waiting_room_count; i++) {
    struct room *room = waiting_rooms[i];
    for (size_t m = 0; m < room->count; m++) transmit(room->members[m], &room->out);
    room->out.length = 0;
    room->waiting = false;
  }
  for (int i = 0; i < waiting_count; i++) {
    if (waiting[i]->fd > 0) transmit(waiting[i], NULL);
    waiting[i]->waiting = false;
  }
  waiting_room_count = waiting_count = 0;
  while (gone_count) free(gone[--gone_count]);
}

static struct room *room_named(const char *name, size_t length) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < length; i++) hash = (hash ^ (byte)name[i]) * 16777619u;
  struct room **bucket = &buckets[hash % BUCKETS];
  for (struct room *room = *bucket; room; room = room->next)
    if (!strncmp(room->name, name, length) && !room->name[length]) return room;
  struct room *room = calloc(1, sizeof *room);
  if (!room || length >= sizeof room->name) abort();
  memcpy(room->name, name, length);
  room->next = *bucket;
  return *bucket = room;
}

static void join(struct connection *c, struct room *room) {
  if (room->count == room->capacity) {
    room->capacity = room->capacity * 2 + 4;
    room->members = realloc(room->members, room->capacity * sizeof *room->members);
    if (!room->members) abort();
  }
  room->members[room->count++] = c;
  c->room = room;
}

static void hang_up(struct connection *c) {
  struct room *room = c->room;
  for (size_t i = 0; room && i < room->count; i++)
    if (room->members[i] == c) room->members[i--] = room->members[--room->count];
  connections[c->fd] = NULL;
  close(c->fd);
  c->fd = -1;
  free(c->in.data);
  free(c->out.data);
  c->in = c->out = (struct bytes){0};
  gone[gone_count++] = c;
}

/* 42<id>["join","…"] or 42<id>["message",{…"room":"…"…}] */
static void event(struct connection *c, const char *packet, size_t length) {
  const char *body = memchr(packet, '[', length), *end = packet + length;
  char ack[64] = "43";
  size_t id = (size_t)(body - packet) - 2;
  memcpy(ack + 2, packet + 2, id);
  if (body[2] == 'j') {
    const char *name = body + strlen("[\"join\",\"");
    join(c, room_named(name, (size_t)(end - 2 - name)));
    say(c, 1, ack, id + 2, "[\"ok\"]", 6);
    return;
  }
  const char *name = (const char *)memmem(body, (size_t)(end - body), "\"room\":\"", 8) + 8;
  struct room *room = room_named(name, (size_t)((const char *)memchr(name, '"', (size_t)(end - name)) - name));
  append_frame(&room->out, 1, "42", 2, body, (size_t)(end - body));
  if (!room->waiting) {
    room->waiting = true;
    waiting_rooms[waiting_room_count++] = room;
  }
  say(c, 1, ack, id + 2, "[{\"ok\":true}]", 13);
}

static void frames(struct connection *c) {
  size_t used = 0;
  while (c->fd > 0 && c->in.length - used >= 6) {
    byte *p = c->in.data + used;
    size_t size = p[1] & 127, header = size == 126 ? 8 : 6;
    if (header == 8) size = (size_t)p[2] << 8 | p[3];
    if (c->in.length - used < header + size) break;
    used += header + size;
    byte *payload = p + header;
    const byte *key = payload - 4;
    for (size_t i = 0; i < size; i++) payload[i] ^= key[i & 3];
    if (p[0] == 0x88) {
      say(c, 8, "\x03\xe8", 2, "", 0);
      transmit(c, NULL);
      hang_up(c);
    } else if (size >= 2 && payload[0] == '4' && payload[1] == '2') {
      event(c, (const char *)payload, size);
    } else if (size >= 2 && payload[0] == '4' && payload[1] == '0') {
      say(c, 1, "40{\"sid\":\"floor\"}", 17, "", 0);
    }
  }
  if (c->fd > 0) consume(&c->in, used);
}

static void handshake(struct connection *c) {
  static const char answer[] =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  char open[256];
  const char *end = memmem(c->in.data, c->in.length, "\r\n\r\n", 4);
  if (!end) return;
  consume(&c->in, (size_t)(end + 4 - (const char *)c->in.data));
  append(&c->out, answer, sizeof answer - 1);
  int length = snprintf(open, sizeof open,
                        "0{\"sid\":\"floor\",\"upgrades\":[],\"pingInterval\":%s,\"pingTimeout\":20000,\"maxPayload\":1000000}",
                        ping_interval);
  say(c, 1, open, (size_t)length, "", 0);
  c->open = true;
}

static void readable(struct connection *c) {
  static byte buffer[65536];
  ssize_t got = recv(c->fd, buffer, sizeof buffer, 0);
  if (got <= 0) {
    if (got == 0 || errno != EAGAIN) hang_up(c);
    return;
  }
  append(&c->in, buffer, (size_t)got);
  if (!c->open) handshake(c);
  if (c->open) frames(c);
}

static void accept_all(void) {
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    struct connection *c = calloc(1, sizeof *c);
    if (!c || fd >= CONNECTIONS) abort();
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    c->fd = fd;
    connections[fd] = c;
    watch(c, EPOLL_CTL_ADD, false);
  }
}

static void ping_all(void) {
  uint64_t ticks;
  if (read(timer, &ticks, sizeof ticks) != sizeof ticks) return;
  for (int fd = 0; fd < CONNECTIONS; fd++)
    if (connections[fd] && connections[fd]->open) say(connections[fd], 1, "2", 1, "", 0);
}

static void listen_on(int port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct rlimit files = {0};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) {
    perror("floor");
    exit(1);
  }
}

static void watch_descriptor(int fd, void *mark) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  if (getenv("PING_INTERVAL")) ping_interval = getenv("PING_INTERVAL");
  long ms = atol(ping_interval);
  struct itimerspec every = {{ms / 1000, ms % 1000 * 1000000}, {ms / 1000, ms % 1000 * 1000000}};
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  timerfd_settime(timer, 0, &every, NULL);
  listen_on(atoi(arguments[1]));
  watch_descriptor(listener, &listener);
  watch_descriptor(timer, &timer);
  puts("ready");
  fflush(stdout);
  for (;;) {
    static struct epoll_event events[512];
    int ready = epoll_wait(epoll_fd, events, 512, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (events[i].data.ptr == &listener) {
        accept_all();
      } else if (events[i].data.ptr == &timer) {
        ping_all();
      } else if (c->fd > 0) {
        if (events[i].events & EPOLLOUT) {
          watch(c, EPOLL_CTL_MOD, false);
          transmit(c, NULL);
        }
        readable(c);
      }
    }
    transmit_all();
  }
}

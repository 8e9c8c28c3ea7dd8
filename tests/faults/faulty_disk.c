/* A disk that fails when told to, for one process and those that it forks: loaded with LD_PRELOAD.
 *
 * FAULTY_DISK names a file that is mapped, shared with the tests (tests/support/faulty_disk.py, which has the same
 * layout): they arm it while the process runs. Calls on files whose path matches `pattern` are counted; the one at
 * which `countdown` reaches zero, and every later one where it is `sticky`, is struck: it fails with `error`, writes half
 * of what it was given (and later ones fail), or the process is killed before it, or after half of it.
 *
 * FAULTY_DISK_RECORD names a file to which, while `recording` is set, every write, sync, truncation and removal of
 * such a file is appended once it is done, with its data, and every write to a socket before it is done. So the
 * record tells what a disk would hold, and what was told to whom, at each instant.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { WRITE = 1, SYNC = 2, TRUNCATE = 4, READ = 8, OPEN = 16, REMOVE = 32, SEND = 64 };
enum action { PASS = 0, FAIL = 1, SHORT = 2, KILL = 3, TORN = 4 };

struct control {
  _Atomic int64_t armed;     /* whether anything is struck */
  int64_t calls;             /* at which kinds of calls */
  _Atomic int64_t countdown; /* at which of them: 1 is the next */
  int64_t action;
  int64_t error;     /* errno of what fails */
  int64_t sticky;    /* whether all later ones are struck too */
  int64_t recording; /* whether the record is kept */
  int64_t no_space;  /* whether the file system says that it has no space left */
  _Atomic int64_t seen;   /* matching calls so far */
  _Atomic int64_t struck; /* of which were struck */
  char pattern[256];      /* of paths, as in fnmatch(3); its asterisk matches slashes */
};

static struct control *control;
static int record = -1;

#define REAL(name) ((__typeof__(name) *)real_##name())
#define FIND(name)                                   \
  static void *real_##name(void) {                   \
    static void *found;                              \
    if (!found) found = dlsym(RTLD_NEXT, #name);     \
    return found;                                    \
  }

FIND(write) FIND(writev) FIND(pwrite64) FIND(read) FIND(pread) FIND(pread64) FIND(fsync) FIND(fdatasync) FIND(ftruncate)
FIND(ftruncate64) FIND(open) FIND(open64) FIND(openat) FIND(unlink)
FIND(send) FIND(sendto) FIND(sendmsg) FIND(statvfs) FIND(statvfs64)

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULTY_DISK"), *to = getenv("FAULTY_DISK_RECORD");
  if (!path) return;
  int fd = REAL(open)(path, O_RDWR | O_CLOEXEC);
  void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) abort(); /* a test that believes in faults must not pass without them */
  close(fd);
  if (to) record = REAL(open)(to, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  control = at;
}

static int matches(const char *path) { return fnmatch(control->pattern, path, 0) == 0; }

/* The path of an open file, if it is one of those that matter. */
static int watched(int fd, char *path, size_t size) {
  char link[32];
  if (!control) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return matches(path);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* What is to be done to this call; it is counted. */
static enum action strike(enum call call) {
  if (!(control->calls & call)) return PASS;
  atomic_fetch_add(&control->seen, 1);
  if (!control->armed) return PASS;
  int64_t left = atomic_fetch_sub(&control->countdown, 1);
  if (left > 1 || (left < 1 && !control->sticky)) return PASS;
  atomic_fetch_add(&control->struck, 1);
  if (control->action == KILL) die();
  errno = (int)control->error;
  return left < 1 && control->action == SHORT ? FAIL : (enum action)control->action;
}

struct line {
  uint32_t kind, name_length;
  int64_t offset, length; /* of the data that follows the name, or to what it was truncated */
};

static void note(enum call kind, const char *path, int64_t offset, const void *data, int64_t length) {
  if (record < 0 || !control->recording) return;
  struct line line = {kind, (uint32_t)strlen(path), offset, length};
  struct iovec parts[3] = {{&line, sizeof line}, {(void *)path, line.name_length}, {(void *)data, data ? length : 0}};
  int before = errno;
  if (REAL(writev)(record, parts, 3) < 0) abort();
  errno = before;
}

static int is_socket(int fd) {
  struct stat found;
  return control && control->recording && record >= 0 && fstat(fd, &found) == 0 && S_ISSOCK(found.st_mode);
}

/* --- files ------------------------------------------------------------------------------------------------------ */

typedef ssize_t (*write_at)(int, const void *, size_t, int64_t);

static ssize_t write_watched(write_at real, int fd, const char *path, const void *data, size_t size, int64_t offset) {
  ssize_t done;
  switch (strike(WRITE)) {
    case FAIL:
      return -1;
    case SHORT:
      done = real(fd, data, size / 2, offset);
      break;
    case TORN:
      done = real(fd, data, size / 2, offset);
      if (done > 0) note(WRITE, path, offset, data, done);
      die();
      return -1;
    default:
      done = real(fd, data, size, offset);
  }
  if (done > 0) note(WRITE, path, offset, data, done);
  return done;
}

static ssize_t at_offset(int fd, const void *data, size_t size, int64_t offset) {
  return REAL(pwrite64)(fd, data, size, offset);
}

static ssize_t at_end(int fd, const void *data, size_t size, int64_t offset) {
  (void)offset;
  return REAL(write)(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
  char path[512];
  if (!watched(fd, path, sizeof path)) return REAL(pwrite64)(fd, data, size, offset);
  return write_watched(at_offset, fd, path, data, size, offset);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { return pwrite64(fd, data, size, offset); }

ssize_t write(int fd, const void *data, size_t size) {
  char path[512];
  if (is_socket(fd)) note(SEND, "", 0, data, (int64_t)size);
  if (!watched(fd, path, sizeof path)) return REAL(write)(fd, data, size);
  return write_watched(at_end, fd, path, data, size, lseek(fd, 0, SEEK_CUR));
}

#define SYNCS(name)                                                       \
  int name(int fd) {                                                      \
    char path[512];                                                       \
    if (!watched(fd, path, sizeof path)) return REAL(name)(fd);           \
    int done = strike(SYNC) == PASS ? REAL(name)(fd) : -1;                \
    note(SYNC, path, done, NULL, 0);                                      \
    return done;                                                          \
  }
SYNCS(fsync)
SYNCS(fdatasync)

#define TRUNCATES(name, type)                                             \
  int name(int fd, type length) {                                         \
    char path[512];                                                       \
    if (!watched(fd, path, sizeof path)) return REAL(name)(fd, length);   \
    if (strike(TRUNCATE) != PASS) return -1;                              \
    int done = REAL(name)(fd, length);                                    \
    if (done == 0) note(TRUNCATE, path, 0, NULL, length);                 \
    return done;                                                          \
  }
TRUNCATES(ftruncate, off_t)
TRUNCATES(ftruncate64, off64_t)

#define READS_AT(name, type)                                                        \
  ssize_t name(int fd, void *data, size_t size, type offset) {                      \
    char path[512];                                                                 \
    if (watched(fd, path, sizeof path) && strike(READ) != PASS) return -1;          \
    return REAL(name)(fd, data, size, offset);                                      \
  }
READS_AT(pread, off_t)
READS_AT(pread64, off64_t)

ssize_t read(int fd, void *data, size_t size) {
  char path[512];
  if (watched(fd, path, sizeof path) && strike(READ) != PASS) return -1;
  return REAL(read)(fd, data, size);
}

/* Opening counts where it asks to write. */
static int refused(const char *path, int flags) {
  if (!control || (flags & O_ACCMODE) == O_RDONLY || !matches(path)) return 0;
  return strike(OPEN) != PASS;
}

static mode_t mode_of(int flags, va_list rest) {
  return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(rest, unsigned) : 0;
}

#define OPENS(name)                                     \
  int name(const char *path, int flags, ...) {          \
    va_list rest;                                       \
    va_start(rest, flags);                              \
    mode_t mode = mode_of(flags, rest);                 \
    va_end(rest);                                       \
    if (refused(path, flags)) return -1;                \
    return REAL(name)(path, flags, mode);               \
  }
OPENS(open)
OPENS(open64)

int openat(int folder, const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  if (refused(path, flags)) return -1;
  return REAL(openat)(folder, path, flags, mode);
}

int unlink(const char *path) {
  if (!control || !matches(path)) return REAL(unlink)(path);
  if (strike(REMOVE) != PASS) return -1;
  int done = REAL(unlink)(path);
  if (done == 0) note(REMOVE, path, 0, NULL, 0);
  return done;
}

/* --- space ------------------------------------------------------------------------------------------------------ */

int statvfs(const char *path, struct statvfs *found) {
  int done = REAL(statvfs)(path, found);
  if (done == 0 && control && control->no_space) found->f_bavail = found->f_bfree = 0;
  return done;
}

int statvfs64(const char *path, struct statvfs64 *found) {
  int done = REAL(statvfs64)(path, found);
  if (done == 0 && control && control->no_space) found->f_bavail = found->f_bfree = 0;
  return done;
}

/* --- sockets: only listened to ---------------------------------------------------------------------------------- */

static void note_parts(int fd, const struct iovec *parts, size_t count) {
  if (!is_socket(fd)) return;
  for (size_t n = 0; n < count; n++) note(SEND, "", 0, parts[n].iov_base, (int64_t)parts[n].iov_len);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  note_parts(fd, parts, (size_t)count);
  return REAL(writev)(fd, parts, count);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  note_parts(fd, message->msg_iov, message->msg_iovlen);
  return REAL(sendmsg)(fd, message, flags);
}

ssize_t send(int fd, const void *data, size_t size, int flags) {
  if (is_socket(fd)) note(SEND, "", 0, data, (int64_t)size);
  return REAL(send)(fd, data, size, flags);
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length) {
  if (is_socket(fd)) note(SEND, "", 0, data, (int64_t)size);
  return REAL(sendto)(fd, data, size, flags, to, length);
}

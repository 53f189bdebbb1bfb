/*
 * Writes down what a process does to the files of one folder: every write, truncation, sync, rename and removal, in
 * the order in which they were done. `disk.ts` makes of it what a disk holds after a power cut.
 *
 * LD_PRELOAD=record.so RECORD_FOLDER=/path RECORD_LOG=/path/log; the folder without a slash at its end.
 *
 * A write is noted before it is done, a sync after it: whatever the moment of a kill, nothing counts as synced that was
 * not. A record: type, number of the file (inode), offset, length of the data, all of 8 bytes in host order; the data.
 * Files that are mapped into memory and never synced (`-shm` of SQLite) are left out.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPENED = 1, CREATED, WRITTEN, TRUNCATED, SYNCED, FOLDER_SYNCED, RENAMED, REMOVED };

#define FILES 65536
static uint64_t inodes[FILES]; /* of each descriptor; 0: not ours */
#define FOLDER UINT64_MAX      /* the descriptor is the folder itself */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static size_t folderLength;
static int logFile = -1;

#define REAL(result, name, ...) \
  static result (*real)(__VA_ARGS__); \
  if (!real) real = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("RECORD_LOG");
  folder = getenv("RECORD_FOLDER");
  if (!path || !folder) return;
  folderLength = strlen(folder);
  int (*realOpen)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
  logFile = realOpen(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static void note(uint64_t type, uint64_t inode, uint64_t offset, const struct iovec *data, int count) {
  struct iovec all[66];
  uint64_t length = 0;
  for (int i = 0; i < count && i < 65; i++) {
    all[i + 1] = data[i];
    length += data[i].iov_len;
  }
  uint64_t head[4] = {type, inode, offset, length};
  all[0] = (struct iovec){head, sizeof head};
  static ssize_t (*real)(int, const struct iovec *, int);
  if (!real) real = (ssize_t(*)(int, const struct iovec *, int))dlsym(RTLD_NEXT, "writev");
  if (real(logFile, all, count + 1) < 0) abort();
}

static void noteText(uint64_t type, uint64_t inode, const char *text) {
  struct iovec data = {(void *)text, strlen(text)};
  note(type, inode, 0, &data, 1);
}

/* The name inside the folder; NULL for a path elsewhere. "" is the folder. */
static const char *inside(const char *path) {
  if (logFile < 0 || strncmp(path, folder, folderLength) != 0) return NULL;
  const char *rest = path + folderLength;
  if (*rest != 0 && *rest != '/') return NULL;
  while (*rest == '/') rest++;
  size_t length = strlen(rest);
  return length > 4 && strcmp(rest + length - 4, "-shm") == 0 ? NULL : rest;
}

static int ours(int fd) { return fd >= 0 && fd < FILES && inodes[fd] != 0 && inodes[fd] != FOLDER; }

static void opened(int fd, const char *name, int flags, int wasThere) {
  struct stat status;
  if (fd < 0 || fd >= FILES || fstat(fd, &status) != 0) return;
  if (*name == 0) {
    inodes[fd] = FOLDER;
    return;
  }
  inodes[fd] = status.st_ino;
  noteText(wasThere ? OPENED : CREATED, status.st_ino, name);
  if (wasThere && (flags & O_TRUNC)) note(TRUNCATED, status.st_ino, 0, NULL, 0);
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, name, const char *, int, ...); \
    va_list more; \
    va_start(more, flags); \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
    va_end(more); \
    const char *inner = inside(path); \
    if (!inner) return real(path, flags, mode); \
    pthread_mutex_lock(&lock); \
    struct stat status; \
    int wasThere = stat(path, &status) == 0; \
    int fd = real(path, flags, mode); \
    opened(fd, inner, flags, wasThere); \
    pthread_mutex_unlock(&lock); \
    return fd; \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  REAL(int, close, int);
  if (fd < 0 || fd >= FILES || inodes[fd] == 0) return real(fd);
  pthread_mutex_lock(&lock);
  inodes[fd] = 0;
  int result = real(fd);
  pthread_mutex_unlock(&lock);
  return result;
}

static uint64_t positionOf(int fd) {
  struct stat status;
  if ((fcntl(fd, F_GETFL) & O_APPEND) && fstat(fd, &status) == 0) return status.st_size;
  return lseek(fd, 0, SEEK_CUR);
}

#define NOTED(fd, call, offset, data, count) \
  if (!ours(fd)) return call; \
  pthread_mutex_lock(&lock); \
  note(WRITTEN, inodes[fd], offset, data, count); \
  ssize_t result = call; \
  pthread_mutex_unlock(&lock); \
  return result

ssize_t write(int fd, const void *bytes, size_t length) {
  REAL(ssize_t, write, int, const void *, size_t);
  struct iovec data = {(void *)bytes, length};
  NOTED(fd, real(fd, bytes, length), positionOf(fd), &data, 1);
}

ssize_t writev(int fd, const struct iovec *data, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  NOTED(fd, real(fd, data, count), positionOf(fd), data, count);
}

#define PWRITE(name) \
  ssize_t name(int fd, const void *bytes, size_t length, off_t offset) { \
    REAL(ssize_t, name, int, const void *, size_t, off_t); \
    struct iovec data = {(void *)bytes, length}; \
    NOTED(fd, real(fd, bytes, length, offset), offset, &data, 1); \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

#define PWRITEV(name) \
  ssize_t name(int fd, const struct iovec *data, int count, off_t offset) { \
    REAL(ssize_t, name, int, const struct iovec *, int, off_t); \
    NOTED(fd, real(fd, data, count, offset), offset, data, count); \
  }
PWRITEV(pwritev)
PWRITEV(pwritev64)

#define TRUNCATE(name) \
  int name(int fd, off_t length) { \
    REAL(int, name, int, off_t); \
    if (!ours(fd)) return real(fd, length); \
    pthread_mutex_lock(&lock); \
    note(TRUNCATED, inodes[fd], length, NULL, 0); \
    int result = real(fd, length); \
    pthread_mutex_unlock(&lock); \
    return result; \
  }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define SYNC(name) \
  int name(int fd) { \
    REAL(int, name, int); \
    if (fd < 0 || fd >= FILES || inodes[fd] == 0) return real(fd); \
    pthread_mutex_lock(&lock); \
    int result = real(fd); \
    if (result == 0) note(inodes[fd] == FOLDER ? FOLDER_SYNCED : SYNCED, inodes[fd], 0, NULL, 0); \
    pthread_mutex_unlock(&lock); \
    return result; \
  }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  const char *source = inside(from), *target = inside(to);
  if (!source || !target) return real(from, to);
  struct iovec data[3] = {{(void *)source, strlen(source)}, {"\n", 1}, {(void *)target, strlen(target)}};
  pthread_mutex_lock(&lock);
  note(RENAMED, 0, 0, data, 3);
  int result = real(from, to);
  pthread_mutex_unlock(&lock);
  return result;
}

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  const char *inner = inside(path);
  struct stat status;
  if (!inner || stat(path, &status) != 0) return real(path);
  pthread_mutex_lock(&lock);
  noteText(REMOVED, 0, inner);
  int result = real(path);
  pthread_mutex_unlock(&lock);
  return result;
}

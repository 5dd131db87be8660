// Preloaded into a program under test: makes the n-th call that changes its files fail, or its n-th allocation.
//
//   FAIL_UNDER  a folder: counted are calls on files below it; allocations from the moment that one of them is opened
//   FAIL_KIND   disk, memory
//   FAIL_AT     n, from 1
//   FAIL_BYTES  counted are allocations of at least so many bytes
//   FAIL_ERRNO  the error of a disk call; 0: a write takes only half of the bytes, and any other call is done
//   FAIL_FROM   if set, every call from the n-th on fails
//   FAIL_MARK   a file that is made when a call fails

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);

enum Outcome { Done, Halved, Failed };

static const char *s_under, *s_mark;
static int s_ofMemory, s_errno, s_isLasting;
static long s_at;
static size_t s_bytes;
static atomic_long s_calls;
static atomic_int s_isOpened;

__attribute__((constructor)) static void readSettings(void) {
    const char* kind = getenv("FAIL_KIND");
    s_under = getenv("FAIL_UNDER");
    s_mark = getenv("FAIL_MARK");
    s_ofMemory = kind != NULL && strcmp(kind, "memory") == 0;
    s_errno = getenv("FAIL_ERRNO") != NULL ? atoi(getenv("FAIL_ERRNO")) : EIO;
    s_isLasting = getenv("FAIL_FROM") != NULL;
    s_at = getenv("FAIL_AT") != NULL ? atol(getenv("FAIL_AT")) : 0;
    s_bytes = getenv("FAIL_BYTES") != NULL ? strtoul(getenv("FAIL_BYTES"), NULL, 10) : 0;
}

static int isUnder(const char* path) {
    return s_under != NULL && strncmp(path, s_under, strlen(s_under)) == 0;
}

static int isFileUnder(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = '\0';
    return isUnder(path);
}

static int isTurn(void) {
    long call = atomic_fetch_add(&s_calls, 1) + 1;
    if (s_at == 0 || (s_isLasting ? call < s_at : call != s_at)) return 0;
    int mark = s_mark != NULL ? open(s_mark, O_CREAT | O_WRONLY, 0600) : -1;
    if (mark >= 0) close(mark);
    return 1;
}

static enum Outcome next(int isCounted) {
    int before = errno;
    if (s_ofMemory || !isCounted || !isTurn()) {
        errno = before;
        return Done;
    }
    errno = s_errno != 0 ? s_errno : before;
    return s_errno != 0 ? Failed : Halved;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

// ---- Disk

ssize_t write(int fd, const void* bytes, size_t size) {
    enum Outcome outcome = next(isFileUnder(fd));
    if (outcome == Failed) return -1;
    return REAL(write)(fd, bytes, outcome == Halved && size > 1 ? size / 2 : size);
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
    enum Outcome outcome = next(isFileUnder(fd));
    if (outcome == Failed) return -1;
    return REAL(pwrite)(fd, bytes, outcome == Halved && size > 1 ? size / 2 : size, at);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
    return pwrite(fd, bytes, size, at);
}

// Of several pieces a half means the first one.
ssize_t writev(int fd, const struct iovec* pieces, int count) {
    enum Outcome outcome = next(isFileUnder(fd));
    if (outcome == Failed) return -1;
    return REAL(writev)(fd, pieces, outcome == Halved ? 1 : count);
}

ssize_t pwritev(int fd, const struct iovec* pieces, int count, off_t at) {
    enum Outcome outcome = next(isFileUnder(fd));
    if (outcome == Failed) return -1;
    return REAL(pwritev)(fd, pieces, outcome == Halved ? 1 : count, at);
}

ssize_t pwritev64(int fd, const struct iovec* pieces, int count, off64_t at) {
    return pwritev(fd, pieces, count, at);
}

int fsync(int fd) {
    return next(isFileUnder(fd)) == Failed ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd) {
    return next(isFileUnder(fd)) == Failed ? -1 : REAL(fdatasync)(fd);
}

int ftruncate(int fd, off_t size) {
    return next(isFileUnder(fd)) == Failed ? -1 : REAL(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    return ftruncate(fd, size);
}

int posix_fallocate(int fd, off_t at, off_t size) {
    return next(isFileUnder(fd)) == Failed ? s_errno : REAL(posix_fallocate)(fd, at, size);
}

int rename(const char* from, const char* to) {
    return next(isUnder(to)) == Failed ? -1 : REAL(rename)(from, to);
}

static int openAny(const char* name, const char* path, int flags, mode_t mode) {
    if (isUnder(path)) atomic_store(&s_isOpened, 1);
    int (*real)(const char*, int, ...) = (int (*)(const char*, int, ...))dlsym(RTLD_NEXT, name);
    return real(path, flags, mode);
}

#define OPEN(name)                                                \
    int name(const char* path, int flags, ...) {                  \
        va_list rest;                                             \
        va_start(rest, flags);                                    \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                             \
        return openAny(#name, path, flags, mode);                 \
    }
OPEN(open)
OPEN(open64)

// ---- Memory

static int isOut(size_t size) {
    return s_ofMemory && atomic_load(&s_isOpened) && size >= s_bytes && isTurn();
}

static void* none(void) {
    errno = ENOMEM;
    return NULL;
}

void* malloc(size_t size) {
    return isOut(size) ? none() : __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
    return isOut(count * size) ? none() : __libc_calloc(count, size);
}

void* realloc(void* old, size_t size) {
    return isOut(size) ? none() : __libc_realloc(old, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
    return isOut(size) ? none() : __libc_memalign(alignment, size);
}

int posix_memalign(void** out, size_t alignment, size_t size) {
    *out = isOut(size) ? none() : __libc_memalign(alignment, size);
    return *out == NULL ? ENOMEM : 0;
}

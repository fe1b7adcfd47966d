/* Lets a chosen call on files below a folder fail, stop halfway, or kill the process. Preloaded with LD_PRELOAD and
 * armed from the process itself through `fault_arm`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum {
    SYNC = 1, FOLDER_SYNC = 2, WRITE = 4, RENAME = 8, OPEN = 16, LOCK = 32, LINK = 64, TRUNCATE = 128, MKDIR = 256, UNLINK = 512
};
enum { ONCE, ONWARD, KILL };

static char root[PATH_MAX], place[2 * PATH_MAX];
static int armed, code, manner;
static long first;
static atomic_long seen, counts[16];

/* Counts the calls of these kinds below `path`; the one with number `at` (from 1), and with ONWARD all later ones, fails
 * with `error`. */
void fault_arm(const char *path, int kinds, long at, int error, int how)
{
    snprintf(root, sizeof root, "%s", path);
    place[0] = 0;
    code = error, manner = how, first = at;
    atomic_store(&seen, 0);
    for (int kind = 0; kind < 16; kind++)
        atomic_store(&counts[kind], 0);
    armed = kinds;
}

/* How many calls there were of the kind with this bit number. */
long fault_seen(int kind) { return atomic_load(&counts[kind]); }

const char *fault_place(void) { return place; }

static int is_below(const char *path)
{
    size_t length = strlen(root);
    return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0);
}

/* The error that a call on `path` fails with, 0 if it does not fail. */
static int fails(int kind, const char *name, const char *path)
{
    if (!(armed & kind) || !is_below(path))
        return 0;
    long number = atomic_fetch_add(&seen, 1) + 1;
    atomic_fetch_add(&counts[__builtin_ctz(kind)], 1);
    if (number < first || (number > first && manner != ONWARD))
        return 0;
    if (number == first)
        snprintf(place, sizeof place, "%s %s", name, path + strlen(root));
    if (manner == KILL)
        kill(getpid(), SIGKILL);
    return code;
}

static const char *of_descriptor(int descriptor, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return path;
}

static const char *of_name(int folder, const char *name, char *path)
{
    char base[PATH_MAX];
    if (name[0] == '/')
        return name;
    if (folder == AT_FDCWD ? getcwd(base, sizeof base) == NULL : of_descriptor(folder, base)[0] == 0)
        return "";
    snprintf(path, PATH_MAX, "%.2000s/%.2000s", base, name);
    return path;
}

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FAIL_BY_DESCRIPTOR(kind, name, descriptor)                                    \
    do {                                                                              \
        char path[PATH_MAX];                                                          \
        int error = armed ? fails(kind, name, of_descriptor(descriptor, path)) : 0;   \
        if (error)                                                                    \
            return errno = error, -1;                                                 \
    } while (0)
#define FAIL_BY_NAME(kind, name, folder, file)                                        \
    do {                                                                              \
        char path[PATH_MAX];                                                          \
        int error = armed ? fails(kind, name, of_name(folder, file, path)) : 0;       \
        if (error)                                                                    \
            return errno = error, -1;                                                 \
    } while (0)

static int sync_kind(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode) ? FOLDER_SYNC : SYNC;
}

int fsync(int descriptor)
{
    REAL(fsync);
    FAIL_BY_DESCRIPTOR(sync_kind(descriptor), "fsync", descriptor);
    return real(descriptor);
}

int fdatasync(int descriptor)
{
    REAL(fdatasync);
    FAIL_BY_DESCRIPTOR(sync_kind(descriptor), "fdatasync", descriptor);
    return real(descriptor);
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    REAL(write);
    char path[PATH_MAX];
    int error = armed ? fails(WRITE, "write", of_descriptor(descriptor, path)) : 0;
    if (error == ENOSPC && count > 1 && atomic_load(&seen) == first)
        return real(descriptor, bytes, count / 2); /* a disk that becomes full takes what still fits */
    if (error)
        return errno = error, -1;
    return real(descriptor, bytes, count);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset)
{
    REAL(pwrite64);
    FAIL_BY_DESCRIPTOR(WRITE, "pwrite", descriptor);
    return real(descriptor, bytes, count, offset);
}

ssize_t sendfile64(int to, int from, off64_t *offset, size_t count);
ssize_t sendfile64(int to, int from, off64_t *offset, size_t count)
{
    REAL(sendfile64);
    FAIL_BY_DESCRIPTOR(WRITE, "sendfile", to);
    return real(to, from, offset, count);
}

#define OPENING(name, call, folder)                                        \
    {                                                                                 \
        REAL(name);                                                                   \
        mode_t mode = 0;                                                              \
        if (flags & (O_CREAT | O_TMPFILE)) {                                          \
            va_list rest;                                                             \
            va_start(rest, flags);                                                    \
            mode = va_arg(rest, mode_t);                                              \
            va_end(rest);                                                             \
        }                                                                             \
        if (flags & (O_WRONLY | O_RDWR | O_CREAT))                                    \
            FAIL_BY_NAME(OPEN, "open", folder, file);                                 \
        return real call;                                                             \
    }

int open(const char *file, int flags, ...) OPENING(open, (file, flags, mode), AT_FDCWD)
int open64(const char *file, int flags, ...) OPENING(open64, (file, flags, mode), AT_FDCWD)
int openat(int folder, const char *file, int flags, ...) OPENING(openat, (folder, file, flags, mode), folder)
int openat64(int folder, const char *file, int flags, ...) OPENING(openat64, (folder, file, flags, mode), folder)

int rename(const char *old, const char *new)
{
    REAL(rename);
    FAIL_BY_NAME(RENAME, "rename", AT_FDCWD, new);
    return real(old, new);
}

int renameat(int from, const char *old, int to, const char *new)
{
    REAL(renameat);
    FAIL_BY_NAME(RENAME, "rename", to, new);
    return real(from, old, to, new);
}

int flock(int descriptor, int operation)
{
    REAL(flock);
    FAIL_BY_DESCRIPTOR(LOCK, "flock", descriptor);
    return real(descriptor, operation);
}

#define LOCKING(name)                                                                 \
    int name(int descriptor, int command, ...)                                        \
    {                                                                                 \
        REAL(name);                                                                   \
        va_list rest;                                                                 \
        va_start(rest, command);                                                      \
        void *argument = va_arg(rest, void *);                                        \
        va_end(rest);                                                                 \
        if (command == F_SETLK || command == F_SETLKW)                                \
            FAIL_BY_DESCRIPTOR(LOCK, "fcntl", descriptor);                            \
        return real(descriptor, command, argument);                                   \
    }
LOCKING(fcntl)
LOCKING(fcntl64)

int link(const char *old, const char *new)
{
    REAL(link);
    FAIL_BY_NAME(LINK, "link", AT_FDCWD, new);
    return real(old, new);
}

int linkat(int from, const char *old, int to, const char *new, int flags)
{
    REAL(linkat);
    FAIL_BY_NAME(LINK, "link", to, new);
    return real(from, old, to, new, flags);
}

int symlink(const char *target, const char *new)
{
    REAL(symlink);
    FAIL_BY_NAME(LINK, "symlink", AT_FDCWD, new);
    return real(target, new);
}

int symlinkat(const char *target, int folder, const char *new)
{
    REAL(symlinkat);
    FAIL_BY_NAME(LINK, "symlink", folder, new);
    return real(target, folder, new);
}

int ftruncate64(int descriptor, off64_t length)
{
    REAL(ftruncate64);
    FAIL_BY_DESCRIPTOR(TRUNCATE, "ftruncate", descriptor);
    return real(descriptor, length);
}

int truncate64(const char *file, off64_t length)
{
    REAL(truncate64);
    FAIL_BY_NAME(TRUNCATE, "truncate", AT_FDCWD, file);
    return real(file, length);
}

int mkdir(const char *file, mode_t mode)
{
    REAL(mkdir);
    FAIL_BY_NAME(MKDIR, "mkdir", AT_FDCWD, file);
    return real(file, mode);
}

int unlink(const char *file)
{
    REAL(unlink);
    FAIL_BY_NAME(UNLINK, "unlink", AT_FDCWD, file);
    return real(file);
}

int unlinkat(int folder, const char *file, int flags)
{
    REAL(unlinkat);
    FAIL_BY_NAME(UNLINK, "unlink", folder, file);
    return real(folder, file, flags);
}

int rmdir(const char *file)
{
    REAL(rmdir);
    FAIL_BY_NAME(UNLINK, "rmdir", AT_FDCWD, file);
    return real(file);
}

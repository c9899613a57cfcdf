// What Node's WASI gets wrong, so that only a native run confirms it: absolute
// deadlines, links that must not be followed, short readlink buffers and times
// below a second. argv[1] is an empty directory.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void check(const char *what, int holds) {
    printf("%s: %s\n", what, holds ? "yes" : "NO");
}

static void sleep_until(const char *what, clockid_t clock) {
    struct timespec deadline, now;
    clock_gettime(clock, &deadline);
    deadline.tv_nsec += 20000000;
    deadline.tv_sec += deadline.tv_nsec / 1000000000;
    deadline.tv_nsec %= 1000000000;
    int error = clock_nanosleep(clock, TIMER_ABSTIME, &deadline, NULL);
    clock_gettime(clock, &now);
    check(what, error == 0 && (now.tv_sec > deadline.tv_sec ||
                               (now.tv_sec == deadline.tv_sec && now.tv_nsec >= deadline.tv_nsec)));
    check("a deadline in the past returns", clock_nanosleep(clock, TIMER_ABSTIME, &(struct timespec){.tv_nsec = 1}, NULL) == 0);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fputs("usage: posix DIRECTORY\n", stderr);
        return 2;
    }
    sleep_until("slept until a monotonic deadline", CLOCK_MONOTONIC);
    sleep_until("slept until a wall-clock deadline", CLOCK_REALTIME);

    char file[512], link[512], target[16] = "................";
    snprintf(file, sizeof file, "%s/file", argv[1]);
    snprintf(link, sizeof link, "%s/link", argv[1]);
    int fd = open(file, O_RDWR | O_CREAT | O_EXCL, 0644);
    check("created", fd >= 0 && symlink("file", link) == 0);
    check("open with O_NOFOLLOW fails with ELOOP", open(link, O_RDONLY | O_NOFOLLOW) < 0 && errno == ELOOP);
    check("a short readlink is cut", readlink(link, target, 3) == 3 && memcmp(target, "fil.", 4) == 0);

    struct timespec stamps[2] = {{.tv_sec = 1000000000, .tv_nsec = 250000000},
                                 {.tv_sec = 1234567890, .tv_nsec = 123456789}};
    struct stat status;
    check("times are set", futimens(fd, stamps) == 0 && fstat(fd, &status) == 0);
    printf("atime %lld.%09ld mtime %lld.%09ld\n", (long long)status.st_atim.tv_sec, (long)status.st_atim.tv_nsec,
           (long long)status.st_mtim.tv_sec, (long)status.st_mtim.tv_nsec);
    check("times of a link", utimensat(AT_FDCWD, link, stamps, AT_SYMLINK_NOFOLLOW) == 0 && lstat(link, &status) == 0 &&
                                 S_ISLNK(status.st_mode) && status.st_mtim.tv_nsec == 123456789);
    // wasi-libc knows UTIME_OMIT and UTIME_NOW for the access time only.
    stamps[0].tv_nsec = UTIME_OMIT;
    stamps[1].tv_sec = 1500000000;
    check("one time is omitted", futimens(fd, stamps) == 0 && fstat(fd, &status) == 0 &&
                                     status.st_atim.tv_sec == 1000000000 && status.st_mtim.tv_sec == 1500000000);
    stamps[0].tv_nsec = UTIME_NOW;
    check("one time is now", futimens(fd, stamps) == 0 && fstat(fd, &status) == 0 &&
                                 status.st_atim.tv_sec > 1704067200 && status.st_mtim.tv_sec == 1500000000);
    close(fd);
    check("removed", unlink(link) == 0 && unlink(file) == 0);
    return 0;
}

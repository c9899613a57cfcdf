// Exercises the file system below the directory in argv[1], which is empty at
// the start and which another directory must not be reachable from.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path_buffer[4][256];

// The path of `name` below the directory under test; four results stay valid.
static const char *in(const char *name) {
    static const char *root;
    static unsigned turn;
    if (root == NULL) {
        root = name;
        return root;
    }
    char *buffer = path_buffer[turn++ % 4];
    snprintf(buffer, sizeof path_buffer[0], "%s/%s", root, name);
    return buffer;
}

static void report(const char *what, int result) {
    if (result >= 0) {
        printf("%s: ok\n", what);
    } else {
        printf("%s: %s\n", what, strerror(errno));
    }
}

// Hosts differ in the error number of a refused escape, so only the refusal
// is printed.
static void report_refused(const char *what, int result) {
    printf("%s: %s\n", what, result < 0 ? "refused" : "ALLOWED");
    if (result >= 0) {
        close(result);
    }
}

static void print_file(const char *name) {
    char text[128];
    int fd = open(in(name), O_RDONLY);
    if (fd < 0) {
        printf("%s: %s\n", name, strerror(errno));
        return;
    }
    ssize_t length = read(fd, text, sizeof text);
    printf("%s: %zd bytes <%.*s>\n", name, length, (int)length, text);
    close(fd);
}

static int compare_strings(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// Some hosts list `.` and `..`, others do not: both may.
static struct dirent *next_entry(DIR *dir) {
    struct dirent *entry;
    do {
        entry = readdir(dir);
    } while (entry != NULL && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    return entry;
}

static void list(const char *name) {
    DIR *dir = opendir(in(name));
    if (dir == NULL) {
        printf("list %s: %s\n", name, strerror(errno));
        return;
    }
    char *names[600];
    size_t count = 0;
    unsigned long total_length = 0;
    for (struct dirent *entry; (entry = next_entry(dir)) != NULL && count < 600;) {
        names[count++] = strdup(entry->d_name);
        total_length += strlen(entry->d_name);
    }
    rewinddir(dir);
    size_t again = 0;
    while (next_entry(dir) != NULL) {
        again++;
    }
    closedir(dir);
    qsort(names, count, sizeof *names, compare_strings);
    printf("list %s: %zu entries, %zu after rewinding, %lu bytes of names:", name, count, again, total_length);
    for (size_t i = 0; i < count; i++) {
        if (i < 7 || i + 2 > count) {
            printf(" %s", names[i]);
        }
        free(names[i]);
    }
    printf("\n");
}

static void create_read_write(void) {
    int fd = open(in("a.txt"), O_RDWR | O_CREAT | O_EXCL, 0644);
    report("create a.txt", fd);
    report("create a.txt again", open(in("a.txt"), O_RDWR | O_CREAT | O_EXCL, 0644));
    report("write", (int)write(fd, "hello, file system", 18));
    printf("seek to start: %lld\n", (long long)lseek(fd, 0, SEEK_SET));
    char text[32];
    ssize_t length = read(fd, text, 5);
    printf("read %zd <%.*s>\n", length, (int)length, text);
    printf("position: %lld\n", (long long)lseek(fd, 0, SEEK_CUR));
    printf("seek from end: %lld\n", (long long)lseek(fd, -6, SEEK_END));
    length = read(fd, text, sizeof text);
    printf("read %zd <%.*s>\n", length, (int)length, text);
    printf("read at end: %zd\n", read(fd, text, sizeof text));
    errno = 0;
    report("seek before start", (int)lseek(fd, -1, SEEK_SET));
    printf("pwrite: %zd\n", pwrite(fd, "HELLO", 5, 0));
    length = pread(fd, text, 12, 0);
    printf("pread %zd <%.*s>\n", length, (int)length, text);
    printf("position unchanged: %lld\n", (long long)lseek(fd, 0, SEEK_CUR));
    report("truncate to 5", ftruncate(fd, 5));
    report("sync", fsync(fd));
    struct stat status;
    report("fstat", fstat(fd, &status));
    printf("size %lld regular %d links %d\n", (long long)status.st_size, S_ISREG(status.st_mode), (int)status.st_nlink);
    report("extend to 8", ftruncate(fd, 8));
    length = pread(fd, text, sizeof text, 0);
    printf("extended %zd, zeroed %d\n", length, memcmp(text, "HELLO\0\0\0", 8) == 0);
    report("truncate back", ftruncate(fd, 5));
    report("close", close(fd));
    report("close again", close(fd));

    fd = open(in("a.txt"), O_WRONLY | O_APPEND);
    report("append", (int)write(fd, " one", 4));
    lseek(fd, 0, SEEK_SET);
    report("append after seek", (int)write(fd, " two", 4));
    close(fd);
    print_file("a.txt");

    fd = open(in("a.txt"), O_RDONLY);
    report("write to read-only", (int)write(fd, "x", 1));
    close(fd);
    fd = open(in("a.txt"), O_WRONLY);
    report("read from write-only", (int)read(fd, text, 1));
    close(fd);
    report("open missing", open(in("missing"), O_RDONLY));
    report("open through file", open(in("a.txt/x"), O_RDONLY));
}

static void stdio_streams(void) {
    FILE *file = fopen(in("lines.txt"), "w+");
    for (int i = 0; i < 1000; i++) {
        fprintf(file, "line %d\n", i);
    }
    printf("written %ld\n", ftell(file));
    rewind(file);
    char line[32];
    int count = 0, sum = 0, number;
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, "line %d", &number) == 1) {
        count++;
        sum += number;
    }
    fclose(file);
    printf("lines %d sum %d\n", count, sum);
}

static void directories(void) {
    report("mkdir sub", mkdir(in("sub"), 0755));
    report("mkdir sub again", mkdir(in("sub"), 0755));
    report("mkdir sub/deep", mkdir(in("sub/deep"), 0755));
    report("mkdir missing/x", mkdir(in("missing/x"), 0755));
    struct stat status;
    report("stat sub", stat(in("sub"), &status));
    printf("sub is a directory: %d\n", S_ISDIR(status.st_mode));
    report("rmdir non-empty", rmdir(in("sub")));
    report("unlink directory", unlink(in("sub")) < 0 && (errno == EISDIR || errno == EPERM) ? 0 : -1);
    report("rmdir file", rmdir(in("a.txt")));
    report("rmdir sub/deep", rmdir(in("sub/deep")));
    for (int i = 0; i < 300; i++) {
        char name[64];
        snprintf(name, sizeof name, "sub/an-entry-with-a-rather-long-name-%03d", i);
        close(open(in(name), O_WRONLY | O_CREAT, 0644));
    }
    list("sub");
    for (int i = 0; i < 300; i++) {
        char name[64];
        snprintf(name, sizeof name, "sub/an-entry-with-a-rather-long-name-%03d", i);
        unlink(in(name));
    }
    list("sub");
}

static void renames(void) {
    report("rename a.txt b.txt", rename(in("a.txt"), in("b.txt")));
    print_file("a.txt");
    print_file("b.txt");
    report("rename into sub", rename(in("b.txt"), in("sub/c.txt")));
    int fd = open(in("d.txt"), O_WRONLY | O_CREAT, 0644);
    write(fd, "replaced", 8);
    close(fd);
    report("rename over file", rename(in("sub/c.txt"), in("d.txt")));
    print_file("d.txt");
    report("rename missing", rename(in("missing"), in("x")));
    report("rename directory", rename(in("sub"), in("moved")));
    list("moved");
}

static void links(void) {
    struct stat status;
    report("hard link", link(in("d.txt"), in("hard.txt")));
    stat(in("hard.txt"), &status);
    printf("links %d\n", (int)status.st_nlink);
    report("symlink", symlink("d.txt", in("soft.txt")));
    char target[64];
    ssize_t length = readlink(in("soft.txt"), target, sizeof target);
    printf("readlink %zd <%.*s>\n", length, (int)length, target);
    report("readlink of file", (int)readlink(in("d.txt"), target, sizeof target));
    lstat(in("soft.txt"), &status);
    printf("lstat symlink %d\n", S_ISLNK(status.st_mode));
    stat(in("soft.txt"), &status);
    printf("stat regular %d\n", S_ISREG(status.st_mode));
    print_file("soft.txt");
    report("dangling symlink", symlink("nowhere", in("dangling")));
    report("open dangling", open(in("dangling"), O_RDONLY));
    report("symlink loop", symlink("loop", in("loop")));
    report("open loop", open(in("loop"), O_RDONLY));
    report("symlink to directory", symlink("moved", in("dirlink")));
    int fd = open(in("dirlink/e.txt"), O_WRONLY | O_CREAT, 0644);
    report("create through directory link", fd);
    close(fd);
    list("moved");
    unlink(in("moved/e.txt"));
}

static void times(void) {
    struct timespec stamps[2] = {{.tv_sec = 1000000000, .tv_nsec = 0}, {.tv_sec = 1234567890, .tv_nsec = 0}};
    report("utimensat", utimensat(AT_FDCWD, in("d.txt"), stamps, 0));
    struct stat status;
    stat(in("d.txt"), &status);
    printf("atime %lld mtime %lld\n", (long long)status.st_atim.tv_sec, (long long)status.st_mtim.tv_sec);
    int fd = open(in("d.txt"), O_RDWR);
    stamps[1].tv_sec = 1500000000;
    stamps[0].tv_nsec = UTIME_OMIT;
    report("futimens", futimens(fd, stamps));
    fstat(fd, &status);
    printf("atime %lld mtime %lld\n", (long long)status.st_atim.tv_sec, (long long)status.st_mtim.tv_sec);
    close(fd);
}

static void escapes(void) {
    report_refused("parent directory", open(in("../"), O_RDONLY));
    report_refused("parent of sub", open(in("moved/../../secret"), O_RDONLY));
    report_refused("many parents", open(in("../../../../../../etc/passwd"), O_RDONLY));
    report_refused("absolute path", open("/etc/passwd", O_RDONLY));
    if (symlink("../secret", in("out")) == 0) {
        report_refused("symlink to parent", open(in("out"), O_RDONLY));
        unlink(in("out"));
    } else {
        printf("symlink to parent: refused\n");
    }
    report_refused("rename to parent", rename(in("d.txt"), in("../stolen")));
    report("stay inside with dots", close(open(in("moved/.././d.txt"), O_RDONLY)));
}

static void clean_up(void) {
    static const char *const files[] = {"lines.txt", "d.txt", "hard.txt", "soft.txt", "dangling", "loop", "dirlink"};
    list(".");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (unlink(in(files[i])) < 0) {
            report(files[i], -1);
        }
    }
    report("unlink missing", unlink(in("missing")));
    report("rmdir moved", rmdir(in("moved")));
    list(".");
}

int main(int argc, char **argv) {
    in(argc > 1 ? argv[1] : ".");
    create_read_write();
    stdio_streams();
    directories();
    renames();
    links();
    times();
    escapes();
    clean_up();
    return 0;
}

// What the C library wants of its system.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT void print(const char *text) { printf("out: %s\n", text); }
EXPORT void print_error(const char *text) { fprintf(stderr, "err: %s\n", text); }
EXPORT void print_part(const char *text) { fputs(text, stdout), fflush(stdout); }

EXPORT int year(void) {
  time_t now = time(NULL);
  return gmtime(&now)->tm_year + 1900;
}

EXPORT double elapsed(void) {
  struct timespec time;
  return clock_gettime(CLOCK_MONOTONIC, &time) == 0 ? time.tv_sec + time.tv_nsec / 1e9 : -1;
}

EXPORT int has_randomness(void) {
  unsigned char a[16] = {0}, b[16] = {0};
  return getentropy(a, sizeof a) == 0 && getentropy(b, sizeof b) == 0 && memcmp(a, b, sizeof a) != 0;
}

EXPORT const char *variable(const char *name) { return getenv(name); }

EXPORT const char *open_file(const char *path) {
  FILE *file = fopen(path, "r");
  return file ? "open" : strerror(errno);
}

EXPORT int read_character(void) { return getchar(); }

EXPORT void leave(int code) { exit(code); }

EXPORT void give_up(void) { abort(); }

static int initialized;
__attribute__((constructor)) static void initialize(void) { initialized = 7; }
EXPORT int constructed(void) { return initialized; }

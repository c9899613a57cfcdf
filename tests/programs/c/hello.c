// Arguments, environment, both output streams and the exit code.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static int compare_strings(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_at_exit(void) {
    puts("atexit ran");
}

int main(int argc, char **argv) {
    atexit(print_at_exit);
    printf("argc=%d\n", argc);
    for (int i = 1; i < argc; i++) {
        printf("argv[%d]=<%s>\n", i, argv[i]);
    }

    size_t count = 0;
    while (environ[count] != NULL) {
        count++;
    }
    qsort(environ, count, sizeof *environ, compare_strings);
    for (size_t i = 0; i < count; i++) {
        printf("env %s\n", environ[i]);
    }
    const char *greeting = getenv("GREETING");
    printf("GREETING is %s\n", greeting != NULL ? greeting : "unset");

    const char *status = getenv("EXIT_STATUS");
    int code = status != NULL ? atoi(status) : 0;
    fprintf(stderr, "leaving with %d\n", code);
    exit(code);
}

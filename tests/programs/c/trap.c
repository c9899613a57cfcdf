// Traps in the way that argv[1] names, three calls deep, with debug info. The
// lines that trap are named in cases.json.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) static int divide(volatile int *by) {
    return 100 / *by;
}

__attribute__((noinline)) static int read_wild(volatile int *by) {
    return *(volatile int *)(0xfffffff0u - (unsigned)*by);
}

__attribute__((noinline)) static int call_wild(volatile int *by) {
    int (*function)(volatile int *) = (int (*)(volatile int *))(0x7fffffu + (unsigned)*by);
    return function(by);
}

__attribute__((noinline)) static int give_up(volatile int *by) {
    if (*by == 0) {
        *by = 1, __builtin_trap();
    }
    return 0;
}

__attribute__((noinline)) static int dispatch(const char *kind, volatile int *by) {
    int result = 0;
    if (strcmp(kind, "divide") == 0) {
        result = divide(by);
    } else if (strcmp(kind, "read") == 0) {
        result = read_wild(by);
    } else if (strcmp(kind, "call") == 0) {
        result = call_wild(by);
    } else if (strcmp(kind, "abort") == 0) {
        abort();
    } else {
        result = give_up(by);
    }
    return result + *by;
}

int main(int argc, char **argv) {
    volatile int zero = 0;
    printf("about to trap\n");
    fflush(stdout);
    int result = dispatch(argc > 1 ? argv[1] : "give up", &zero);
    printf("still here: %d\n", result);
    return 0;
}

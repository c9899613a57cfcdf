// Recurses argv[1] calls deep and prints a value that needs every frame.
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static unsigned descend(unsigned depth) {
    if (depth == 0) {
        return 1;
    }
    // Neither associative nor in tail position, so no loop can replace it.
    unsigned below = descend(depth - 1);
    return (below ^ depth) * 2654435761u + (below >> 15);
}

int main(int argc, char **argv) {
    unsigned depth = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000;
    printf("descending\n");
    fflush(stdout);
    printf("%u calls: %08x\n", depth, descend(depth));
    return 0;
}

// Grows memory by argv[1] MiB in steps, checks that nothing is lost or shared,
// and that an impossible request fails without harm.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1024u * 1024u)

int main(int argc, char **argv) {
    unsigned blocks = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 64;
    unsigned char **block = malloc(blocks * sizeof *block);
    for (unsigned i = 0; i < blocks; i++) {
        block[i] = calloc(1, MIB);
        if (block[i] == NULL) {
            printf("no memory after %u MiB\n", i);
            return 1;
        }
        for (unsigned at = 0; at < MIB; at += 4096) {
            if (block[i][at] != 0) {
                printf("block %u is not zero at %u\n", i, at);
                return 1;
            }
            block[i][at] = (unsigned char)(i + at / 4096);
        }
    }
    unsigned wrong = 0;
    for (unsigned i = 0; i < blocks; i++) {
        for (unsigned at = 0; at < MIB; at += 4096) {
            wrong += block[i][at] != (unsigned char)(i + at / 4096);
        }
    }
    printf("%u MiB held, %u wrong\n", blocks, wrong);
    // Compilers may drop an allocation that nothing looks at.
    void *volatile impossible = malloc(0xfff00000u);
    printf("impossible request: %s\n", impossible == NULL ? "refused" : "GRANTED");

    unsigned char *big = malloc(3 * MIB);
    memset(big, 0x5a, 3 * MIB);
    for (unsigned size = 3; size <= 24; size += 3) {
        big = realloc(big, size * MIB);
        if (big == NULL) {
            printf("no memory for %u MiB\n", size);
            return 1;
        }
    }
    printf("reallocated to 24 MiB, contents %s\n", big[0] == 0x5a && big[3 * MIB - 1] == 0x5a ? "kept" : "LOST");
    for (unsigned i = 0; i < blocks; i++) {
        free(block[i]);
    }
    free(block);
    free(big);
    return 0;
}

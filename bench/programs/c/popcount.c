// Bit counting on sets of 4,096 bits: n rounds of intersection, union, difference, and searching for the next member.
#include "bench.h"

enum { WORDS = 64, SETS = 64 };

static uint64_t sets[SETS][WORDS];

int64_t bench_run(int32_t n) {
    uint64_t random = 5, checksum = 0;
    for (int i = 0; i < SETS; i++) {
        for (int word = 0; word < WORDS; word++) {
            sets[i][word] = next_random(&random) & next_random(&random);
        }
    }
    for (int32_t round = 0; round < n; round++) {
        uint64_t *a = sets[round % SETS], *b = sets[round * 7 % SETS], *c = sets[(round * 13 + 5) % SETS];
        int common = 0, either = 0, members = 0, gaps = 0;
        for (int word = 0; word < WORDS; word++) {
            common += __builtin_popcountll(a[word] & b[word]);
            either += __builtin_popcountll(a[word] | c[word]);
            uint64_t difference = a[word] & ~c[word];
            while (difference != 0) {
                members += __builtin_ctzll(difference) ^ word;
                gaps += __builtin_clzll(difference);
                difference &= difference - 1;
            }
            b[word] = (b[word] << 1 | b[word] >> 63) ^ (a[word] & c[(word + 1) % WORDS]);
        }
        checksum = mix(checksum, (uint64_t)common << 48 ^ (uint64_t)either << 32 ^ (uint64_t)members << 16 ^ (uint64_t)gaps);
    }
    return (int64_t)checksum;
}

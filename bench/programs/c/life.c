// Conway's Game of Life on a torus of 96 by 96 cells, n generations.
#include "bench.h"

enum { SIZE = 96 };

static uint8_t first[SIZE][SIZE], second[SIZE][SIZE];

static void step(uint8_t (*restrict to)[SIZE], uint8_t (*restrict from)[SIZE]) {
    for (int y = 0; y < SIZE; y++) {
        const uint8_t *above = from[(y + SIZE - 1) % SIZE], *here = from[y], *below = from[(y + 1) % SIZE];
        for (int x = 0; x < SIZE; x++) {
            int left = (x + SIZE - 1) % SIZE, right = (x + 1) % SIZE;
            int around = above[left] + above[x] + above[right] + here[left] + here[right] + below[left] + below[x] +
                         below[right];
            to[y][x] = around == 3 || (around == 2 && here[x]);
        }
    }
}

int64_t bench_run(int32_t n) {
    uint64_t random = 14, checksum = 0;
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            first[y][x] = next_random(&random) >> 62 == 0;
        }
    }
    uint8_t (*from)[SIZE] = first, (*to)[SIZE] = second;
    for (int32_t i = 0; i < n; i++) {
        step(to, from);
        uint8_t (*swap)[SIZE] = from;
        from = to;
        to = swap;
    }
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            checksum = mix(checksum, from[y][x]);
        }
    }
    return (int64_t)checksum;
}

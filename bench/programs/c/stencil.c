// Heat that spreads over a plate: n sweeps of the five-point stencil over a grid whose edge has fixed temperatures.
#include "bench.h"

enum { WIDTH = 256, HEIGHT = 256 };

static double first[HEIGHT][WIDTH], second[HEIGHT][WIDTH];

static void sweep(double (*restrict to)[WIDTH], double (*restrict from)[WIDTH]) {
    for (int y = 1; y < HEIGHT - 1; y++) {
        for (int x = 1; x < WIDTH - 1; x++) {
            double around = from[y - 1][x] + from[y + 1][x] + from[y][x - 1] + from[y][x + 1];
            to[y][x] = from[y][x] * 0.5 + around * 0.125;
        }
    }
}

int64_t bench_run(int32_t n) {
    uint64_t random = 3, checksum = 0;
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            first[y][x] = second[y][x] = next_unit(&random);
        }
    }
    double (*from)[WIDTH] = first, (*to)[WIDTH] = second;
    for (int32_t i = 0; i < n; i++) {
        sweep(to, from);
        double (*swap)[WIDTH] = from;
        from = to;
        to = swap;
    }
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            checksum = mix_double(checksum, from[y][x]);
        }
    }
    return (int64_t)checksum;
}

// The Mandelbrot set on a grid of n by n points, at most 128 steps each.
#include "bench.h"

enum { LIMIT = 128 };

static int32_t escape(double re, double im) {
    double x = 0.0, y = 0.0;
    for (int32_t steps = 0; steps < LIMIT; steps++) {
        double xx = x * x, yy = y * y;
        if (xx + yy > 4.0) {
            return steps;
        }
        y = 2.0 * x * y + im;
        x = xx - yy + re;
    }
    return LIMIT;
}

int64_t bench_run(int32_t n) {
    uint64_t checksum = 0;
    double step = 2.5 / n;
    for (int32_t row = 0; row < n; row++) {
        for (int32_t column = 0; column < n; column++) {
            checksum = mix(checksum, (uint64_t)escape(column * step - 2.0, row * step - 1.25));
        }
    }
    return (int64_t)checksum;
}

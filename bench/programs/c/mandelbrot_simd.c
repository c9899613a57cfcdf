// The Mandelbrot set on a grid of n by n points, n a multiple of 2, at most 128 steps each: two points at a time in
// portable vectors. The checksum is that of mandelbrot.c.
#include "bench.h"

typedef double f64x2 __attribute__((vector_size(16)));
typedef int64_t i64x2 __attribute__((vector_size(16)));

enum { LIMIT = 128 };

static i64x2 escape(f64x2 re, f64x2 im) {
    f64x2 x = {0.0, 0.0}, y = {0.0, 0.0};
    i64x2 steps = {0, 0}, inside = {-1, -1};
    for (int i = 0; i < LIMIT; i++) {
        f64x2 xx = x * x, yy = y * y;
        inside &= xx + yy <= (f64x2){4.0, 4.0};
        if ((inside[0] | inside[1]) == 0) {
            break;
        }
        steps -= inside;
        y = 2.0 * x * y + im;
        x = xx - yy + re;
    }
    return steps;
}

int64_t bench_run(int32_t n) {
    uint64_t checksum = 0;
    double step = 2.5 / n;
    for (int32_t row = 0; row < n; row++) {
        double im = row * step - 1.25;
        for (int32_t column = 0; column < n; column += 2) {
            f64x2 re = {column * step - 2.0, (column + 1) * step - 2.0};
            i64x2 steps = escape(re, (f64x2){im, im});
            checksum = mix(mix(checksum, (uint64_t)steps[0]), (uint64_t)steps[1]);
        }
    }
    return (int64_t)checksum;
}

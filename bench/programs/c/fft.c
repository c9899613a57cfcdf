// Fast Fourier transforms of 4,096 complex numbers, radix 2, in place: forth and back, n times.
// The roots of unity come from half-angle formulas, because sine and cosine differ between C libraries.
#include <math.h>

#include "bench.h"

enum { BITS = 12, SIZE = 1 << BITS };

struct complex {
    double re, im;
};

static struct complex values[SIZE], roots[SIZE / 2];

static struct complex times(struct complex a, struct complex b) {
    return (struct complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

// roots[k] = exp(-2πik / SIZE): the first root of each level is the square root of that of the level before.
static void make_roots(void) {
    struct complex principal = {0.0, -1.0};
    roots[0] = (struct complex){1.0, 0.0};
    roots[SIZE / 4] = principal;
    for (int stride = SIZE / 8; stride > 0; stride /= 2) {
        principal = (struct complex){sqrt((1.0 + principal.re) / 2.0), -sqrt((1.0 - principal.re) / 2.0)};
        for (int k = 0; k < SIZE / 2; k += 2 * stride) {
            roots[k + stride] = times(roots[k], principal);
        }
    }
}

static void reorder(void) {
    for (int i = 0, j = 0; i < SIZE; i++) {
        if (i < j) {
            struct complex swap = values[i];
            values[i] = values[j];
            values[j] = swap;
        }
        int bit = SIZE / 2;
        while (bit > 0 && (j & bit)) {
            j ^= bit;
            bit /= 2;
        }
        j |= bit;
    }
}

// `direction` is 1 forth and -1 back.
static void transform(double direction) {
    reorder();
    for (int half = 1; half < SIZE; half *= 2) {
        int stride = SIZE / (2 * half);
        for (int start = 0; start < SIZE; start += 2 * half) {
            for (int k = 0; k < half; k++) {
                struct complex root = roots[k * stride];
                root.im *= direction;
                struct complex *even = &values[start + k], *odd = even + half;
                struct complex product = times(*odd, root);
                *odd = (struct complex){even->re - product.re, even->im - product.im};
                *even = (struct complex){even->re + product.re, even->im + product.im};
            }
        }
    }
}

int64_t bench_run(int32_t n) {
    uint64_t random = 2, checksum = 0;
    make_roots();
    for (int i = 0; i < SIZE; i++) {
        values[i] = (struct complex){next_unit(&random) - 0.5, next_unit(&random) - 0.5};
    }
    for (int32_t round = 0; round < n; round++) {
        transform(1.0);
        checksum = mix_double(checksum, values[round % SIZE].re);
        transform(-1.0);
        for (int i = 0; i < SIZE; i++) {
            values[i].re *= 1.0 / SIZE;
            values[i].im *= 1.0 / SIZE;
        }
    }
    for (int i = 0; i < SIZE; i++) {
        checksum = mix_double(mix_double(checksum, values[i].re), values[i].im);
    }
    return (int64_t)checksum;
}

// Products of dense matrices: A becomes A·B, n times. The rows of B add up to about 1, so that A stays bounded.
// The innermost loop goes along rows, so that a compiler may vectorise it.
#include "bench.h"

enum { SIZE = 160 };

static double a[SIZE][SIZE], b[SIZE][SIZE], product[SIZE][SIZE];

static void fill(void) {
    uint64_t random = 1;
    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++) {
            a[i][j] = next_unit(&random);
            b[i][j] = next_unit(&random) * (2.0 / SIZE);
        }
    }
}

static void multiply(double (*restrict to)[SIZE], double (*restrict left)[SIZE], double (*restrict right)[SIZE]) {
    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++) {
            to[i][j] = 0.0;
        }
        for (int k = 0; k < SIZE; k++) {
            double factor = left[i][k];
            for (int j = 0; j < SIZE; j++) {
                to[i][j] += factor * right[k][j];
            }
        }
    }
}

int64_t bench_run(int32_t n) {
    double (*from)[SIZE] = a, (*to)[SIZE] = product;
    fill();
    for (int32_t i = 0; i < n; i++) {
        multiply(to, from, b);
        double (*swap)[SIZE] = from;
        from = to;
        to = swap;
    }
    uint64_t checksum = 0;
    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++) {
            checksum = mix_double(checksum, from[i][j]);
        }
    }
    return (int64_t)checksum;
}

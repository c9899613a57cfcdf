// The spectral norm of the infinite matrix with 1 / ((i + j)(i + j + 1) / 2 + i + 1) at (i, j), of which the first
// n rows and columns are taken, by ten steps of the power method.
#include <math.h>
#include <stdlib.h>

#include "bench.h"

static double entry(int32_t row, int32_t column) {
    return 1.0 / ((row + column) * (row + column + 1) / 2 + row + 1);
}

static void multiply(int32_t n, const double *restrict from, double *restrict to) {
    for (int32_t i = 0; i < n; i++) {
        double sum = 0.0;
        for (int32_t j = 0; j < n; j++) {
            sum += entry(i, j) * from[j];
        }
        to[i] = sum;
    }
}

static void multiply_transposed(int32_t n, const double *restrict from, double *restrict to) {
    for (int32_t i = 0; i < n; i++) {
        double sum = 0.0;
        for (int32_t j = 0; j < n; j++) {
            sum += entry(j, i) * from[j];
        }
        to[i] = sum;
    }
}

int64_t bench_run(int32_t n) {
    double *vectors = malloc(3 * (size_t)n * sizeof *vectors);
    if (vectors == NULL) {
        return -1;
    }
    double *u = vectors, *v = vectors + n, *between = vectors + 2 * (size_t)n;
    for (int32_t i = 0; i < n; i++) {
        u[i] = 1.0;
    }
    for (int step = 0; step < 10; step++) {
        multiply(n, u, between);
        multiply_transposed(n, between, v);
        multiply(n, v, between);
        multiply_transposed(n, between, u);
    }
    double product = 0.0, square = 0.0;
    for (int32_t i = 0; i < n; i++) {
        product += u[i] * v[i];
        square += v[i] * v[i];
    }
    free(vectors);
    return (int64_t)mix_double(0, sqrt(product / square));
}

// One long loop: n steps of the logistic map, a chain of dependent multiplications.
#include "bench.h"

int64_t bench_run(int32_t n) {
    double x = 0.375, sum = 0.0;
    for (int32_t i = 0; i < n; i++) {
        x = 3.9375 * x * (1.0 - x);
        sum += x;
    }
    return (int64_t)mix_double(0, sum);
}

// One long loop: π by n terms of Leibniz's series.
#include "bench.h"

int64_t bench_run(int32_t n) {
    double sum = 0.0, sign = 4.0;
    for (int32_t i = 0; i < n; i++) {
        sum += sign / (2.0 * i + 1.0);
        sign = -sign;
    }
    return (int64_t)mix_double(0, sum);
}

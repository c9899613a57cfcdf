// One long loop: how many of n pseudo-random points of the unit square are in the quarter of a circle.
#include "bench.h"

int64_t bench_run(int32_t n) {
    uint64_t state = 11;
    int64_t inside = 0;
    for (int32_t i = 0; i < n; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double x = (double)(int32_t)(state >> 33) * 0x1p-31;
        double y = (double)(int32_t)(state >> 2 & 0x7fffffff) * 0x1p-31;
        if (x * x + y * y < 1.0) {
            inside++;
        }
    }
    return inside;
}

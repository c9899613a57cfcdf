// One long loop: n steps of a pseudo-random number generator.
#include "bench.h"

int64_t bench_run(int32_t n) {
    uint64_t x = UINT64_C(0x853c49e6748fea9b), sum = 0;
    for (int32_t i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        sum += x;
    }
    return (int64_t)sum;
}

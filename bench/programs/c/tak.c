// Takeuchi's function, n times: calls with three arguments, most of them to compute arguments.
#include "bench.h"

static int32_t tak(int32_t x, int32_t y, int32_t z) {
    if (y >= x) {
        return z;
    }
    return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

int64_t bench_run(int32_t n) {
    uint64_t checksum = 0;
    for (int32_t i = 0; i < n; i++) {
        checksum = mix(checksum, (uint64_t)tak(16 + i % 3, 10 + i % 2, 4));
    }
    return (int64_t)checksum;
}

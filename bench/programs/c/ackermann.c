// Ackermann's function, n times with arguments whose recursion is at most about 500 calls deep.
#include "bench.h"

static int32_t ackermann(int32_t m, int32_t n) {
    if (m == 0) {
        return n + 1;
    }
    return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

int64_t bench_run(int32_t n) {
    uint64_t checksum = 0;
    for (int32_t i = 0; i < n; i++) {
        checksum = mix(checksum, (uint64_t)ackermann(3, 3 + i % 4));
    }
    return (int64_t)checksum;
}

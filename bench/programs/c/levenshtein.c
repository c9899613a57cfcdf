// The edit distance of two texts of n letters, n at most 2,048.
#include "bench.h"

enum { LONGEST = 2048 };

static char a[LONGEST], b[LONGEST];
static int32_t row[LONGEST + 1];

static int32_t smaller(int32_t x, int32_t y) {
    return x < y ? x : y;
}

int64_t bench_run(int32_t n) {
    uint64_t random = 12, checksum = 0;
    for (int32_t i = 0; i < n; i++) {
        a[i] = (char)('a' + next_random(&random) % 6);
        b[i] = i > 3 && next_random(&random) % 4 > 0 ? a[i - 3] : 'f';
    }
    for (int32_t j = 0; j <= n; j++) {
        row[j] = j;
    }
    for (int32_t i = 0; i < n; i++) {
        int32_t diagonal = row[0];
        row[0] = i + 1;
        for (int32_t j = 0; j < n; j++) {
            int32_t above = row[j + 1];
            int32_t replaced = diagonal + (a[i] != b[j]);
            row[j + 1] = smaller(replaced, smaller(above, row[j]) + 1);
            diagonal = above;
        }
        checksum = mix(checksum, (uint64_t)row[n]);
    }
    return (int64_t)mix(checksum, (uint64_t)row[n]);
}

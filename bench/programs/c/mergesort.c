// Sorts n records by key with a stable, bottom-up merge sort.
#include <stdlib.h>

#include "bench.h"

struct record {
    uint32_t key, position;
};

static void merge(struct record *restrict to, const struct record *restrict from, int32_t middle, int32_t end) {
    int32_t left = 0, right = middle;
    for (int32_t i = 0; i < end; i++) {
        if (left < middle && (right >= end || from[left].key <= from[right].key)) {
            to[i] = from[left++];
        } else {
            to[i] = from[right++];
        }
    }
}

int64_t bench_run(int32_t n) {
    struct record *records = malloc(2 * (size_t)n * sizeof *records);
    if (records == NULL) {
        return -1;
    }
    struct record *from = records, *to = records + n;
    uint64_t random = 7, checksum = 0;
    for (int32_t i = 0; i < n; i++) {
        from[i] = (struct record){(uint32_t)(next_random(&random) >> 48), (uint32_t)i};
    }
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t start = 0; start < n; start += 2 * width) {
            int64_t end = n - start < 2 * width ? n - start : 2 * width;
            merge(to + start, from + start, (int32_t)(end < width ? end : width), (int32_t)end);
        }
        struct record *swap = from;
        from = to;
        to = swap;
    }
    for (int32_t i = 0; i < n; i++) {
        checksum = mix(checksum, (uint64_t)from[i].key << 32 | from[i].position);
    }
    free(records);
    return (int64_t)checksum;
}

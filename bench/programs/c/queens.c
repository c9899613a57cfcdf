// How many ways there are to put n queens on a board of n by n, and a checksum of where they stand.
#include "bench.h"

struct search {
    uint32_t all;
    uint64_t solutions, checksum;
};

static void place(struct search *search, uint32_t columns, uint32_t left, uint32_t right, uint64_t trace) {
    if (columns == search->all) {
        search->solutions++;
        search->checksum += mix(0, trace);
        return;
    }
    uint32_t free = search->all & ~(columns | left | right);
    while (free != 0) {
        uint32_t queen = free & -free;
        free ^= queen;
        place(search, columns | queen, (left | queen) << 1, (right | queen) >> 1, trace * 33 + queen);
    }
}

int64_t bench_run(int32_t n) {
    struct search search = {(UINT32_C(1) << n) - 1, 0, 0};
    place(&search, 0, 0, 0, 0);
    return (int64_t)mix(search.checksum, search.solutions);
}

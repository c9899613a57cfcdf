// One long loop: the steps that all numbers from 1 to n take to reach 1 by Collatz's rule.
#include "bench.h"

int64_t bench_run(int32_t n) {
    int64_t steps = 0;
    uint64_t start = 1, x = 1;
    while (start <= (uint64_t)n) {
        if (x == 1) {
            x = ++start;
        } else {
            x = x % 2 == 0 ? x / 2 : 3 * x + 1;
            steps++;
        }
    }
    return steps;
}

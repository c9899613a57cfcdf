// The n-th Fibonacci number by double recursion.
#include "bench.h"

static int64_t fib(int32_t n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int64_t bench_run(int32_t n) {
    return fib(n);
}

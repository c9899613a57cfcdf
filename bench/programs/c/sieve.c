// The sieve of Eratosthenes over the odd numbers below n.
#include <stdlib.h>

#include "bench.h"

int64_t bench_run(int32_t n) {
    // composite[i] is about 2i + 1.
    int32_t length = n / 2;
    uint8_t *composite = calloc((size_t)length + 1, 1);
    if (composite == NULL) {
        return -1;
    }
    for (int32_t i = 1; 2 * (int64_t)i * (i + 1) < length; i++) {
        if (!composite[i]) {
            for (int32_t multiple = 2 * i * (i + 1); multiple < length; multiple += 2 * i + 1) {
                composite[multiple] = 1;
            }
        }
    }
    int64_t sum = n > 2 ? 2 : 0;
    for (int32_t i = 1; i < length; i++) {
        if (!composite[i]) {
            sum += 2 * i + 1;
        }
    }
    free(composite);
    return sum;
}

// Sorts n pseudo-random numbers with quicksort: median of three, insertion sort for short ranges.
#include <stdlib.h>

#include "bench.h"

enum { SHORT = 16 };

static void swap(uint32_t *a, uint32_t *b) {
    uint32_t value = *a;
    *a = *b;
    *b = value;
}

static void insertion_sort(uint32_t *from, uint32_t *to) {
    for (uint32_t *next = from + 1; next < to; next++) {
        uint32_t value = *next, *hole = next;
        while (hole > from && hole[-1] > value) {
            *hole = hole[-1];
            hole--;
        }
        *hole = value;
    }
}

static void quicksort(uint32_t *from, uint32_t *to) {
    while (to - from > SHORT) {
        uint32_t *middle = from + (to - from) / 2, *last = to - 1;
        if (*middle < *from) swap(middle, from);
        if (*last < *from) swap(last, from);
        if (*last < *middle) swap(last, middle);
        uint32_t pivot = *middle, *left = from, *right = last;
        while (left <= right) {
            while (*left < pivot) left++;
            while (pivot < *right) right--;
            if (left <= right) swap(left++, right--);
        }
        // The shorter part by recursion, the longer one by iteration: the stack stays shallow.
        if (right - from < to - left) {
            quicksort(from, right + 1);
            from = left;
        } else {
            quicksort(left, to);
            to = right + 1;
        }
    }
    insertion_sort(from, to);
}

int64_t bench_run(int32_t n) {
    uint32_t *values = malloc((size_t)n * sizeof *values);
    if (values == NULL) {
        return -1;
    }
    uint64_t random = 6, checksum = 0;
    for (int32_t i = 0; i < n; i++) {
        values[i] = (uint32_t)(next_random(&random) >> 32);
    }
    quicksort(values, values + n);
    for (int32_t i = 0; i < n; i++) {
        checksum = mix(checksum, values[i]);
    }
    free(values);
    return (int64_t)checksum;
}

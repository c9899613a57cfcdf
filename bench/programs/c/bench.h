// What every program here shares: how it exports itself, a generator of pseudo-random numbers, and checksums.
//
// A program defines bench_run, which does the work of `n` iterations and returns a checksum that depends on all of it.
// It imports nothing, keeps nothing between calls, and gives the same result on every machine: no contraction of
// floating-point operations, nothing of the C library that computes, no size of a type in the result.
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <string.h>

#if defined(__wasm__)
#define BENCH_EXPORT __attribute__((export_name("bench_run")))
#else
#define BENCH_EXPORT __attribute__((visibility("default")))
#endif

BENCH_EXPORT int64_t bench_run(int32_t n);

// xorshift64*: `state` must not be 0.
static inline uint64_t next_random(uint64_t *state) {
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

// A number in [0, 1) of which every bit is exact.
static inline double next_unit(uint64_t *state) {
    return (double)(next_random(state) >> 11) * 0x1p-53;
}

static inline uint64_t mix(uint64_t checksum, uint64_t value) {
    checksum = (checksum ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return checksum ^ (checksum >> 29);
}

static inline uint64_t mix_double(uint64_t checksum, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return mix(checksum, bits);
}

#endif

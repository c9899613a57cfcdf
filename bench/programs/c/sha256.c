// SHA-256 (FIPS 180-4) of 64 KiB, n times; each digest becomes the beginning of the next message.
// The constants are computed as the standard defines them: fractional parts of roots of the first primes.
#include "bench.h"

enum { LENGTH = 1 << 16 };

static uint8_t message[LENGTH];
static uint32_t constants[64], initial[8];

// The first 32 bits of the fractional part of the square or cube root of `prime`, exactly.
static uint32_t root_fraction(uint64_t prime, int power) {
    unsigned __int128 target = (unsigned __int128)prime << (power == 2 ? 64 : 96);
    uint64_t root = 0;
    for (int bit = 36; bit >= 0; bit--) {
        uint64_t candidate = root | UINT64_C(1) << bit;
        unsigned __int128 square = (unsigned __int128)candidate * candidate;
        if ((power == 2 ? square : square * candidate) <= target) {
            root = candidate;
        }
    }
    return (uint32_t)root;
}

static void make_constants(void) {
    int count = 0;
    for (uint64_t candidate = 2; count < 64; candidate++) {
        int is_prime = 1;
        for (uint64_t divisor = 2; divisor * divisor <= candidate; divisor++) {
            is_prime &= candidate % divisor != 0;
        }
        if (is_prime) {
            if (count < 8) {
                initial[count] = root_fraction(candidate, 2);
            }
            constants[count++] = root_fraction(candidate, 3);
        }
    }
}

static uint32_t rotate(uint32_t x, int by) {
    return x >> by | x << (32 - by);
}

static uint32_t big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void compress(uint32_t *state, const uint8_t *block) {
    uint32_t w[64], s[8];
    for (int t = 0; t < 16; t++) {
        w[t] = big_endian(block + 4 * t);
    }
    for (int t = 16; t < 64; t++) {
        uint32_t s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    memcpy(s, state, sizeof s);
    for (int t = 0; t < 64; t++) {
        uint32_t s1 = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t t1 = s[7] + s1 + choice + constants[t] + w[t];
        uint32_t s0 = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
        uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        s[7] = s[6];
        s[6] = s[5];
        s[5] = s[4];
        s[4] = s[3] + t1;
        s[3] = s[2];
        s[2] = s[1];
        s[1] = s[0];
        s[0] = t1 + s0 + majority;
    }
    for (int i = 0; i < 8; i++) {
        state[i] += s[i];
    }
}

// The digest of `message`, whose length is a multiple of a block: the padding is a block of its own.
static void hash(uint32_t *state) {
    uint8_t padding[64] = {0x80};
    uint64_t bits = (uint64_t)LENGTH * 8;
    for (int i = 0; i < 8; i++) {
        padding[63 - i] = (uint8_t)(bits >> 8 * i);
    }
    memcpy(state, initial, sizeof initial);
    for (int offset = 0; offset < LENGTH; offset += 64) {
        compress(state, message + offset);
    }
    compress(state, padding);
}

int64_t bench_run(int32_t n) {
    uint32_t digest[8] = {0};
    make_constants();
    for (int i = 0; i < LENGTH; i++) {
        message[i] = (uint8_t)i;
    }
    for (int32_t i = 0; i < n; i++) {
        hash(digest);
        for (int j = 0; j < 32; j++) {
            message[j] = (uint8_t)(digest[j / 4] >> (24 - 8 * (j % 4)));
        }
    }
    return (int64_t)((uint64_t)digest[0] << 32 | digest[1]);
}

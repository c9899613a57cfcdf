// The ChaCha20 stream cipher (RFC 8439) over 64 KiB, n times in place.
#include "bench.h"

enum { LENGTH = 1 << 16, BLOCK = 64 };

static uint8_t data[LENGTH];

static uint32_t rotate(uint32_t x, int by) {
    return x << by | x >> (32 - by);
}

static void quarter_round(uint32_t *s, int a, int b, int c, int d) {
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 7);
}

static void encrypt_block(const uint32_t *initial, uint8_t *block) {
    uint32_t s[16];
    memcpy(s, initial, sizeof s);
    for (int i = 0; i < 10; i++) {
        quarter_round(s, 0, 4, 8, 12);
        quarter_round(s, 1, 5, 9, 13);
        quarter_round(s, 2, 6, 10, 14);
        quarter_round(s, 3, 7, 11, 15);
        quarter_round(s, 0, 5, 10, 15);
        quarter_round(s, 1, 6, 11, 12);
        quarter_round(s, 2, 7, 8, 13);
        quarter_round(s, 3, 4, 9, 14);
    }
    for (int i = 0; i < 16; i++) {
        uint32_t key = s[i] + initial[i];
        for (int byte = 0; byte < 4; byte++) {
            block[4 * i + byte] ^= (uint8_t)(key >> 8 * byte);
        }
    }
}

int64_t bench_run(int32_t n) {
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    for (int i = 4; i < 16; i++) {
        state[i] = (uint32_t)i * 0x01010101;
    }
    state[12] = 0;
    for (int i = 0; i < LENGTH; i++) {
        data[i] = (uint8_t)i;
    }
    for (int32_t i = 0; i < n; i++) {
        for (int offset = 0; offset < LENGTH; offset += BLOCK) {
            encrypt_block(state, data + offset);
            state[12]++;
        }
    }
    uint64_t checksum = 0;
    for (int i = 0; i < LENGTH; i++) {
        checksum = mix(checksum, data[i]);
    }
    return (int64_t)checksum;
}

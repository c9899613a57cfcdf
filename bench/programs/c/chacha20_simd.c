// The ChaCha20 stream cipher (RFC 8439) over 64 KiB, n times in place: a row of the state is one portable vector.
// The checksum is that of chacha20.c.
#include "bench.h"

typedef uint32_t u32x4 __attribute__((vector_size(16)));

enum { LENGTH = 1 << 16, BLOCK = 64 };

static _Alignas(16) uint8_t data[LENGTH];

static u32x4 rotate(u32x4 x, int by) {
    return x << by | x >> (32 - by);
}

static void column_round(u32x4 *s) {
    s[0] += s[1];
    s[3] = rotate(s[3] ^ s[0], 16);
    s[2] += s[3];
    s[1] = rotate(s[1] ^ s[2], 12);
    s[0] += s[1];
    s[3] = rotate(s[3] ^ s[0], 8);
    s[2] += s[3];
    s[1] = rotate(s[1] ^ s[2], 7);
}

static void encrypt_block(const u32x4 *initial, uint8_t *block) {
    u32x4 s[4] = {initial[0], initial[1], initial[2], initial[3]};
    for (int i = 0; i < 10; i++) {
        column_round(s);
        s[1] = __builtin_shufflevector(s[1], s[1], 1, 2, 3, 0);
        s[2] = __builtin_shufflevector(s[2], s[2], 2, 3, 0, 1);
        s[3] = __builtin_shufflevector(s[3], s[3], 3, 0, 1, 2);
        column_round(s);
        s[1] = __builtin_shufflevector(s[1], s[1], 3, 0, 1, 2);
        s[2] = __builtin_shufflevector(s[2], s[2], 2, 3, 0, 1);
        s[3] = __builtin_shufflevector(s[3], s[3], 1, 2, 3, 0);
    }
    // Both targets are little-endian, as the cipher is.
    for (int i = 0; i < 4; i++) {
        u32x4 part;
        memcpy(&part, block + 16 * i, sizeof part);
        part ^= s[i] + initial[i];
        memcpy(block + 16 * i, &part, sizeof part);
    }
}

int64_t bench_run(int32_t n) {
    u32x4 state[4] = {{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}};
    for (int i = 4; i < 16; i++) {
        state[i / 4][i % 4] = (uint32_t)i * 0x01010101;
    }
    state[3][0] = 0;
    for (int i = 0; i < LENGTH; i++) {
        data[i] = (uint8_t)i;
    }
    for (int32_t i = 0; i < n; i++) {
        for (int offset = 0; offset < LENGTH; offset += BLOCK) {
            encrypt_block(state, data + offset);
            state[3][0]++;
        }
    }
    uint64_t checksum = 0;
    for (int i = 0; i < LENGTH; i++) {
        checksum = mix(checksum, data[i]);
    }
    return (int64_t)checksum;
}

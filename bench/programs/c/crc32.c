// CRC-32 (IEEE 802.3) of 64 KiB, a byte at a time through a table, n times; each result changes the next message.
#include "bench.h"

enum { LENGTH = 1 << 16 };

static uint8_t message[LENGTH];
static uint32_t table[256];

static void make_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
        table[byte] = crc;
    }
}

static uint32_t crc32(void) {
    uint32_t crc = ~UINT32_C(0);
    for (int i = 0; i < LENGTH; i++) {
        crc = crc >> 8 ^ table[(crc ^ message[i]) & 0xff];
    }
    return ~crc;
}

int64_t bench_run(int32_t n) {
    uint64_t random = 4, checksum = 0;
    make_table();
    for (int i = 0; i < LENGTH; i++) {
        message[i] = (uint8_t)next_random(&random);
    }
    for (int32_t i = 0; i < n; i++) {
        uint32_t crc = crc32();
        checksum = mix(checksum, crc);
        message[i % LENGTH] ^= (uint8_t)crc;
    }
    return (int64_t)checksum;
}

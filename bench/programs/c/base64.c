// Base64 (RFC 4648) of n bytes, n a multiple of 3, and back.
#include <stdlib.h>

#include "bench.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode(const uint8_t *from, int32_t n, char *to) {
    for (int32_t i = 0; i < n; i += 3, to += 4) {
        uint32_t group = (uint32_t)from[i] << 16 | (uint32_t)from[i + 1] << 8 | from[i + 2];
        for (int digit = 0; digit < 4; digit++) {
            to[digit] = alphabet[group >> (18 - 6 * digit) & 63];
        }
    }
}

// Whether all characters were of the alphabet.
static int decode(const char *from, int32_t n, uint8_t *to) {
    int8_t digits[256];
    memset(digits, -1, sizeof digits);
    for (int i = 0; i < 64; i++) {
        digits[(uint8_t)alphabet[i]] = (int8_t)i;
    }
    for (int32_t i = 0; i < n; i += 3, from += 4) {
        int32_t group = 0;
        for (int digit = 0; digit < 4; digit++) {
            int32_t value = digits[(uint8_t)from[digit]];
            if (value < 0) {
                return 0;
            }
            group = group << 6 | value;
        }
        to[i] = (uint8_t)(group >> 16);
        to[i + 1] = (uint8_t)(group >> 8);
        to[i + 2] = (uint8_t)group;
    }
    return 1;
}

int64_t bench_run(int32_t n) {
    uint8_t *bytes = malloc((size_t)n);
    char *text = malloc((size_t)n / 3 * 4);
    uint64_t random = 13, checksum = 0;
    if (bytes != NULL && text != NULL) {
        for (int32_t i = 0; i < n; i++) {
            bytes[i] = (uint8_t)(next_random(&random) >> 24);
        }
        encode(bytes, n, text);
        for (int32_t i = 0; i < n / 3 * 4; i++) {
            checksum = mix(checksum, (uint8_t)text[i]);
        }
        checksum = mix(checksum, (uint64_t)decode(text, n, bytes));
        for (int32_t i = 0; i < n; i++) {
            checksum = mix(checksum, bytes[i]);
        }
    }
    free(bytes);
    free(text);
    return (int64_t)checksum;
}

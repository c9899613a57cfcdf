// n passes over a text of 64 KiB: words are counted, hashed and compared, letters folded, and a word is searched for
// with Horspool's algorithm.
#include "bench.h"

enum { LENGTH = 1 << 16 };

static char text[LENGTH], folded[LENGTH];

static void write_text(void) {
    static const char *const words[] = {"the",     "Quick", "brown", "fox",   "jumps", "over", "a",  "lazy",
                                        "dog",     "while", "Seven", "wizards", "quietly", "mix", "ink", "in"};
    uint64_t random = 10;
    int at = 0;
    while (at < LENGTH) {
        uint64_t choice = next_random(&random);
        for (const char *c = words[choice >> 60]; *c != '\0' && at < LENGTH; c++) {
            text[at++] = *c;
        }
        if (at < LENGTH) {
            text[at++] = (choice & 0xff) < 16 ? '\n' : (choice & 0xff) < 32 ? ',' : ' ';
        }
    }
}

static int is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void fold(int shift) {
    for (int i = 0; i < LENGTH; i++) {
        char c = text[i];
        if (c >= 'A' && c <= 'Z') {
            c += 'a' - 'A';
        }
        folded[i] = is_letter(c) ? (char)('a' + (c - 'a' + shift) % 26) : c;
    }
}

static uint64_t scan_words(void) {
    uint64_t checksum = 0, hash = 0;
    uint32_t words = 0, lines = 0, length = 0, longest = 0;
    for (int i = 0; i < LENGTH; i++) {
        char c = folded[i];
        if (is_letter(c)) {
            hash = hash * 31 + (uint64_t)c;
            length++;
        } else if (length > 0) {
            checksum ^= mix(hash, length);
            words++;
            longest = length > longest ? length : longest;
            hash = length = 0;
        }
        lines += c == '\n';
    }
    return mix(checksum, (uint64_t)words << 32 | lines << 8 | longest);
}

static uint32_t count(const char *word, int length) {
    int skip[256];
    for (int i = 0; i < 256; i++) {
        skip[i] = length;
    }
    for (int i = 0; i < length - 1; i++) {
        skip[(uint8_t)word[i]] = length - 1 - i;
    }
    uint32_t found = 0;
    for (int at = 0; at + length <= LENGTH; at += skip[(uint8_t)folded[at + length - 1]]) {
        int i = length - 1;
        while (i >= 0 && folded[at + i] == word[i]) {
            i--;
        }
        found += i < 0;
    }
    return found;
}

int64_t bench_run(int32_t n) {
    uint64_t checksum = 0;
    write_text();
    for (int32_t i = 0; i < n; i++) {
        char word[] = "wizards";
        int length = (int)sizeof word - 1;
        for (int j = 0; j < length; j++) {
            word[j] = (char)('a' + (word[j] - 'a' + i) % 26);
        }
        fold(i % 26);
        checksum = mix(checksum, scan_words());
        checksum = mix(checksum, count(word, length));
    }
    return (int64_t)checksum;
}

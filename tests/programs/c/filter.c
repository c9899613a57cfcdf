// Reads standard input to its end and prints its counts and commonest words.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096

struct word {
    struct word *next;
    unsigned count;
    char text[];
};

static struct word *buckets[BUCKETS];
static unsigned distinct;

static void count_word(const char *text, size_t length) {
    unsigned hash = 2166136261u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    }
    struct word **slot = &buckets[hash % BUCKETS];
    for (struct word *w = *slot; w != NULL; w = w->next) {
        if (strlen(w->text) == length && memcmp(w->text, text, length) == 0) {
            w->count++;
            return;
        }
    }
    struct word *w = malloc(sizeof *w + length + 1);
    if (w == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    memcpy(w->text, text, length);
    w->text[length] = '\0';
    w->count = 1;
    w->next = *slot;
    *slot = w;
    distinct++;
}

static int by_count(const void *a, const void *b) {
    const struct word *x = *(struct word *const *)a, *y = *(struct word *const *)b;
    if (x->count != y->count) {
        return x->count < y->count ? 1 : -1;
    }
    return strcmp(x->text, y->text);
}

int main(void) {
    unsigned lines = 0, words = 0, bytes = 0;
    char text[64];
    size_t length = 0;
    for (int c; (c = getchar()) != EOF;) {
        bytes++;
        lines += c == '\n';
        if (isalnum(c) && length < sizeof text) {
            text[length++] = (char)tolower(c);
        } else if (!isalnum(c) && length > 0) {
            count_word(text, length);
            words++;
            length = 0;
        }
    }
    if (length > 0) {
        count_word(text, length);
        words++;
    }
    printf("lines %u words %u bytes %u distinct %u\n", lines, words, bytes, distinct);

    struct word **sorted = malloc((distinct + 1) * sizeof *sorted);
    size_t n = 0;
    for (size_t b = 0; b < BUCKETS; b++) {
        for (struct word *w = buckets[b]; w != NULL; w = w->next) {
            sorted[n++] = w;
        }
    }
    qsort(sorted, n, sizeof *sorted, by_count);
    for (size_t i = 0; i < n && i < 10; i++) {
        printf("%6u %s\n", sorted[i]->count, sorted[i]->text);
    }
    return 0;
}

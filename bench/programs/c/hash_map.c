// A hash map with open addressing that grows by doubling: n insertions, then look-ups, half of them of absent keys,
// and deletions that close the gap.
#include <stdlib.h>

#include "bench.h"

struct entry {
    uint64_t key, value; // key 0: empty
};

struct map {
    struct entry *entries;
    uint32_t mask, count;
};

static uint32_t home(const struct map *map, uint64_t key) {
    return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & map->mask;
}

static struct entry *find(const struct map *map, uint64_t key) {
    uint32_t i = home(map, key);
    while (map->entries[i].key != key && map->entries[i].key != 0) {
        i = (i + 1) & map->mask;
    }
    return &map->entries[i];
}

static int make(struct map *map, uint32_t capacity) {
    map->entries = calloc(capacity, sizeof *map->entries);
    map->mask = capacity - 1;
    map->count = 0;
    return map->entries != NULL;
}

static int grow(struct map *map) {
    struct map bigger;
    if (!make(&bigger, 2 * (map->mask + 1))) {
        return 0;
    }
    for (uint32_t i = 0; i <= map->mask; i++) {
        if (map->entries[i].key != 0) {
            *find(&bigger, map->entries[i].key) = map->entries[i];
        }
    }
    bigger.count = map->count;
    free(map->entries);
    *map = bigger;
    return 1;
}

// The value of the key, 0 at first; NULL without memory. Never call it while pointers of earlier calls are in use.
static uint64_t *insert(struct map *map, uint64_t key) {
    if (map->count >= (map->mask + 1) / 4 * 3 && !grow(map)) {
        return NULL;
    }
    struct entry *entry = find(map, key);
    if (entry->key == 0) {
        entry->key = key;
        map->count++;
    }
    return &entry->value;
}

static void delete(struct map *map, uint64_t key) {
    struct entry *entry = find(map, key);
    if (entry->key == 0) {
        return;
    }
    uint32_t hole = (uint32_t)(entry - map->entries);
    for (uint32_t i = (hole + 1) & map->mask; map->entries[i].key != 0; i = (i + 1) & map->mask) {
        uint32_t distance = (i - home(map, map->entries[i].key)) & map->mask;
        if (distance >= ((i - hole) & map->mask)) {
            map->entries[hole] = map->entries[i];
            hole = i;
        }
    }
    map->entries[hole] = (struct entry){0, 0};
    map->count--;
}

int64_t bench_run(int32_t n) {
    struct map map;
    if (!make(&map, 16)) {
        return -1;
    }
    uint64_t random = 8, checksum = 0;
    for (int32_t i = 0; i < n; i++) {
        uint64_t *value = insert(&map, (next_random(&random) >> 40) + 1);
        if (value == NULL) {
            free(map.entries);
            return -1;
        }
        *value += (uint64_t)i;
    }
    random = 8;
    for (int32_t i = 0; i < n; i++) {
        uint64_t key = (next_random(&random) >> 40) + 1;
        checksum = mix(checksum, find(&map, key)->value);
        checksum = mix(checksum, find(&map, key ^ 0x1000000)->value);
        if (i % 3 == 0) {
            delete(&map, key);
        }
    }
    for (uint32_t i = 0; i <= map.mask; i++) {
        checksum = mix(checksum, map.entries[i].key + map.entries[i].value);
    }
    checksum = mix(checksum, map.count);
    free(map.entries);
    return (int64_t)checksum;
}

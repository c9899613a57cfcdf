// Allocates and frees complete binary trees, node by node: one of depth n that stays, and many smaller ones.
#include <stdlib.h>

#include "bench.h"

struct node {
    struct node *left, *right;
    uint32_t label;
};

static struct node *grow(int depth, uint32_t label) {
    struct node *node = malloc(sizeof *node);
    if (node == NULL) {
        return NULL;
    }
    node->label = label;
    node->left = depth > 0 ? grow(depth - 1, 2 * label) : NULL;
    node->right = depth > 0 ? grow(depth - 1, 2 * label + 1) : NULL;
    return node;
}

// What the labels come to in symmetric order; frees the tree.
static uint64_t consume(struct node *node, uint64_t checksum) {
    if (node == NULL) {
        return checksum;
    }
    checksum = consume(node->left, checksum);
    checksum = mix(checksum, node->label);
    checksum = consume(node->right, checksum);
    free(node);
    return checksum;
}

int64_t bench_run(int32_t n) {
    uint64_t checksum = 0;
    struct node *lasting = grow(n, 1);
    for (int depth = 4; depth <= n; depth += 4) {
        uint32_t trees = UINT32_C(1) << (n - depth);
        for (uint32_t i = 0; i < trees; i++) {
            checksum = consume(grow(depth, i), checksum);
        }
    }
    return (int64_t)consume(lasting, checksum);
}

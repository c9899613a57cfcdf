// A small register machine: its program counts the steps of the Collatz sequences of all numbers below n, and finds the
// longest one.
#include "bench.h"

enum opcode { SET, COPY, ADD, ADD_CONSTANT, MULTIPLY_CONSTANT, HALVE, JUMP, JUMP_IF_ODD, JUMP_IF_EQUAL, JUMP_IF_LESS, HALT };

// The operands of an instruction: registers, constants, or where to jump.
struct instruction {
    uint8_t opcode, a, b;
    int8_t c;
};

enum { LIMIT, NUMBER, VALUE, STEPS, BEST, BEST_STEPS, TOTAL, ONE, REGISTERS };

enum { OUTER = 2, INNER = 5, ODD = 9, STEP = 11, FINISHED = 13, NEXT = 17, DONE = 19 };

static const struct instruction program[] = {
    {SET, NUMBER, 0, 1},
    {SET, ONE, 0, 1},
    [OUTER] = {JUMP_IF_EQUAL, NUMBER, LIMIT, DONE},
    {COPY, VALUE, NUMBER, 0},
    {SET, STEPS, 0, 0},
    [INNER] = {JUMP_IF_EQUAL, VALUE, ONE, FINISHED},
    {JUMP_IF_ODD, VALUE, 0, ODD},
    {HALVE, VALUE, 0, 0},
    {JUMP, 0, 0, STEP},
    [ODD] = {MULTIPLY_CONSTANT, VALUE, 0, 3},
    {ADD_CONSTANT, VALUE, 0, 1},
    [STEP] = {ADD_CONSTANT, STEPS, 0, 1},
    {JUMP, 0, 0, INNER},
    [FINISHED] = {ADD, TOTAL, STEPS, 0},
    {JUMP_IF_LESS, STEPS, BEST_STEPS, NEXT},
    {COPY, BEST_STEPS, STEPS, 0},
    {COPY, BEST, NUMBER, 0},
    [NEXT] = {ADD_CONSTANT, NUMBER, 0, 1},
    {JUMP, 0, 0, OUTER},
    [DONE] = {HALT, 0, 0, 0},
};

// The code is a parameter, so that a compiler cannot know the program when it compiles the interpreter.
__attribute__((noinline)) static void run(const struct instruction *code, int64_t *registers) {
    for (const struct instruction *at = code;; at++) {
        int64_t *a = &registers[at->a];
        int64_t b = registers[at->b];
        switch ((enum opcode)at->opcode) {
            case SET:
                *a = at->c;
                break;
            case COPY:
                *a = b;
                break;
            case ADD:
                *a += b;
                break;
            case ADD_CONSTANT:
                *a += at->c;
                break;
            case MULTIPLY_CONSTANT:
                *a *= at->c;
                break;
            case HALVE:
                *a /= 2;
                break;
            case JUMP:
                at = code + at->c - 1;
                break;
            case JUMP_IF_ODD:
                if (*a % 2 != 0) at = code + at->c - 1;
                break;
            case JUMP_IF_EQUAL:
                if (*a == b) at = code + at->c - 1;
                break;
            case JUMP_IF_LESS:
                if (*a < b) at = code + at->c - 1;
                break;
            case HALT:
                return;
        }
    }
}

int64_t bench_run(int32_t n) {
    int64_t registers[REGISTERS] = {[LIMIT] = n};
    run(program, registers);
    return (int64_t)mix(mix((uint64_t)registers[TOTAL], (uint64_t)registers[BEST]), (uint64_t)registers[BEST_STEPS]);
}

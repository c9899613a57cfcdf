// What crosses between C and JavaScript.
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/// Turns `text` into capitals.
///
/// It is valid until the next call.
EXPORT const char *shout(const char *text) {
  static char result[64];
  if (!text) return NULL;
  size_t i = 0;
  for (; text[i] && i < sizeof result - 1; i++) result[i] = (char)toupper((unsigned char)text[i]);
  result[i] = 0;
  return result;
}

EXPORT size_t length(const char *text) { return strlen(text); }

EXPORT bool both(bool a, bool b) { return a && b; }

EXPORT int8_t int8(int8_t x) { return x; }
EXPORT uint8_t uint8(uint8_t x) { return x; }
EXPORT int16_t int16(int16_t x) { return x; }
EXPORT uint16_t uint16(uint16_t x) { return x; }
EXPORT int32_t int32(int32_t x) { return x; }
EXPORT uint32_t uint32(uint32_t x) { return x; }
EXPORT int64_t int64(int64_t x) { return x; }
EXPORT uint64_t uint64(uint64_t x) { return x; }
EXPORT float float32(float x) { return x; }
EXPORT double float64(double x) { return x; }

/// The corners of a shape.
enum shape {
  CIRCLE,
  TRIANGLE = 3,
  SQUARE
};

EXPORT enum shape with_corners(int corners) { return (enum shape)corners; }
EXPORT int corners(enum shape shape) { return shape; }

typedef enum { LOW = -1, HIGH = 1 } level_t;
EXPORT level_t opposite(level_t level) { return (level_t)-level; }

/* Counts. */
struct counter {
  int count;
};

EXPORT struct counter *counter_new(int start) {
  struct counter *counter = malloc(sizeof *counter);
  if (counter) counter->count = start;
  return counter;
}
EXPORT int counter_next(struct counter *counter) { return counter ? counter->count++ : -1; }
EXPORT void counter_free(struct counter *counter) { free(counter); }

EXPORT double sum(const double *values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += values[i];
  return sum;
}

EXPORT void twice(int32_t *values, int count) {
  for (int i = 0; i < count; i++) values[i] *= 2;
}

EXPORT void fill(void *data, int byte, size_t size) { memset(data, byte, size); }

/// Calls `visit` with each number below `count`, until it returns false.
EXPORT int each(int count, bool (*visit)(int number, const char *name)) {
  for (int i = 0; i < count; i++) {
    char name[32];
    snprintf(name, sizeof name, "number %d", i);
    if (!visit(i, name)) return i;
  }
  return count;
}

static void (*stored)(int64_t);
EXPORT void store(void (*callback)(int64_t)) { stored = callback; }
EXPORT void call_stored(int64_t value) {
  if (stored) stored(value);
}

__attribute__((import_module("host"), import_name("log")))
void host_log(const char *text, enum shape shape, double number, bool flag);

EXPORT void log_all(int how_often) {
  for (int i = 0; i < how_often; i++) host_log("from C", SQUARE, i + 0.5, i % 2);
}

// JavaScript cannot make structures: it gets the function as it is in WebAssembly.
struct point {
  double x, y;
};
EXPORT struct point mirrored(struct point point) { return (struct point){point.y, point.x}; }

EXPORT int words(int function, int delete, int memory) { return function + delete + memory; }

__attribute__((export_name("delete"))) int delete_it(int x) { return -x; }
__attribute__((export_name("two-words"))) int two_words(void) { return 2; }

EXPORT int console(int x) { return x + 1; }

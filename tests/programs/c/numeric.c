// Sorting, number formatting and parsing, floating point and 64-bit integers.
// Compiled with several compilers and flags; all must print the same.
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 200000

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint64_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t fingerprint(const void *data, size_t length) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ ((const unsigned char *)data)[i]) * 1099511628211u;
    }
    return hash;
}

static int compare_ints(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sorting(void) {
    static int ints[COUNT];
    static double doubles[COUNT];
    for (int i = 0; i < COUNT; i++) {
        ints[i] = (int)(uint32_t)next_random();
        doubles[i] = ((double)(int64_t)next_random()) / 1e6;
    }
    qsort(ints, COUNT, sizeof *ints, compare_ints);
    qsort(doubles, COUNT, sizeof *doubles, compare_doubles);
    int ordered = 1;
    for (int i = 1; i < COUNT; i++) {
        ordered &= ints[i - 1] <= ints[i] && doubles[i - 1] <= doubles[i];
    }
    printf("sorted %d: %016" PRIx64 " %016" PRIx64 "\n", ordered, fingerprint(ints, sizeof ints),
           fingerprint(doubles, sizeof doubles));
    int key = ints[COUNT / 3];
    int *found = bsearch(&key, ints, COUNT, sizeof *ints, compare_ints);
    printf("found %d\n", found != NULL && *found == key);
}

static void formatting(void) {
    const double values[] = {0.0,     -0.0,    1.0 / 3, 2.0 / 3, 1e21,     1e-7,          123456789.125, DBL_MAX,
                             DBL_MIN, 0.1,         0.5,     1.5,      2.5,           9007199254740993.0,
                             INFINITY, -INFINITY, M_PI, 1e100,   -9.995e2, 0.000123456789};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        double v = values[i];
        printf("%f|%.0f|%e|%.3E|%g|%.17g|%a|%+012.3f|%-14.4g|\n", v, v, v, v, v, v, v, v, v);
    }
    printf("subnormal %g %.17g %e\n", 5e-324, 5e-324, DBL_MIN / 3);
    printf("%d|%5d|%-5d|%05d|%+d|%x|%#X|%o|%c|%%|%s|%.3s|%*d\n", -42, 42, 42, 42, 42, 0xbeefu, 0xbeefu, 0755u, 'z',
           "text", "truncate", 6, 7);
    printf("%" PRId64 " %" PRIu64 " %zu %hhd %ju\n", INT64_MIN, UINT64_MAX, sizeof(double), (signed char)300,
           (uintmax_t)UINT64_MAX);
}

static void parsing(void) {
    const char *const texts[] = {"0",      "1e400",  "-1e-400", "0x1.8p3", "3.14159xyz", "  +7.5e1", "nan",
                                 "INFINITY", "4.9406564584124654e-324", "2.4703282292062327e-324",
                                 "179769313486231570814527423731704356798070e267", "9007199254740993",
                                 "0.1000000000000000055511151231257827021181583404541015625"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *end;
        double value = strtod(texts[i], &end);
        printf("strtod <%s> %.17g rest <%s>\n", texts[i], isnan(value) ? fabs(value) : value, end);
    }
    printf("strtol %ld %ld %lld\n", strtol("-0x7f", NULL, 0), strtol("0777", NULL, 0),
           strtoll("99999999999999999999", NULL, 10));
    int a, b;
    float f;
    char word[8];
    int fields = sscanf("12 -7 2.5 abcdefghij", "%d%d%f%7s", &a, &b, &f, word);
    printf("sscanf %d: %d %d %g %s\n", fields, a, b, (double)f, word);
    printf("setlocale %s, decimal point %s\n", setlocale(LC_ALL, "C"), localeconv()->decimal_point);

    // Every value must survive a round trip through its shortest exact text.
    int exact = 0;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = next_random();
        double value, back;
        char text[40];
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) {
            exact++;
            continue;
        }
        snprintf(text, sizeof text, "%.17g", value);
        back = strtod(text, NULL);
        exact += memcmp(&value, &back, sizeof value) == 0;
    }
    printf("round trips %d\n", exact);
}

static void floating_point(void) {
    volatile double zero = 0.0, one = 1.0;
    printf("0/0 nan %d, 1/0 %g, -1/0 %g, sqrt(-1) nan %d\n", isnan(zero / zero), one / zero, -one / zero,
           isnan(sqrt(-one)));
    printf("floor %g ceil %g trunc %g rint %g %g round %g\n", floor(-1.5), ceil(-1.5), trunc(-1.5), rint(2.5), rint(3.5),
           round(2.5));
    printf("fmin %g fmax %g copysign %g fmod %g remainder %g\n", fmin(zero / zero, one), fmax(1.0, 2.0),
           copysign(3.0, -zero), fmod(-7.5, 2.0), remainder(7.5, 2.0));
    printf("ldexp %g ilogb %d hypot %g cbrt %g\n", ldexp(0.75, 10), ilogb(1000.0), hypot(3, 4), cbrt(27));
    float narrow = (float)0.1;
    printf("float %.9g, product %.9g, to int %d %u %lld\n", (double)narrow, (double)(narrow * narrow), (int)-2.9,
           (unsigned)4000000000.5, (long long)-9.2e18);
    double sum = 0, compensation = 0;
    for (int i = 1; i <= 1000000; i++) {
        double term = 1.0 / ((double)i * i) - compensation, next = sum + term;
        compensation = (next - sum) - term;
        sum = next;
    }
    printf("sum of inverse squares %.15f\n", sum);
}

static void integers(void) {
    volatile int64_t big = INT64_MAX;
    volatile uint64_t huge = UINT64_MAX;
    volatile uint32_t word = 0x80f00001u;
    printf("%" PRId64 " %" PRId64 " %" PRIu64 "\n", big / 1000003, big % 1000003, huge / 10);
    printf("clz %d ctz %d popcount %d\n", __builtin_clz(word), __builtin_ctz(word << 4), __builtin_popcount(word));
    printf("rotate %08" PRIx32 " shifts %" PRIx64 " %" PRIx64 "\n", word << 7 | word >> 25, huge >> 60,
           (uint64_t)((int64_t)huge >> 3));
    unsigned __int128 wide = (unsigned __int128)huge * huge;
    printf("wide %016" PRIx64 "%016" PRIx64 "\n", (uint64_t)(wide >> 64), (uint64_t)wide);
    wide = wide / 12345678901ull;
    printf("wide quotient %016" PRIx64 "%016" PRIx64 "\n", (uint64_t)(wide >> 64), (uint64_t)wide);
    uint32_t collatz_max = 0, collatz_at = 0;
    for (uint32_t n = 1; n < 100000; n++) {
        uint32_t steps = 0;
        for (uint64_t k = n; k != 1; k = k % 2 ? 3 * k + 1 : k / 2) {
            steps++;
        }
        if (steps > collatz_max) {
            collatz_max = steps;
            collatz_at = n;
        }
    }
    printf("collatz %u at %u\n", collatz_max, collatz_at);
}

// Loops that compilers turn into vector code, and a switch into a jump table.
static void kernels(void) {
    static float a[96][96], b[96][96], c[96][96];
    static uint8_t bytes[65536];
    for (int i = 0; i < 96; i++) {
        for (int j = 0; j < 96; j++) {
            a[i][j] = (float)((i * 7 + j) % 13);
            b[i][j] = (float)((i + j * 5) % 11);
        }
    }
    for (int i = 0; i < 96; i++) {
        for (int k = 0; k < 96; k++) {
            for (int j = 0; j < 96; j++) {
                c[i][j] += a[i][k] * b[k][j];
            }
        }
    }
    printf("matrix %016" PRIx64 "\n", fingerprint(c, sizeof c));
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)next_random();
    }
    uint32_t total = 0, histogram[8] = {0}, machine = 0;
    uint8_t smallest = 255, largest = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        total += bytes[i];
        smallest = bytes[i] < smallest ? bytes[i] : smallest;
        largest = bytes[i] > largest ? bytes[i] : largest;
        histogram[bytes[i] >> 5]++;
        switch (bytes[i] & 15) {
            case 0: machine += 1; break;
            case 1: machine ^= 0x55; break;
            case 2: machine -= 3; break;
            case 3: machine *= 5; break;
            case 4: machine = machine << 1 | machine >> 31; break;
            case 5: machine ^= machine >> 7; break;
            case 6: machine += bytes[i]; break;
            case 7: machine = ~machine; break;
            default: machine++; break;
        }
    }
    printf("bytes %u %u..%u histogram %016" PRIx64 " machine %08" PRIx32 "\n", total, smallest, largest,
           fingerprint(histogram, sizeof histogram), machine);
    memmove(bytes + 100, bytes, 30000);
    memmove(bytes, bytes + 51, 30000);
    memset(bytes + 40000, 0xa5, 1000);
    printf("moved %016" PRIx64 " found at %td\n", fingerprint(bytes, sizeof bytes),
           (uint8_t *)memchr(bytes + 30200, 0x5a, 9000) - bytes);
}

int main(void) {
    sorting();
    formatting();
    parsing();
    floating_point();
    integers();
    kernels();
    return 0;
}

// Dates of the Gregorian calendar: n days, each turned into year, month and day, and back.
#include "bench.h"

struct date {
    int32_t year, month, day;
};

static int is_leap(int32_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int32_t days_in(int32_t year, int32_t month) {
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

// Days from the beginning of year 1 to that of `year`.
static int32_t days_before(int32_t year) {
    int32_t past = year - 1;
    return 365 * past + past / 4 - past / 100 + past / 400;
}

static struct date from_day(int32_t day) {
    int32_t year = (int32_t)((int64_t)day * 400 / 146097) + 1;
    while (days_before(year) > day) {
        year--;
    }
    while (days_before(year + 1) <= day) {
        year++;
    }
    int32_t month = 1, rest = day - days_before(year);
    while (rest >= days_in(year, month)) {
        rest -= days_in(year, month++);
    }
    return (struct date){year, month, rest + 1};
}

static int32_t to_day(struct date date) {
    int32_t day = days_before(date.year) + date.day - 1;
    for (int32_t month = 1; month < date.month; month++) {
        day += days_in(date.year, month);
    }
    return day;
}

int64_t bench_run(int32_t n) {
    uint64_t checksum = 0;
    for (int32_t i = 0; i < n; i++) {
        int32_t day = i * 37 % 1000000;
        struct date date = from_day(day);
        checksum = mix(checksum, (uint64_t)date.year << 16 | (uint64_t)date.month << 8 | (uint64_t)date.day);
        checksum = mix(checksum, (uint64_t)(to_day(date) == day));
    }
    return (int64_t)checksum;
}

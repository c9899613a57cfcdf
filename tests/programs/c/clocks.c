// Clocks, sleeping, polling, random bytes and yielding: prints only what must
// hold on every host.
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

static long long nanoseconds(struct timespec t) {
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long now(clockid_t clock) {
    struct timespec t;
    if (clock_gettime(clock, &t) != 0) {
        printf("clock_gettime: %s\n", strerror(errno));
    }
    return nanoseconds(t);
}

static void check(const char *what, int holds) {
    printf("%s: %s\n", what, holds ? "yes" : "NO");
}

static void clocks(void) {
    struct timespec resolution;
    check("clock resolution is known", clock_getres(CLOCK_MONOTONIC, &resolution) == 0 && nanoseconds(resolution) > 0);
    // 2024-01-01 to 2100-01-01.
    check("wall clock is plausible", time(NULL) > 1704067200 && time(NULL) < 4102444800);

    long long last = now(CLOCK_MONOTONIC);
    int monotonic = 1;
    for (int i = 0; i < 1000; i++) {
        long long next = now(CLOCK_MONOTONIC);
        monotonic &= next >= last;
        last = next;
    }
    check("monotonic clock never goes back", monotonic);
}

static void sleeping(void) {
    long long start = now(CLOCK_MONOTONIC);
    struct timespec delay = {.tv_nsec = 20000000};
    check("nanosleep succeeds", nanosleep(&delay, NULL) == 0);
    long long slept = now(CLOCK_MONOTONIC) - start;
    check("nanosleep lasts at least 20 ms", slept >= 20000000);
    check("nanosleep ends within 10 s", slept < 10000000000LL);

    check("sched_yield succeeds", sched_yield() == 0);
}

static void random_bytes(void) {
    unsigned char a[256] = {0}, b[256] = {0};
    check("getentropy succeeds", getentropy(a, sizeof a) == 0 && getentropy(b, sizeof b) == 0);
    check("random bytes differ", memcmp(a, b, sizeof a) != 0);
    unsigned seen[256] = {0}, distinct = 0;
    for (size_t i = 0; i < sizeof a; i++) {
        distinct += seen[a[i]]++ == 0;
    }
    check("random bytes vary", distinct > 100);
}

static void polling(void) {
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    check("stdout becomes writable", poll(&output, 1, 5000) == 1 && (output.revents & POLLOUT) != 0);

    // Of two clocks the shorter one fires, alone.
    __wasi_subscription_t subscriptions[2];
    memset(subscriptions, 0, sizeof subscriptions);
    for (int i = 0; i < 2; i++) {
        subscriptions[i].userdata = 100 + (unsigned)i;
        subscriptions[i].u.tag = __WASI_EVENTTYPE_CLOCK;
        subscriptions[i].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
        subscriptions[i].u.u.clock.timeout = i == 0 ? 60000000000ULL : 5000000ULL;
    }
    __wasi_event_t events[2];
    __wasi_size_t count = 0;
    __wasi_errno_t error = __wasi_poll_oneoff(subscriptions, events, 2, &count);
    check("poll_oneoff succeeds", error == 0);
    check("one event", count == 1);
    check("of the shorter clock",
          events[0].userdata == 101 && events[0].type == __WASI_EVENTTYPE_CLOCK && events[0].error == 0);
    check("poll_oneoff of nothing is invalid",
          __wasi_poll_oneoff(subscriptions, events, 0, &count) == __WASI_ERRNO_INVAL);
}

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    clocks();
    sleeping();
    random_bytes();
    polling();
    return 0;
}

// An event loop: n events leave a priority queue in the order of their time and go to handlers through function
// pointers; most handlers post further events.
#include "bench.h"

enum { CAPACITY = 1024, ACTORS = 64 };

struct loop;
struct event;
typedef void (*handler)(struct loop *loop, const struct event *event);

struct event {
    uint64_t time, order;
    handler handler;
    uint32_t actor, payload;
};

struct loop {
    struct event queue[CAPACITY];
    uint32_t count;
    uint64_t posted, random, actors[ACTORS];
};

static struct loop the_loop;

static int before(const struct event *a, const struct event *b) {
    return a->time < b->time || (a->time == b->time && a->order < b->order);
}

static void post(struct loop *loop, uint64_t time, handler handler, uint32_t actor, uint32_t payload) {
    if (loop->count == CAPACITY) {
        return;
    }
    struct event event = {time, loop->posted++, handler, actor % ACTORS, payload};
    uint32_t i = loop->count++;
    while (i > 0 && before(&event, &loop->queue[(i - 1) / 2])) {
        loop->queue[i] = loop->queue[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    loop->queue[i] = event;
}

static struct event take(struct loop *loop) {
    struct event first = loop->queue[0], last = loop->queue[--loop->count];
    uint32_t i = 0;
    for (uint32_t child = 1; child < loop->count; child = 2 * i + 1) {
        if (child + 1 < loop->count && before(&loop->queue[child + 1], &loop->queue[child])) {
            child++;
        }
        if (!before(&loop->queue[child], &last)) {
            break;
        }
        loop->queue[i] = loop->queue[child];
        i = child;
    }
    loop->queue[i] = last;
    return first;
}

static void on_tick(struct loop *loop, const struct event *event);
static void on_send(struct loop *loop, const struct event *event);
static void on_forward(struct loop *loop, const struct event *event);
static void on_receive(struct loop *loop, const struct event *event);
static void on_timeout(struct loop *loop, const struct event *event);
static void on_reset(struct loop *loop, const struct event *event);

static const handler handlers[] = {on_tick, on_send, on_forward, on_receive, on_timeout, on_reset};
enum { HANDLERS = sizeof handlers / sizeof *handlers };

static void on_tick(struct loop *loop, const struct event *event) {
    loop->actors[event->actor]++;
    post(loop, event->time + 16, on_tick, event->actor, event->payload + 1);
    post(loop, event->time + event->payload % 7, on_send, event->actor + 1, event->payload);
}

static void on_send(struct loop *loop, const struct event *event) {
    uint64_t random = next_random(&loop->random);
    loop->actors[event->actor] = mix(loop->actors[event->actor], random);
    post(loop, event->time + 1 + random % 5, on_forward, (uint32_t)(random >> 32), event->payload);
}

static void on_forward(struct loop *loop, const struct event *event) {
    handler next = handlers[(event->payload + event->actor) % HANDLERS];
    loop->actors[event->actor] ^= event->time;
    post(loop, event->time + 3, next == on_tick ? on_receive : next, event->actor * 5 + 1, event->payload / 2);
}

static void on_receive(struct loop *loop, const struct event *event) {
    loop->actors[event->actor] = mix(loop->actors[event->actor], event->payload);
}

static void on_timeout(struct loop *loop, const struct event *event) {
    if (loop->actors[event->actor] % 3 == 0) {
        post(loop, event->time + 10, on_reset, event->actor, event->payload);
    }
}

static void on_reset(struct loop *loop, const struct event *event) {
    loop->actors[event->actor] = event->time;
}

int64_t bench_run(int32_t n) {
    struct loop *loop = &the_loop;
    memset(loop, 0, sizeof *loop);
    loop->random = 9;
    for (uint32_t i = 0; i < 100; i++) {
        post(loop, i % 16, on_tick, i, i);
    }
    uint64_t checksum = 0;
    for (int32_t i = 0; i < n && loop->count > 0; i++) {
        struct event event = take(loop);
        event.handler(loop, &event);
        checksum = mix(checksum, event.time ^ event.actor);
    }
    for (int i = 0; i < ACTORS; i++) {
        checksum = mix(checksum, loop->actors[i]);
    }
    return (int64_t)mix(checksum, loop->posted);
}

// The orbits of a star and four planets under gravity, n steps of a symplectic integrator.
#include <math.h>

#include "bench.h"

enum { BODIES = 5 };

struct body {
    double position[3], velocity[3], mass;
};

static const struct body initial[BODIES] = {
    {{0.0, 0.0, 0.0}, {0.0, 0.0, 0.0}, 40.0},
    {{4.75, -1.25, -0.125}, {0.625, 2.75, -0.0625}, 0.0375},
    {{8.25, 4.125, -0.5}, {-1.0, 1.75, 0.03125}, 0.01125},
    {{12.875, -15.125, -0.25}, {1.0625, 0.875, -0.015625}, 0.00175},
    {{15.375, -25.875, 0.1875}, {0.96875, 0.59375, -0.03125}, 0.002},
};

static void advance(struct body *bodies, double step) {
    for (int i = 0; i < BODIES; i++) {
        struct body *one = &bodies[i];
        for (int j = i + 1; j < BODIES; j++) {
            struct body *other = &bodies[j];
            double distance[3], square = 0.0;
            for (int axis = 0; axis < 3; axis++) {
                distance[axis] = one->position[axis] - other->position[axis];
                square += distance[axis] * distance[axis];
            }
            double strength = step / (square * sqrt(square));
            for (int axis = 0; axis < 3; axis++) {
                one->velocity[axis] -= distance[axis] * other->mass * strength;
                other->velocity[axis] += distance[axis] * one->mass * strength;
            }
        }
    }
    for (int i = 0; i < BODIES; i++) {
        for (int axis = 0; axis < 3; axis++) {
            bodies[i].position[axis] += step * bodies[i].velocity[axis];
        }
    }
}

int64_t bench_run(int32_t n) {
    struct body bodies[BODIES];
    memcpy(bodies, initial, sizeof bodies);
    for (int32_t i = 0; i < n; i++) {
        advance(bodies, 0.005);
    }
    uint64_t checksum = 0;
    for (int i = 0; i < BODIES; i++) {
        for (int axis = 0; axis < 3; axis++) {
            checksum = mix_double(checksum, bodies[i].position[axis]);
            checksum = mix_double(checksum, bodies[i].velocity[axis]);
        }
    }
    return (int64_t)checksum;
}

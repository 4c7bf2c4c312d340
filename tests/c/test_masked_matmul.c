/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Masked products on some threads against each product by itself, its bit from
 * its uniform.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"
#include "uniform.h"
#include "ops/masked_matmul.h"

#include <string.h>

/* More than a piece of outputs, and more rows than a tile has. */
enum { MOST = 33000, LANES = DROP_WORD };

typedef struct {
    size_t samples, depth, width;
    int samples_first; /* samples lie end to end in the mask */
    uint64_t key, threshold, index;
} layer;

static int
is_kept(const layer *l, size_t s, size_t t, size_t o)
{
    uint64_t step = l->width * (l->samples_first ? l->samples : l->depth);
    uint64_t row = l->samples_first ? s : t, jump = l->samples_first ? t : s;
    uint64_t index = l->index + jump * step + row * l->width + o;
    return uniform(l->key, index) >= l->threshold;
}

/* What may not be touched stands right behind each matrix. */
static float *
matrix(guard *pages, size_t n)
{
    *pages = guard_new(n * sizeof(float) + 64);
    float *a =
        (float *)(void *)guard_put(*pages, n * sizeof(float), AT_END, 4);
    for (size_t i = 0; i < n; i++) {
        a[i] = (float)below(2000) / 1000 - 1;
    }
    return a;
}

static float
one_sum(const layer *l, const float *a, const float *m, size_t s, size_t o,
        float sum)
{
    for (size_t t = 0; t < l->depth; t++) {
        float product = a[s * l->depth + t] * m[t * l->width + o];
        sum += is_kept(l, s, t, o) ? product : 0;
    }
    return sum;
}

static float
one_dot(const layer *l, const float *a, const float *m, size_t s, size_t t)
{
    float lane[LANES] = {0};
    for (size_t o = 0; o < l->width; o++) {
        float product = a[s * l->width + o] * m[t * l->width + o];
        lane[o % LANES] += is_kept(l, s, t, o) ? product : 0;
    }
    for (int n = LANES / 2; n; n /= 2) {
        for (int i = 0; i < n; i++) {
            lane[i] += lane[i + n];
        }
    }
    return lane[0];
}

static void
check_layer(const layer *l, int transposed, int threads)
{
    const size_t across = transposed ? l->depth : l->width;
    const size_t inner = transposed ? l->width : l->depth;
    const size_t size = sizeof(float);
    guard pages[4];
    float *sums = matrix(&pages[0], l->samples * across);
    float *before = matrix(&pages[1], l->samples * across);
    float *a = matrix(&pages[2], l->samples * inner);
    float *m = matrix(&pages[3], l->depth * l->width);
    memcpy(before, sums, l->samples * across * size);
    const uint64_t step =
        l->width * (l->samples_first ? l->samples : l->depth);
    drop_masked_matmul job = {
        .kernels = tested,
        .dtype = DROP_F32,
        .transposed = transposed,
        .sum = (char *)sums,
        .a = (char *)a,
        .m = (char *)m,
        .sample = {l->samples, (ptrdiff_t)(across * size),
                   (ptrdiff_t)(inner * size), 0,
                   l->samples_first ? l->width : step},
        .k = {l->depth, (ptrdiff_t)size, (ptrdiff_t)size,
              (ptrdiff_t)(l->width * size),
              l->samples_first ? step : l->width},
        .width = l->width,
        .index = l->index,
    };
    drop_sampler_start(&job.sampler, l->key, l->threshold);
    if (drop_masked_matmul_run(&job, threads, no_interrupt)) {
        fail("masked products stopped");
    }
    for (size_t s = 0; s < l->samples; s++) {
        for (size_t i = 0; i < across; i++) {
            const size_t at = s * across + i;
            float expected = transposed ? one_dot(l, a, m, s, i)
                                        : one_sum(l, a, m, s, i, before[at]);
            if (memcmp(&sums[at], &expected, size)) {
                fail("%s (%zu, %zu, %zu) at %zu, %zu: expected %a, got %a",
                     transposed ? "transposed" : "sums", l->samples, l->depth,
                     l->width, s, i, expected, sums[at]);
            }
        }
    }
    for (int i = 0; i < 4; i++) {
        guard_free(pages[i]);
    }
    checks++;
}

static int
stop_at_once(void *context)
{
    ++*(int *)context;
    return 5;
}

static void
check_stop(void)
{
    static float sums[40], a[40], m[40];
    int calls = 0;
    drop_masked_matmul job = {.kernels = tested,
                              .dtype = DROP_F32,
                              .sum = (char *)sums,
                              .a = (char *)a,
                              .m = (char *)m,
                              .sample = {40, 4, 4, 0, 1},
                              .k = {1, 0, 4, 4, 40},
                              .width = 1};
    drop_sampler_start(&job.sampler, 1, DROP_ONE / 2);
    int status = drop_masked_matmul_run(
        &job, 1, (drop_interrupt){stop_at_once, &calls});
    if (status != 5 || calls != 1) {
        fail("masked products: got %d after %d questions", status, calls);
    }
    checks++;
}

static layer
any_layer(void)
{
    const size_t lengths[] = {1,  2,  3,  7,  8,  9,  15,
                              16, 17, 31, 32, 33, 40, 65};
    return (layer){.samples = lengths[below(COUNT(lengths))],
                   .depth = lengths[below(COUNT(lengths))],
                   .width = lengths[below(COUNT(lengths))],
                   .samples_first = one_in(2),
                   .key = any(),
                   .threshold = any_threshold(),
                   .index = one_in(2) ? below(9000) : 0 - below(90000)};
}

void
case_masked_matmul(void)
{
    const layer l = any_layer();
    check_layer(&l, one_in(2), 1 + (int)below(4));
}

void
test_masked_matmul(void)
{
    layer wide = any_layer();
    wide.width = MOST;
    wide.samples = 3;
    wide.depth = 2;
    for (int transposed = 0; transposed < 2; transposed++) {
        check_layer(&wide, transposed, 1 + (int)below(4));
    }
    for (int times = 0; times < 400; times++) {
        if (!is_skipped()) {
            case_masked_matmul();
        }
    }
    /* Enough for several threads. */
    layer large = {70, 65, 513, 0, any(), DROP_ONE / 2, 5};
    for (int threads = 1; threads <= 3 && thin == 1; threads++) {
        check_layer(&large, threads == 2, threads);
    }
    check_stop();
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/draw.h"

/* Up to so many elements of a segment, the kernel is told which are wanted:
 * each halving of their number saves one plane (USUAL_PLANES in bernoulli.h).
 */
enum { ASKED_MOST = DROP_SEGMENT / 2 };

/* Uniforms that are drawn between two polls: below a millisecond. */
enum { DRAWN_UNIFORMS = DROP_MAX_LANES * DROP_SEGMENT };

/* Rows that are drawn together, at most. */
enum { ROWS_MOST = 1024 };

_Static_assert(DROP_TILE_SEGMENTS % DROP_MAX_LANES == 0, "lanes are filled");
_Static_assert(DROP_TILE <= UINT16_MAX, "rows begin at 16 bits");
_Static_assert((DROP_SEGMENT - 1 + DROP_ROW_MOST - 1) / DROP_SEGMENT <
                   DROP_TILE_SEGMENTS,
               "there is room for one row, wherever it begins");
_Static_assert(DROP_BITS_PAD >= 8, "bits are loaded a word at a time");

typedef uint64_t asked_bits[DROP_TILE_SEGMENTS][DROP_SEGMENT_WORDS];

/* Sets bits from..from+n-1. */
static void
set_bits(uint64_t *word, size_t from, size_t n)
{
    for (size_t some; n; from += some, n -= some) {
        const size_t room = 64 - from % 64;
        some = least(n, room);
        word[from / 64] |= UINT64_MAX >> (64 - some) << from % 64;
    }
}

/* Lists count segments from that of element index on; behind the last index
 * there is comes index 0. Returns how many of them elements index..index+n-1
 * touch. */
static size_t
list_segments(uint64_t *segment, size_t count, uint64_t index, size_t n)
{
    for (size_t i = 0; i < count; i++) {
        segment[i] = (index + i * DROP_SEGMENT) / DROP_SEGMENT;
    }
    return (index % DROP_SEGMENT + n + DROP_SEGMENT - 1) / DROP_SEGMENT;
}

uint64_t
drop_draw(const drop_kernels *kernels, const drop_sampler *sampler,
          uint8_t *bits, uint64_t index, size_t n,
          drop_progress_fn *progress_fn, void *context)
{
    uint64_t segment[DROP_TILE_SEGMENTS];
    const size_t before = index % DROP_SEGMENT;
    const size_t count = list_segments(segment, DROP_TILE_SEGMENTS, index, n);
    if (n <= ASKED_MOST) {
        uint64_t asked[DROP_MAX_LANES][DROP_SEGMENT_WORDS] = {{0}};
        set_bits(asked[0], before, n);
        kernels->bernoulli(bits, segment, asked, count, sampler, progress_fn,
                           context);
    }
    else {
        kernels->bernoulli(bits, segment, NULL, count, sampler, progress_fn,
                           context);
    }
    return index - before;
}

size_t
drop_draw_range(const drop_kernels *kernels, const drop_sampler *sampler,
                uint8_t *bits, uint64_t index, size_t n)
{
    const size_t before = index % DROP_SEGMENT;
    for (size_t some; n; index += some, n -= some) {
        const size_t room = DROP_TILE - index % DROP_TILE;
        some = least(n, room);
        uint64_t first =
            drop_draw(kernels, sampler, bits, index, some, NULL, NULL);
        bits += (index + some - first) / 8;
    }
    return before;
}

int
drop_draw_uniforms(const drop_kernels *kernels, uint64_t *to, uint64_t key,
                   uint64_t index, size_t n, drop_interrupt interrupt)
{
    uint64_t segment[DROP_MAX_LANES], drawn[DRAWN_UNIFORMS];
    drop_sampler sampler;
    int status = 0;
    drop_sampler_start(&sampler, key, 0);
    for (size_t some; n && !status; to += some, index += some, n -= some) {
        const size_t before = index % DROP_SEGMENT;
        const size_t room = DRAWN_UNIFORMS - before;
        some = least(n, room);
        kernels->uniforms(drawn, segment,
                          list_segments(segment, DROP_MAX_LANES, index, some),
                          &sampler);
        memcpy(to, drawn + before, some * sizeof *drawn);
        status = drop_poll(interrupt);
    }
    return status;
}

/* The segments of rows that are drawn together, in the order of the rows. A
 * segment that two neighbouring rows touch is listed once. */
typedef struct {
    uint64_t segment[DROP_TILE_SEGMENTS];
    size_t count; /* segments */
} row_segments;

/* Adds a row's segments; behind the last index there is comes index 0. Returns
 * the slot of the first, or -1 where there is no room for them. */
static ptrdiff_t
add_row(row_segments *s, uint64_t index, size_t n)
{
    const uint64_t first = index / DROP_SEGMENT;
    const size_t more = (index % DROP_SEGMENT + n - 1) / DROP_SEGMENT + 1;
    const int goes_on = s->count && s->segment[s->count - 1] == first;
    const size_t slot = s->count - (size_t)goes_on;
    if (slot + more > DROP_TILE_SEGMENTS) {
        return -1;
    }
    for (size_t i = 0; i < more; i++) {
        s->segment[slot + i] = (index + i * DROP_SEGMENT) / DROP_SEGMENT;
    }
    s->count = slot + more;
    return (ptrdiff_t)slot;
}

/* Fills the last vector: its spare lanes draw segment 0, whose bits nobody
 * reads. */
static void
fill_lanes(row_segments *s)
{
    for (size_t i = s->count; i % DROP_MAX_LANES; i++) {
        s->segment[i] = 0;
    }
}

/* Draws one row, of any length. */
static void
draw_row(const drop_kernels *kernels, const drop_sampler *sampler,
         drop_writer *to, uint64_t index, size_t n)
{
    uint8_t bits[DROP_TILE / 8 + DROP_BITS_PAD];
    for (size_t some; n; index += some, n -= some) {
        const size_t room = DROP_TILE - index % DROP_TILE;
        some = least(n, room);
        uint64_t first =
            drop_draw(kernels, sampler, bits, index, some, NULL, NULL);
        drop_bits_copy(to, bits, (size_t)(index - first), some);
    }
}

static void
draw_apart(const drop_kernels *kernels, const drop_sampler *sampler,
           drop_writer *to, uint64_t index, uint64_t stride, size_t rows,
           size_t n)
{
    uint8_t bits[DROP_TILE / 8 + DROP_BITS_PAD];
    uint16_t start[ROWS_MOST]; /* of each row in bits */
    asked_bits asked;
    const int asks = n <= ASKED_MOST && stride > 2 * n;
    while (rows) {
        row_segments s = {.count = 0};
        size_t some = 0;
        memset(asked, 0, asks ? sizeof asked : 0);
        for (; some < rows && some < ROWS_MOST; some++) {
            const uint64_t at = index + some * stride;
            const ptrdiff_t slot = add_row(&s, at, n);
            if (slot < 0) {
                break;
            }
            start[some] =
                (uint16_t)((size_t)slot * DROP_SEGMENT + at % DROP_SEGMENT);
            if (asks) {
                set_bits(asked[0], start[some], n);
            }
        }
        fill_lanes(&s);
        kernels->bernoulli(bits, s.segment, asks ? asked : NULL, s.count,
                           sampler, NULL, NULL);
        for (size_t i = 0; i < some; i++) {
            drop_bits_copy(to, bits, start[i], n);
        }
        index += some * stride;
        rows -= some;
    }
}

void
drop_draw_rows(const drop_kernels *kernels, const drop_sampler *sampler,
               drop_writer *to, uint64_t index, uint64_t stride, size_t rows,
               size_t n)
{
    if (rows == 1) {
        draw_row(kernels, sampler, to, index, n);
    }
    else {
        draw_apart(kernels, sampler, to, index, stride, rows, n);
    }
}

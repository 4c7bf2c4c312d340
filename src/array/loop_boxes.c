/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Elements in any order of memory: the bits of a box are drawn in the order of
 * the mask, and gathered for one run of memory after the other.
 */
#include "array/box.h"
#include "array/columns.h"
#include "array/strided_run.h"

/* What is prefetched of a run at the most. */
#define PREFETCH_MOST 4096

/* Bits of so many columns, at most, are interleaved a byte of each at a time.
 */
#define INTERLEAVED 8

/* With shorter columns that takes longer to prepare than to run. */
#define LONG_COLUMNS 64

/* Pieces of bits that are gathered for a run, at most. */
#define GATHERED 512

typedef struct {
    drop_loop *loop;
    drop_boxes boxes;
    drop_layout layout;
    /* A run: some places of its first axis, all of those behind it. */
    int first;
    size_t step;      /* places of the first axis */
    size_t inside;    /* elements for each of them */
    drop_axis memory; /* the run as one axis, unless it is scattered */
    int is_scattered;
    /* The bits of a run are pieces of held bits, side by side. */
    size_t piece;
    int interleaves;
    uint32_t offset[GATHERED];
    uint64_t deposit[256]; /* bit i of the index at bit inside * i */
    uint8_t bits[DROP_TILE / 8 + DROP_BITS_PAD];
    uint8_t held[DROP_HELD_BITS / 8 + 2 * DROP_BITS_PAD];
} state;

/* Finds what bits are contiguous as they are held: the piece. Returns the axis
 * at which a run ends whose bits are interleaved, or -1: columns along it are
 * contiguous, and there are few of them. */
static int
find_piece(state *s)
{
    const drop_layout *l = &s->layout;
    size_t columns = 1;
    int i = s->boxes.axes - 1;
    s->piece = 1;
    for (; i >= 0 && l->held[i] == s->piece; i--) {
        s->piece *= l->places[i];
    }
    while (s->piece == 1 && i > 0 && columns <= INTERLEAVED &&
           l->held[i] != 1) {
        columns *= l->places[i--];
    }
    s->interleaves = s->piece == 1 && columns <= INTERLEAVED &&
                     l->held[i] == 1 && l->places[i] >= LONG_COLUMNS;
    return s->interleaves ? i : -1;
}

/* Finds the run: axes from the innermost on, while memory is contiguous; where
 * that is short, more axes, which are gathered. last is an axis that no run
 * goes beyond, or -1. */
static void
find_run(state *s, int last)
{
    const drop_axis *axis = s->boxes.axis;
    const size_t *places = s->layout.places;
    const size_t size = drop_tuple_size(&s->loop->plan->op);
    int i = s->boxes.axes - 1;
    size_t n = places[i], most = least(s->piece * GATHERED, DROP_TILE);
    most = last < 0 ? most : DROP_TILE;
    s->memory = axis[i];
    s->memory.n = n;
    s->inside = 1;
    s->step = s->piece < n ? least(n, most) : n;
    s->is_scattered = 0;
    while (i && i != last && n < most) {
        const int goes_on = places[i] == axis[i].n &&
                            drop_axes_contiguous(&axis[i - 1], &s->memory);
        if (!goes_on && !s->is_scattered) {
            if (n * size >= DROP_GATHER_ROW) {
                break;
            }
            s->is_scattered = places[i - 1] > 1;
            most = least(most, drop_gather_most(size));
        }
        s->inside = n;
        s->step = least(places[--i], most / n);
        n *= s->step;
        s->memory.n = n;
        if (s->step < places[i]) {
            break;
        }
    }
    s->first = i;
}

/* Fills the table of offsets: those of a run's pieces from the first, or of
 * the columns that are interleaved. */
static void
fill_offsets(state *s)
{
    const drop_layout *l = &s->layout;
    size_t count = 1, piece = 1;
    s->offset[0] = 0;
    for (int i = s->boxes.axes - 1; i >= s->first + s->interleaves; i--) {
        const size_t n = i == s->first ? s->step : l->places[i];
        if (l->held[i] == piece && count == 1) {
            piece *= n;
            continue;
        }
        for (size_t j = 1; j < n; j++) {
            for (size_t k = 0; k < count; k++) {
                s->offset[j * count + k] =
                    s->offset[k] + (uint32_t)(j * l->held[i]);
            }
        }
        count *= n;
    }
    for (unsigned byte = 1; s->interleaves && byte < 256; byte++) {
        s->deposit[byte] = s->deposit[byte / 2] << s->inside | (byte & 1);
    }
}

/* The bits at n <= 8 offsets from a bit on; n is a constant where it is 8. */
DROP_INLINE uint64_t
gather_byte(const state *s, const uint32_t *offset, size_t from, size_t n)
{
    uint64_t byte = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t at = from + offset[i];
        byte |= (uint64_t)(s->held[at / 8] >> at % 8 & 1) << i;
    }
    return byte;
}

/* Writes the bits at some offsets from a bit on. */
static void
gather_bits(const state *s, drop_writer *to, size_t from, size_t n)
{
    const size_t rest = n % 8;
    for (size_t i = 0; i < n - rest; i += 8) {
        drop_bits_put(to, gather_byte(s, s->offset + i, from, 8), 8);
    }
    drop_bits_put(to, gather_byte(s, s->offset + n - rest, from, rest),
                  (unsigned)rest);
}

/* Interleaves columns of n bits each; writes up to 7 bits more of each. */
static void
interleave(const state *s, drop_writer *to, size_t from, size_t n)
{
    const size_t columns = s->inside;
    const uint8_t *column[INTERLEAVED];
    unsigned shift[INTERLEAVED];
    for (size_t i = 0; i < columns; i++) {
        const size_t at = from + s->offset[i];
        column[i] = s->held + at / 8;
        shift[i] = at % 8;
    }
    for (size_t i = 0; i < n; i += 8) {
        uint64_t word = 0;
        for (size_t j = 0; j < columns; j++) {
            const uint32_t bits = load_bits32(column[j] + i / 8, shift[j]);
            word |= s->deposit[bits & 0xFF] << j;
        }
        drop_bits_put(to, word, (unsigned)(8 * columns));
    }
}

/* Writes pieces at some offsets from a bit on end to end. */
static void
join_pieces(const state *s, drop_writer *to, size_t from, size_t count)
{
    const size_t n = s->piece;
    const uint32_t mask = UINT32_MAX >> (32 - n) % 32;
    for (size_t i = 0; i < count; i++) {
        const size_t at = from + s->offset[i];
        if (n > 32) {
            drop_bits_copy(to, s->held, at, n);
        }
        else {
            drop_bits_put(to, load_bits32(s->held, at) & mask, (unsigned)n);
        }
    }
}

/* The bits of a run of n elements, whose first is held at a bit. */
static drop_bit_span
bits_of(state *s, size_t from, size_t n)
{
    drop_writer to = {s->bits, 0, 0};
    if (s->piece >= n) {
        return (drop_bit_span){s->held, from, n};
    }
    if (s->interleaves) {
        interleave(s, &to, from, n / s->inside);
    }
    else if (s->piece == 1) {
        gather_bits(s, &to, from, n);
    }
    else {
        join_pieces(s, &to, from, n / s->piece);
    }
    drop_bits_end(&to);
    return (drop_bit_span){s->bits, 0, n};
}

/* Applies bits to a run that is not one axis of memory. */
static void
apply_scattered(const state *s, drop_run run, drop_bit_span bits)
{
    char x[DROP_GATHER_BYTES], r[DROP_GATHER_BYTES];
    drop_axis axis[DROP_MAX_AXES];
    const int first = s->first, axes = s->boxes.axes - first;
    const drop_operation *op = &s->loop->plan->op;
    memcpy(axis, s->boxes.axis + first, (size_t)axes * sizeof *axis);
    for (int i = 0; i < axes; i++) {
        axis[i].n = i ? s->layout.places[first + i] : bits.n / s->inside;
    }
    const drop_strided part = {axis, axes, (ptrdiff_t)drop_tuple_size(op)};
    const drop_run gathered = drop_gather_run(&part, run, x, r);
    drop_run_apply_cached(op, gathered, bits.bits, bits.offset, bits.n);
    drop_scatter_run(&part, run, gathered.out);
}

/* Applies the bits of a run, and prefetches the next one along the axis
 * outside of it. */
static int
apply_run(state *s, drop_cursor at, size_t from, size_t n)
{
    const drop_plan *plan = s->loop->plan;
    const drop_bit_span bits = bits_of(s, from, n);
    if (plan->job->op.hints & DROP_PREFETCH && s->first) {
        const char *next = at.run.x + s->boxes.axis[s->first - 1].x;
        const size_t bytes = n * drop_tuple_size(&plan->op);
        for (size_t i = 0; i < least(bytes, PREFETCH_MOST); i += 64) {
            __builtin_prefetch(next + i);
        }
    }
    if (s->is_scattered) {
        apply_scattered(s, at.run, bits);
    }
    else {
        drop_strided_apply(&plan->op, at.run, &s->memory, bits);
    }
    return drop_count_work(&s->loop->poller, n * plan->op.width);
}

/* Applies the bits of a box, from axis i on. */
static int
apply_box(state *s, int i, drop_cursor at, size_t from)
{
    const drop_axis *axis = &s->boxes.axis[i];
    const int is_run = i == s->first;
    const size_t step = is_run ? s->step : 1, n = s->layout.places[i];
    int status = 0;
    for (size_t j = 0; j < n && !status; j += step) {
        const drop_cursor here = drop_cursor_at(at, axis, j);
        const size_t bit = from + j * s->layout.held[i];
        status = is_run ? apply_run(s, here, bit,
                                    least(step, n - j) * s->inside)
                        : apply_box(s, i + 1, here, bit);
    }
    return status;
}

/* Draws the rows of a box along the first i far axes. */
static void
draw(state *s, int i, drop_writer *to, uint64_t index)
{
    const drop_layout *l = &s->layout;
    const drop_boxes *b = &s->boxes;
    const drop_far single = {0, 1}, *far = i ? &l->far[i - 1] : &single;
    const size_t last = (size_t)b->axes - 1;
    if (l->pitch ? i : i > 1) {
        for (size_t j = 0; j < far->n; j++) {
            draw(s, i - 1, to, index + j * far->mask);
        }
    }
    else if (l->pitch) {
        drop_draw_columns(s->loop, to->to, l->pitch, index,
                          b->axis[last].mask, l->places[last], l->row);
        to->to += l->row * l->pitch;
    }
    else {
        drop_copy_rows(s->loop, to, index, far->mask, far->n, l->row);
    }
}

/* Draws and applies boxes one after the other, from axis i on. */
static int
loop_boxes(state *s, int i, size_t *places, drop_cursor at)
{
    const drop_boxes *b = &s->boxes;
    int status = 0;
    if (i < b->axes) {
        for (size_t j = 0; j < b->axis[i].n && !status; j += places[i]) {
            places[i] = least(b->most[i], b->axis[i].n - j);
            status = loop_boxes(s, i + 1, places,
                                drop_cursor_at(at, &b->axis[i], j));
        }
        return status;
    }
    if (memcmp(places, s->layout.places, (size_t)b->axes * sizeof *places)) {
        drop_layout_make(&s->layout, b, places);
        find_run(s, find_piece(s));
        fill_offsets(s);
    }
    drop_writer to = {s->held, 0, 0};
    draw(s, s->layout.fars, &to, at.index);
    drop_bits_end(&to);
    s->loop->poller.work += s->layout.bits;
    return apply_box(s, 0, at, 0);
}

int
drop_loop_boxes(drop_loop *loop, drop_cursor at)
{
    state s;
    size_t places[DROP_MAX_AXES];
    s.loop = loop;
    s.deposit[0] = 0;
    memset(&s.layout, 0, sizeof s.layout); /* of no box */
    drop_boxes_choose(&s.boxes, loop->plan);
    return loop_boxes(&s, 0, places, at);
}

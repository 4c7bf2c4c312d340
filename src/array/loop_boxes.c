/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Elements in any order of memory: the bits of a box are drawn in the order of
 * the mask, and applied to one run of memory after the other.
 */
#include "array/box_run.h"
#include "array/columns.h"
#include "array/strided_run.h"

/* Bytes of a run that are prefetched at the most. The processor sees by itself
 * how a longer one goes on: with 4096 three long columns take 1.3 times the
 * time. */
#define PREFETCH_MOST 1024

typedef struct {
    drop_loop *loop;
    drop_boxes boxes;
    drop_layout layout;
    drop_box_run run;
    uint8_t held[DROP_HELD_BITS / 8 + 2 * DROP_BITS_PAD];
} state;

/* Draws the rows of a box along the first i of its row axes. */
static void
draw(state *s, int i, drop_writer *to, uint64_t index)
{
    const drop_layout *l = &s->layout;
    const int across = s->boxes.across;
    const drop_row_axis single = {0, 1};
    const drop_row_axis *rows = i ? &l->row_axis[i - 1] : &single;
    if (i > 1) {
        for (size_t j = 0; j < rows->n; j++) {
            draw(s, i - 1, to, index + j * rows->mask);
        }
    }
    else if (across < 0) {
        drop_copy_rows(s->loop, to, index, rows->mask, rows->n, l->row);
    }
    else {
        const drop_row_groups groups = {.n = l->row,
                                        .rows = l->places[across],
                                        .row = s->boxes.axis[across].mask,
                                        .groups = rows->n,
                                        .group = rows->mask};
        drop_draw_columns(s->loop, to->to, l->pitch, index, &groups);
        to->to += rows->n * l->row * l->pitch;
    }
}

/* Applies bits to a run that is not one axis of memory. */
static void
apply_scattered(const state *s, drop_run memory, drop_bit_span bits)
{
    char x[DROP_GATHER_BYTES], r[DROP_GATHER_BYTES];
    drop_axis axis[DROP_MAX_AXES];
    const int first = s->run.first, axes = s->boxes.axes - first;
    const drop_operation *op = &s->loop->plan->op;
    for (int i = 0; i < axes; i++) {
        axis[i] = s->boxes.axis[first + i];
        axis[i].n = s->layout.places[first + i];
    }
    axis[0].n = bits.n / s->run.inside;
    const drop_strided part = {axis, axes, (ptrdiff_t)drop_tuple_size(op)};
    const drop_run gathered = drop_gather_run(&part, memory, x, r);
    drop_run_apply_cached(op, gathered, bits.bits, bits.offset, bits.n);
    drop_scatter_run(&part, memory, gathered.out);
}

/* Prefetches the next run along the axis outside of this one: no processor
 * does so where memory is not contiguous. Beyond L2 transposed squares then
 * take .6 to .9 of the time, and within it as long (Zen 3). */
static void
prefetch_next_run(const state *s, drop_run run, size_t n)
{
    const drop_operation *op = &s->loop->plan->op;
    const drop_axis *outside = &s->boxes.axis[s->run.first - 1];
    const drop_axis *memory = &s->run.memory;
    const ptrdiff_t size = (ptrdiff_t)drop_tuple_size(op);
    const size_t bytes = least(n * (size_t)size, PREFETCH_MOST);
    if (memory->x == size) {
        prefetch(run.x, outside->x, bytes);
    }
    if (run.r && memory->r == size) {
        prefetch(run.r, outside->r, bytes);
    }
    if (run.out != run.x && !(op->hints & DROP_NONTEMPORAL)) {
        prefetch(run.out, outside->out, bytes);
    }
}

static int
apply_run(state *s, drop_cursor at, size_t from, size_t n)
{
    const drop_plan *plan = s->loop->plan;
    const drop_bit_span bits = drop_box_run_bits(&s->run, s->held, from, n);
    if (s->run.first) {
        prefetch_next_run(s, at.run, n);
    }
    if (s->run.is_scattered) {
        apply_scattered(s, at.run, bits);
    }
    else {
        drop_strided_apply(&plan->op, at.run, &s->run.memory, bits);
    }
    return drop_count_work(&s->loop->poller, n * plan->op.width);
}

/* Applies the bits of a box at the places of the axes from the i-th on. */
static int
apply_box(state *s, int i, drop_cursor at, size_t from)
{
    const int is_run = i == s->run.first;
    const size_t step = is_run ? s->run.step : 1, n = s->layout.places[i];
    int status = 0;
    for (size_t j = 0; j < n && !status; j += step) {
        const drop_cursor here = drop_cursor_at(at, &s->boxes.axis[i], j);
        const size_t bit = from + j * s->layout.held[i];
        const size_t some = least(step, n - j) * s->run.inside;
        status = is_run ? apply_run(s, here, bit, some)
                        : apply_box(s, i + 1, here, bit);
    }
    return status;
}

/* Draws and applies a box of some places along each axis. */
static int
loop_box(state *s, const size_t *places, drop_cursor at)
{
    const size_t bytes = (size_t)s->boxes.axes * sizeof *places;
    drop_writer to = {s->held, 0, 0};
    if (memcmp(places, s->layout.places, bytes)) {
        drop_layout_make(&s->layout, &s->boxes, places);
        drop_box_run_find(&s->run, &s->boxes, &s->layout,
                          drop_tuple_size(&s->loop->plan->op));
    }
    draw(s, s->layout.row_axes, &to, at.index);
    drop_bits_end(&to);
    s->loop->poller.work += s->layout.bits;
    return apply_box(s, 0, at, 0);
}

/* Goes through the boxes along the axes from the i-th on. */
static int
loop_axes(state *s, int i, size_t *places, drop_cursor at)
{
    const drop_axis *axis = &s->boxes.axis[i];
    int status = 0;
    if (i == s->boxes.axes) {
        return loop_box(s, places, at);
    }
    for (size_t j = 0; j < axis->n && !status; j += places[i]) {
        places[i] = least(s->boxes.most[i], axis->n - j);
        status = loop_axes(s, i + 1, places, drop_cursor_at(at, axis, j));
    }
    return status;
}

int
drop_loop_boxes(drop_loop *loop, drop_cursor at)
{
    state s;
    size_t places[DROP_MAX_AXES];
    s.loop = loop;
    memset(s.layout.places, 0, sizeof s.layout.places); /* of no box */
    drop_boxes_choose(&s.boxes, loop->plan);
    return loop_axes(&s, 0, places, at);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "ops/join_tiles.h"

#include "array/run.h"
#include "array/strided_run.h"
#include "base/bit_writer.h"

/* The most elements of a tile, and the bytes that are gathered for one, of all
 * paths and the result. Both stay in L1 and fit a small stack. */
enum { TILE = 2048, PITCH = TILE / 8, ROOM = 8192 };

/* Rows of a sample that are shorter, in bytes, are joined together, each
 * element by its bits. Of longer ones only the survivors are summed. */
enum { LONG_ROW = 1024 };

/* Where something begins: in memory, and among the samples. */
typedef struct {
    char *out;
    const char *x[DROP_JOIN_PATHS];
    size_t sample;
} cursor;

typedef struct {
    const drop_join *job;
    drop_join_axis inner, second; /* the last axis, and the one before */
    size_t size;                  /* bytes of an element */
    size_t rows, n;               /* the shape of a tile at most */
    drop_poller poller;
    char room[ROOM];
    uint8_t bits[DROP_JOIN_PATHS * PITCH + DROP_BITS_PAD];
} joining;

static cursor
cursor_at(const drop_join *job, cursor at, const drop_join_axis *axis,
          size_t i)
{
    at.out += (ptrdiff_t)i * axis->out;
    for (size_t p = 0; p < job->paths; p++) {
        at.x[p] += (ptrdiff_t)i * axis->x[p];
    }
    at.sample += i * axis->mask;
    return at;
}

/* Lists the paths that survive at a sample, by their numbers. Returns how many
 * there are. */
static size_t
find_survivors(const drop_join *job, size_t sample, size_t *path)
{
    size_t count = 0;
    for (size_t p = 0; p < job->paths; p++) {
        if (!job->keep || job->keep[p * job->samples + sample]) {
            path[count++] = p;
        }
    }
    return count;
}

/* Writes the bits of a tile's elements. Returns NULL where the elements are
 * all of one sample. */
static const uint8_t *
write_bits(joining *s, size_t sample, size_t rows, size_t n)
{
    const drop_join *job = s->job;
    const int repeats = s->second.mask && rows > 1;
    if (!job->keep || !(repeats || s->inner.mask)) {
        return NULL;
    }
    for (size_t p = 0; p < job->paths; p++) {
        const uint8_t *keep = job->keep + p * job->samples + sample;
        uint8_t packed[PITCH + DROP_BITS_PAD];
        drop_writer few = {packed, 0, 0};
        drop_writer writer = {s->bits + p * PITCH, 0, 0};
        if (repeats) {
            drop_bits_pack(&few, keep, rows);
            drop_bits_end(&few);
            drop_bits_repeat(&writer, packed, 0, rows, n);
        }
        for (size_t i = 0; s->inner.mask && i < rows; i++) {
            drop_bits_pack(&writer, keep, n);
        }
        drop_bits_end(&writer);
    }
    return s->bits;
}

static void
join_tile(joining *s, const cursor *at, size_t rows, size_t n)
{
    const drop_join *job = s->job;
    const drop_join_axis *row = &s->second, *step = &s->inner;
    const ptrdiff_t size = (ptrdiff_t)s->size, bytes = (ptrdiff_t)n * size;
    const uint8_t *bits = write_bits(s, at->sample, rows, n);
    size_t path[DROP_JOIN_PATHS], count = job->paths;
    const void *x[DROP_JOIN_PATHS];
    char *room = s->room;
    if (!bits) {
        count = find_survivors(job, at->sample, path);
    }
    for (size_t i = 0; i < count; i++) {
        const size_t p = bits ? i : path[i];
        x[i] = drop_gather_rows(room, at->x[p], row->x[p], step->x[p], rows, n,
                                size);
        room += x[i] == room ? (ptrdiff_t)rows * bytes : 0;
    }
    const int in_place =
        drop_rows_contiguous(row->out, step->out, rows, n, size);
    job->kernels->mean[job->dtype](in_place ? at->out : room, x, count, bits,
                                   PITCH, 0, rows * n);
    if (!in_place) {
        drop_copy_strided_rows(at->out, row->out, step->out, room, bytes, size,
                               rows, n, size);
    }
}

/* Joins the elements of the last two axes. */
static int
join_rows(joining *s, cursor at)
{
    const drop_join_axis *second = &s->second, *inner = &s->inner;
    int status = 0;
    for (size_t i = 0, rows; i < second->n && !status; i += rows) {
        const cursor row = cursor_at(s->job, at, second, i);
        rows = least(s->rows, second->n - i);
        for (size_t j = 0, n; j < inner->n && !status; j += n) {
            const cursor tile = cursor_at(s->job, row, inner, j);
            n = least(s->n, inner->n - j);
            join_tile(s, &tile, rows, n);
            status = drop_count_work(&s->poller, rows * n * s->job->paths);
        }
    }
    return status;
}

static int
join_axes(joining *s, const drop_join_axis *axis, int axes, cursor at)
{
    int status = 0;
    if (axes == 0) {
        return join_rows(s, at);
    }
    for (size_t i = 0; i < axis->n && !status; i++) {
        status =
            join_axes(s, axis + 1, axes - 1, cursor_at(s->job, at, axis, i));
    }
    return status;
}

/* Decides the shape of tiles: parts of long rows, or several short ones. */
static void
shape_tiles(joining *s)
{
    const drop_join *job = s->job;
    const size_t n = s->inner.n;
    const ptrdiff_t size = (ptrdiff_t)s->size;
    int contiguous =
        drop_rows_contiguous(s->second.out, s->inner.out, 2, n, size);
    int steps = drop_rows_contiguous(0, s->inner.out, 1, n, size);
    for (size_t p = 0; p < job->paths; p++) {
        const ptrdiff_t row = s->second.x[p], step = s->inner.x[p];
        contiguous &= drop_rows_contiguous(row, step, 2, n, size);
        steps &= drop_rows_contiguous(0, step, 1, n, size);
    }
    const size_t gathered = least(TILE, ROOM / ((job->paths + 1) * s->size));
    const size_t most = contiguous ? TILE : gathered;
    s->rows = 1;
    s->n = steps ? TILE : gathered;
    if (n * s->size < (contiguous ? LONG_ROW : DROP_GATHER_ROW) && n <= most) {
        s->rows = most / n;
        s->n = n;
    }
}

int
drop_join_tiles(const drop_join *job, drop_interrupt interrupt)
{
    const drop_join_axis single = {.n = 1};
    const int axes = job->axes;
    joining s;
    s.job = job;
    s.inner = axes > 0 ? job->axis[axes - 1] : single;
    s.second = axes > 1 ? job->axis[axes - 2] : single;
    s.size = drop_size(job->dtype);
    s.poller = (drop_poller){interrupt, 0};
    shape_tiles(&s);
    cursor at = {.out = job->out, .sample = job->sample};
    memcpy(at.x, job->x, sizeof at.x);
    return join_axes(&s, job->axis, axes > 2 ? axes - 2 : 0, at);
}

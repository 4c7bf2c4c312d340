/* SPDX-License-Identifier: BSD-3-Clause */
#include "ops/block_mask.h"

#include "array/pack.h"

/* A row of seeds along an axis, and the bits of the cells behind it, where no
 * block has room to begin. */
typedef struct {
    size_t seeds, gap;
    uint64_t stride; /* of the seeds' index */
    uint64_t run;    /* seeds of the contiguous rows that begin here, else 0 */
} seed_row;

/* What one row of seeds costs, in cells: some 10 ns. */
#define SEED_ROW_WORK 64

/* Fills the rows of all axes, the outermost first. An axis whose block is one
 * cell has no gap: it is merged with the axis outside of it where its seeds
 * are contiguous with that one's. Returns the number of rows. */
static int
collapse_axes(seed_row *row, const drop_block_mask *map)
{
    size_t inner = drop_block_mask_size(map);
    int n = 0;
    for (int i = 0; i < map->axes; i++) {
        const drop_extent *axis = &map->axis[i];
        const size_t seeds = axis->cells - axis->block + 1;
        inner /= axis->cells;
        if (n && axis->block == 1 &&
            row[n - 1].stride == seeds * axis->stride) {
            row[n - 1].seeds *= seeds;
            row[n - 1].stride = axis->stride;
        }
        else {
            row[n++] =
                (seed_row){seeds, (axis->block - 1) * inner, axis->stride, 0};
        }
    }
    int outer = n - 1;
    uint64_t run = row[outer].seeds;
    while (outer && row[outer - 1].stride == run) {
        run *= row[--outer].seeds;
    }
    row[outer].run = run;
    return n;
}

/* Writes the seeds of the rows from index on, each at its own cell. */
static int
write_seeds(drop_packer *p, const seed_row *row, int rows, uint64_t index)
{
    int status = 0;
    if (row->run) {
        p->reader.end = index + row->run;
    }
    if (rows == 1) {
        status = drop_pack_rows(p, index, 0, 1, row->seeds);
    }
    else if (rows == 2 && row[1].gap == 0) {
        status =
            drop_pack_rows(p, index, row->stride, row->seeds, row[1].seeds);
    }
    else {
        for (size_t i = 0; i < row->seeds && !status; i++) {
            status =
                write_seeds(p, row + 1, rows - 1, index + i * row->stride);
        }
    }
    drop_bits_fill(&p->writer, row->gap);
    return status;
}

static size_t
words(const drop_block_mask *map)
{
    return (drop_block_mask_size(map) + 63) / 64;
}

/* Words between two polls: 1 MiB. */
#define SLICE ((size_t)1 << 17)

/* Extends every dropped cell to a block along one axis. Each step doubles the
 * cells that a seed drops, until they are the whole block; a block ends within
 * its axis. */
static int
erode_axis(const drop_block_mask *map, size_t block, size_t stride,
           drop_interrupt interrupt)
{
    int status = 0;
    for (size_t covered = 1; covered < block && !status;) {
        size_t step = least(block - covered, covered);
        for (size_t end = words(map), first; end && !status; end = first) {
            first = end < SLICE ? 0 : end - SLICE;
            map->kernels->erode(map->to, first, end, step * stride);
            status = drop_poll(interrupt);
        }
        covered += step;
    }
    return status;
}

size_t
drop_block_mask_size(const drop_block_mask *map)
{
    size_t n = 1;
    for (int i = 0; i < map->axes; i++) {
        n *= map->axis[i].cells;
    }
    return n;
}

size_t
drop_block_mask_work(const drop_block_mask *map)
{
    seed_row row[DROP_BLOCK_MASK_AXES];
    size_t rows = 1;
    for (int i = collapse_axes(row, map) - 1; i-- > 0;) {
        rows *= row[i].seeds;
    }
    return drop_block_mask_size(map) + rows * SEED_ROW_WORK;
}

int
drop_block_mask_draw(drop_block_mask *map, drop_interrupt interrupt)
{
    seed_row row[DROP_BLOCK_MASK_AXES];
    drop_packer p = {.writer = {map->to, 0, 0}, .poller = {interrupt, 0}};
    drop_mask_reader_start(&p.reader, map->kernels, &map->sampler, NULL,
                           map->index);
    int status = write_seeds(&p, row, collapse_axes(row, map), map->index);
    drop_bits_end(&p.writer);
    size_t stride = 1;
    for (int i = map->axes; i-- > 0 && !status;) {
        status = erode_axis(map, map->axis[i].block, stride, interrupt);
        stride *= map->axis[i].cells;
    }
    if (!status) {
        map->kept = map->kernels->popcount(map->to, words(map));
    }
    return status;
}

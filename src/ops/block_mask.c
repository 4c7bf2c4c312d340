/* SPDX-License-Identifier: BSD-3-Clause */
#include "ops/block_mask.h"

#include "array/job.h"
#include "array/mask_reader.h"
#include "base/bit_writer.h"

/* The seeds along an axis, and the bits of the cells behind them, at which no
 * block can begin. */
typedef struct {
    size_t seeds, gap;
} seed_row;

/* Cells in which a row of seeds is counted: some 10 ns. */
#define ROW_WORK 64

typedef struct {
    drop_writer writer;
    drop_mask_reader reader;
    uint64_t index; /* of the next seed */
    drop_interrupt interrupt;
    size_t work;
} seeding;

/* Fills the rows of all axes, the outermost first. An axis whose block is one
 * cell has no gap, and is merged with the one outside of it. Returns how many
 * there are. */
static int
collapse_axes(seed_row *f, const drop_block_mask *map)
{
    size_t inner = drop_block_mask_size(map);
    int n = 0;
    for (int i = 0; i < map->axes; i++) {
        const drop_extent *axis = &map->axis[i];
        size_t seeds = axis->cells - axis->block + 1;
        inner /= axis->cells;
        if (n && axis->block == 1) {
            f[n - 1].seeds *= seeds;
        }
        else {
            f[n++] = (seed_row){seeds, (axis->block - 1) * inner};
        }
    }
    return n;
}

/* Writes a row of seeds, each at its own cell. */
static int
write_row(seeding *s, size_t seeds)
{
    int status = 0;
    for (size_t i = 0; i < seeds && !status;) {
        drop_bit_span some =
            drop_mask_reader_get(&s->reader, s->index, seeds - i);
        drop_bits_copy(&s->writer, some.bits, some.offset, some.n);
        s->index += some.n;
        s->work += some.n;
        i += some.n;
        if (s->work >= DROP_POLL_EVERY) {
            s->work = 0;
            status = drop_poll(s->interrupt);
        }
    }
    return status;
}

static int
write_seeds(seeding *s, const seed_row *f, int rows)
{
    int status = rows == 1 ? write_row(s, f->seeds) : 0;
    for (size_t i = 0; rows > 1 && i < f->seeds && !status; i++) {
        status = write_seeds(s, f + 1, rows - 1);
    }
    drop_bits_fill(&s->writer, f->gap);
    return status;
}

static size_t
words(const drop_block_mask *map)
{
    return (drop_block_mask_size(map) + 63) / 64;
}

/* Words between two polls: 1 MiB. */
#define SLICE ((size_t)1 << 17)

/* Extends every dropped cell to a block along one axis. What a seed drops
 * doubles with every step, and ends within the axis. */
static int
erode_axis(const drop_block_mask *map, size_t block, size_t stride,
           drop_interrupt interrupt)
{
    int status = 0;
    for (size_t covered = 1; covered < block && !status;) {
        size_t step = block - covered < covered ? block - covered : covered;
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
    seed_row f[DROP_BLOCK_MASK_AXES];
    size_t rows = 1;
    for (int i = collapse_axes(f, map) - 1; i-- > 0;) {
        rows *= f[i].seeds;
    }
    return drop_block_mask_size(map) + rows * ROW_WORK;
}

int
drop_block_mask_draw(drop_block_mask *map, drop_interrupt interrupt)
{
    seed_row f[DROP_BLOCK_MASK_AXES];
    seeding s = {.writer = {map->to, 0, 0}, .interrupt = interrupt};
    drop_mask_reader_start(&s.reader, map->kernels, &map->sampler, NULL, 0);
    int status = write_seeds(&s, f, collapse_axes(f, map));
    drop_bits_end(&s.writer);
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

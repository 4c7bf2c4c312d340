/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/box_run.h"

#include "array/strided_run.h"

/* Finds the unit: what is contiguous in memory and as bits are held. Returns
 * the axis at which a run ends that interleaves columns, or -1: it is one
 * along which few columns are contiguous. */
static int
find_unit(drop_box_run *run, const drop_layout *l, int axes)
{
    size_t columns = 1;
    int i = axes - 1;
    run->unit = 1;
    for (; i >= 0 && (l->places[i] == 1 || l->held[i] == run->unit); i--) {
        run->unit *= l->places[i];
    }
    run->outside = i;
    if (run->unit > 1) {
        return -1;
    }
    while (i > 0 && columns <= DROP_COLUMNS_MOST && l->held[i] != 1) {
        columns *= l->places[i--];
    }
    return i >= 0 && columns <= DROP_COLUMNS_MOST && l->held[i] == 1 &&
                   l->places[i] >= DROP_LONG_COLUMNS
               ? i
               : -1;
}

/* Finds the run's axes, from the innermost on, while memory is contiguous;
 * where that is short, more axes, which are gathered. A run goes not beyond
 * the axis last, or -1. */
static void
find_axes(drop_box_run *run, const drop_boxes *b, const size_t *places,
          size_t size, int last)
{
    const drop_axis *axis = b->axis;
    int i = b->axes - 1;
    size_t most = least(run->unit * DROP_UNITS, DROP_TILE), n = places[i];
    most = last < 0 ? most : DROP_TILE;
    run->memory = axis[i];
    run->memory.n = n;
    run->inside = 1;
    run->step = run->unit < n ? least(n, most) : n;
    run->is_scattered = 0;
    while (i && i != last && n < most) {
        const int goes_on = places[i] == axis[i].n &&
                            drop_axes_contiguous(&axis[i - 1], &run->memory);
        if (!goes_on && !run->is_scattered) {
            if (n * size >= DROP_GATHER_ROW) {
                break;
            }
            run->is_scattered = places[i - 1] > 1;
            most = least(most, drop_gather_most(size));
        }
        run->inside = n;
        run->step = least(places[--i], most / n);
        n *= run->step;
        run->memory.n = n;
        if (run->step < places[i]) {
            break;
        }
    }
    run->first = i;
    run->interleaves = i == last;
}

static void
fill_offsets(drop_box_run *run, const drop_layout *l)
{
    size_t count = 1;
    run->offset[0] = 0;
    for (int i = run->outside; i >= run->first + run->interleaves; i--) {
        const size_t n = i == run->first ? run->step : l->places[i];
        for (size_t j = 1; j < n; j++) {
            const uint32_t more = (uint32_t)(j * l->held[i]);
            for (size_t k = 0; k < count; k++) {
                run->offset[j * count + k] = run->offset[k] + more;
            }
        }
        count *= n;
    }
}

void
drop_box_run_find(drop_box_run *run, const drop_boxes *b, const drop_layout *l,
                  size_t size)
{
    const int last = find_unit(run, l, b->axes);
    find_axes(run, b, l->places, size, last);
    fill_offsets(run, l);
    run->deposit[0] = 0;
    for (unsigned byte = 1; run->interleaves && byte < 256; byte++) {
        run->deposit[byte] =
            run->deposit[byte / 2] << run->inside | (byte & 1);
    }
}

/* The bits at n <= 8 offsets from a bit on; n is a constant where it is 8. */
DROP_INLINE uint64_t
gather_byte(const uint8_t *held, size_t from, const uint32_t *offset, size_t n)
{
    uint64_t byte = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t at = from + offset[i];
        byte |= (uint64_t)(held[at / 8] >> at % 8 & 1) << i;
    }
    return byte;
}

/* Writes the bits at n offsets from a bit on. */
static void
gather_bits(drop_writer *to, const uint8_t *held, size_t from,
            const uint32_t *offset, size_t n)
{
    const size_t rest = n % 8, whole = n - rest;
    for (size_t i = 0; i < whole; i += 8) {
        drop_bits_put(to, gather_byte(held, from, offset + i, 8), 8);
    }
    drop_bits_put(to, gather_byte(held, from, offset + whole, rest),
                  (unsigned)rest);
}

/* Writes count units of n bits end to end. */
static void
join_units(drop_writer *to, const uint8_t *held, size_t from,
           const uint32_t *offset, size_t count, size_t n)
{
    const uint32_t mask = UINT32_MAX >> (32 - n) % 32;
    for (size_t i = 0; i < count; i++) {
        const size_t at = from + offset[i];
        if (n > 32) {
            drop_bits_copy(to, held, at, n);
        }
        else {
            drop_bits_put(to, load_bits32(held, at) & mask, (unsigned)n);
        }
    }
}

/* Interleaves columns of n bits each; writes up to 7 bits more of each. */
static void
interleave(drop_writer *to, const drop_box_run *run, const uint8_t *held,
           size_t from, size_t n)
{
    const unsigned columns = (unsigned)run->inside;
    const unsigned some = columns <= 8 ? 8 : 4; /* of each make a word */
    for (size_t i = 0; i < n; i += some) {
        uint64_t word = 0;
        for (unsigned j = 0; j < columns; j++) {
            const size_t at = from + run->offset[j] + i;
            const uint32_t bits = load_bits32(held, at) & ((1u << some) - 1);
            word |= run->deposit[bits] << j;
        }
        drop_bits_put(to, word, some * columns);
    }
}

drop_bit_span
drop_box_run_bits(drop_box_run *run, const uint8_t *held, size_t from,
                  size_t n)
{
    drop_writer to = {run->bits, 0, 0};
    if (run->unit >= n) {
        return (drop_bit_span){held, from, n};
    }
    if (run->interleaves) {
        interleave(&to, run, held, from, n / run->inside);
    }
    else if (run->unit == 1) {
        gather_bits(&to, held, from, run->offset, n);
    }
    else {
        join_units(&to, held, from, run->offset, n / run->unit, run->unit);
    }
    drop_bits_end(&to);
    return (drop_bit_span){run->bits, 0, n};
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Random words -> packed keep bits, plane by plane (STREAM.md).
 *
 * The planes that T needs are combined from the least significant up. Where
 * T's bit is 1, an element whose own bit is 0 lies below T and is dropped,
 * else the planes below decide: keep & plane. Where T's bit is 0, a bit 1 lies
 * above T: keep | plane. Elements equal to T in all 8 planes, one in 256, are
 * undecided until their tails are drawn, together for a whole tile.
 */
#include "kernels/kernels.h"

/* Where a drawing stands, for who is called between its steps. */
typedef struct {
    drop_progress_fn *progress_fn;
    void *context;
    size_t done, total;
} progress;

/* Lane l of vector v holds its group's 128 bits as two 64-bit words. */
DROP_INLINE void
draw_plane(const drop_sampler *sampler, const philox_shared *shared,
           unsigned j, u64v (*bits)[2], int vectors)
{
    philox_state s[DRAW_VECTORS];
    for (int v = 0; v < vectors; v++) {
        s[v] = philox_join(&shared[v], &sampler->planes[j]);
    }
    philox_rounds(s, vectors, PHILOX_ROUNDS - 1, sampler);
    for (int v = 0; v < vectors; v++) {
        philox_last(&s[v], sampler, &bits[v][0], &bits[v][1]);
    }
}

/* Draws vectors * U64_LANES groups: their keep bits and, with a tail, the
 * undecided ones. vectors and tail are constants where this is inlined. */
DROP_INLINE void
draw_chunk(const drop_sampler *sampler, progress *progress, uint8_t *keep_to,
           uint8_t *open_to, uint64_t group, int vectors, int tail)
{
    philox_shared shared[DRAW_VECTORS];
    u64v keep[DRAW_VECTORS][2], open[DRAW_VECTORS][2];
    for (int v = 0; v < vectors; v++) {
        u64v groups = u64_groups(group + (uint64_t)v * U64_LANES);
        shared[v] = philox_share(groups, DROP_MASKS, sampler);
        keep[v][0] = keep[v][1] = u64_set1(sampler->below);
        open[v][0] = open[v][1] = u64_set1(UINT64_MAX);
    }
    for (unsigned j = sampler->needed; j-- > 0;) {
        u64v bits[DRAW_VECTORS][2];
        draw_plane(sampler, shared, j, bits, vectors);
        int one = sampler->top >> (DROP_PLANES - 1 - j) & 1;
        for (int v = 0; v < vectors; v++) {
            for (int h = 0; h < 2; h++) {
                u64v plane = bits[v][h];
                keep[v][h] = one ? u64_and(keep[v][h], plane)
                                 : u64_or(keep[v][h], plane);
                if (tail) {
                    open[v][h] = one ? u64_and(open[v][h], plane)
                                     : u64_andnot(open[v][h], plane);
                }
            }
        }
        if (progress->progress_fn) {
            progress->progress_fn(progress->context, progress->done++,
                                  progress->total);
        }
    }
    for (int v = 0; v < vectors; v++) {
        size_t at = (size_t)v * U64_LANES * (DROP_GROUP / 8);
        u64_store_groups(keep_to + at, keep[v][0], keep[v][1]);
        if (tail) {
            u64_store_groups(open_to + at, open[v][0], open[v][1]);
        }
    }
}

/* Tails that are drawn at once: a tile has as many on average, and as many
 * lanes hide the multiply's latency. */
enum { TAILS = 16, TAIL_VECTORS = TAILS / U64_LANES };

/* The positions of the bits that are set among the tile's first n words. The
 * words that have none, 4 of 5, are passed over without a branch. */
DROP_INLINE size_t
collect(uint16_t *at, const uint8_t *open, size_t n)
{
    uint64_t some = 0;
    size_t found = 0;
    for (size_t i = 0; i < n; i += U64_LANES) {
        some |= (uint64_t)u64_nonzero(open + 8 * i) << i;
    }
    for (; some; some &= some - 1) {
        size_t i = (size_t)__builtin_ctzll(some);
        uint64_t word = load_le64(open + 8 * i);
        do {
            at[found++] = (uint16_t)(64 * i + __builtin_ctzll(word));
            word &= word - 1;
        } while (word);
    }
    return found;
}

/* Draws the tails of the undecided elements and sets the bits of those kept;
 * until then an undecided bit is 0. */
DROP_INLINE void
draw_tails(const drop_sampler *sampler, uint8_t *bits, const uint8_t *open,
           uint64_t group, size_t groups)
{
    const uint64_t index = group * DROP_GROUP;
    const drop_plane tail =
        drop_sampler_plane(sampler, DROP_TAIL, (uint32_t)(index >> 32));
    uint16_t at[DROP_TILE + TAILS];
    size_t n = collect(at, open, groups * (DROP_GROUP / 64));
    memset(at + n, 0, TAILS * sizeof at[0]);
    for (size_t i = 0; i < n; i += TAILS) {
        philox_state s[TAIL_VECTORS];
        uint64_t words[TAILS];
        for (int v = 0; v < TAIL_VECTORS; v++) {
            u64v counter = u64_add_u16(index, at + i + v * U64_LANES);
            philox_shared shared = philox_share(counter, DROP_MASKS, sampler);
            s[v] = philox_join(&shared, &tail);
        }
        philox_rounds(s, TAIL_VECTORS, PHILOX_ROUNDS, sampler);
        for (int v = 0; v < TAIL_VECTORS; v++) {
            u64_store(words + v * U64_LANES, s[v].c0);
        }
        size_t some = n - i < TAILS ? n - i : TAILS;
        for (size_t l = 0; l < some; l++) {
            uint8_t *word = bits + at[i + l] / 64 * 8;
            uint64_t keep = (uint32_t)words[l] >= sampler->tail;
            store_le64(word, load_le64(word) | keep << at[i + l] % 64);
        }
    }
}

/* Full chunks first, then single vectors. */
DROP_INLINE void
draw_groups(const drop_sampler *sampler, progress *progress, uint8_t *bits,
            uint8_t *open, uint64_t group, size_t n, int tail)
{
    size_t i = 0, bytes = DROP_GROUP / 8;
    for (size_t step = DRAW_VECTORS * U64_LANES; i + step <= n; i += step) {
        draw_chunk(sampler, progress, bits + i * bytes, open + i * bytes,
                   group + i, DRAW_VECTORS, tail);
    }
    for (; i < n; i += U64_LANES) {
        draw_chunk(sampler, progress, bits + i * bytes, open + i * bytes,
                   group + i, 1, tail);
    }
}

static void
bernoulli(uint8_t *bits, uint64_t group, size_t n, const drop_sampler *sampler,
          drop_progress_fn *progress_fn, void *context)
{
    uint8_t open[DROP_TILE / 8];
    n = (n + DROP_GROUPS - 1) / DROP_GROUPS * DROP_GROUPS;
    size_t vectors = n / U64_LANES;
    size_t chunks = vectors / DRAW_VECTORS + vectors % DRAW_VECTORS;
    progress progress = {progress_fn, context, 0, chunks * sampler->needed};
    if (sampler->tail) {
        draw_groups(sampler, &progress, bits, open, group, n, 1);
        draw_tails(sampler, bits, open, group, n);
    }
    else {
        draw_groups(sampler, &progress, bits, open, group, n, 0);
    }
}

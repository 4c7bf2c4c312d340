/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Segments -> packed keep bits, plane by plane (STREAM.md).
 *
 * From the first plane down an element is undecided while its bits equal T's.
 * Where T's bit is 1, an element whose own bit is 0 lies below T and is
 * dropped; where T's bit is 0, one whose bit is 1 lies above T and is kept.
 * Half of the undecided stay so, and the planes end when none are left, or
 * when T has no more ones: what is undecided then is kept.
 */
#include "kernels/kernels.h"

_Static_assert(DROP_SEGMENT_WORDS == 8, "u64_store_segments knows 8 words");

/* The progress of a drawing, for the function that is called after each plane.
 */
typedef struct {
    drop_progress_fn *progress_fn;
    void *context;
    size_t done, total;
} progress;

/* Planes by which progress is counted. A chunk of n elements needs log2 n +
 * 1.3 planes on average: 13.3 for the 4,096 of AVX2, 14.3 for the 8,192 of
 * AVX-512. Six of seven chunks of 4,096 need these 12. */
enum { USUAL_PLANES = 12 };

/* The plane after which the loop first tests whether all elements are decided:
 * before it they are in fewer than one of 50 chunks of 4,096. */
enum { FIRST_CHECK = 10 };

/* The bits of a chunk of segments, word by word of all of them. */
typedef struct {
    u64v keep[DROP_SEGMENT_WORDS][DRAW_VECTORS];
    u64v undecided[DROP_SEGMENT_WORDS][DRAW_VECTORS];
} decisions;

/* Word t of what is asked of each segment in a vector. */
DROP_INLINE u64v
asked_words(const uint64_t (*asked)[DROP_SEGMENT_WORDS], int t)
{
    uint64_t word[U64_LANES];
    for (int l = 0; l < U64_LANES; l++) {
        word[l] = asked[l][t];
    }
    return u64_load(word);
}

/* Takes the outputs of plane j, in which T has this bit. Before the first
 * plane all that is asked for is undecided. bit, vectors and is_first are
 * constants where this is inlined. */
DROP_INLINE void
take_plane(decisions *d, sfc64_state *s, unsigned j, int vectors, int bit,
           int is_first, const uint64_t (*asked)[DROP_SEGMENT_WORDS])
{
    u64v n = u64_set1(j * DROP_SEGMENT_WORDS);
    for (int t = 0; t < DROP_SEGMENT_WORDS; t++) {
        n = u64_add(n, u64_set1(1));
        for (int v = 0; v < vectors; v++) {
            u64v plane = sfc64_next(&s[v], n);
            u64v keep = is_first ? u64_set1(0) : d->keep[t][v];
            u64v open = !is_first ? d->undecided[t][v]
                        : asked   ? asked_words(asked + v * U64_LANES, t)
                                  : u64_set1(UINT64_MAX);
            d->keep[t][v] = bit ? keep : u64_or_and(keep, open, plane);
            d->undecided[t][v] =
                bit ? u64_and(open, plane) : u64_andnot(open, plane);
        }
    }
}

DROP_INLINE void
decide_plane(decisions *d, sfc64_state *s, unsigned j, int vectors,
             int is_first, const uint64_t (*asked)[DROP_SEGMENT_WORDS],
             const drop_sampler *sampler)
{
    if (sampler->threshold >> (DROP_PLANES - 1 - j) & 1) {
        take_plane(d, s, j, vectors, 1, is_first, asked);
    }
    else {
        take_plane(d, s, j, vectors, 0, is_first, asked);
    }
}

DROP_INLINE int
all_decided(const decisions *d, int vectors)
{
    u64v any = u64_set1(0);
    for (int t = 0; t < DROP_SEGMENT_WORDS; t++) {
        for (int v = 0; v < vectors; v++) {
            any = u64_or(any, d->undecided[t][v]);
        }
    }
    return u64_is_zero(any);
}

DROP_INLINE void
count_plane(progress *p, unsigned j)
{
    if (p->progress_fn && j < USUAL_PLANES) {
        p->progress_fn(p->context, p->done++, p->total);
    }
}

/* Draws vectors * U64_LANES segments. vectors is a constant where this is
 * inlined. */
DROP_INLINE void
draw_chunk(uint8_t *bits, const uint64_t *segment,
           const uint64_t (*asked)[DROP_SEGMENT_WORDS], int vectors,
           const drop_sampler *sampler, progress *p)
{
    decisions d;
    sfc64_state s[DRAW_VECTORS];
    const unsigned first_check = asked ? 0 : FIRST_CHECK;
    sfc64_seed(s, segment, vectors, sampler);
    decide_plane(&d, s, 0, vectors, 1, asked, sampler);
    count_plane(p, 0);
    for (unsigned j = 1; j < sampler->planes; j++) {
        if (j > first_check && all_decided(&d, vectors)) {
            break;
        }
        decide_plane(&d, s, j, vectors, 0, NULL, sampler);
        count_plane(p, j);
    }
    for (int v = 0; v < vectors; v++) {
        u64v word[DROP_SEGMENT_WORDS];
        for (int t = 0; t < DROP_SEGMENT_WORDS; t++) {
            word[t] = u64_or(d.keep[t][v], d.undecided[t][v]);
        }
        u64_store_segments(bits + (size_t)v * U64_LANES * (DROP_SEGMENT / 8),
                           word);
    }
}

/* Full chunks first, then single vectors. */
static void
bernoulli(uint8_t *bits, const uint64_t *segment,
          const uint64_t (*asked)[DROP_SEGMENT_WORDS], size_t n,
          const drop_sampler *sampler, drop_progress_fn *progress_fn,
          void *context)
{
    const size_t vectors = (n + U64_LANES - 1) / U64_LANES;
    n = vectors * U64_LANES;
    const size_t chunks = vectors / DRAW_VECTORS + vectors % DRAW_VECTORS;
    const size_t planes = least(sampler->planes, USUAL_PLANES);
    progress p = {progress_fn, context, 0, chunks * planes};
    size_t i = 0;
    if (!sampler->planes) {
        memset(bits, sampler->threshold ? 0 : 0xFF, n * (DROP_SEGMENT / 8));
        return;
    }
    for (; i + DRAW_LANES <= n; i += DRAW_LANES) {
        draw_chunk(bits + i * (DROP_SEGMENT / 8), segment + i,
                   asked ? asked + i : NULL, DRAW_VECTORS, sampler, &p);
    }
    for (; i < n; i += U64_LANES) {
        draw_chunk(bits + i * (DROP_SEGMENT / 8), segment + i,
                   asked ? asked + i : NULL, 1, sampler, &p);
    }
}

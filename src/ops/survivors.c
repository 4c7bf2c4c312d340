/* SPDX-License-Identifier: BSD-3-Clause */
#include "ops/survivors.h"

#include "array/mask_reader.h"

/* Samples whose survivors are counted at once. */
enum { COUNTED = 512 };

/* Whether an earlier path has the threshold of path j. */
static int
is_drawn(const drop_survivors *job, size_t j)
{
    size_t i = 0;
    while (job->threshold[i] != job->threshold[j]) {
        i++;
    }
    return i < j;
}

/* Stores a path's bits among those of the mask's elements from index on. */
static void
store_bits(const drop_survivors *job, size_t path, uint64_t index,
           drop_bit_span some)
{
    const uint64_t place = job->place[path], size = job->size;
    uint8_t *keep = job->keep + path * job->samples;
    uint64_t sample = index > place ? (index - place + size - 1) / size : 0;
    uint64_t at = sample * size + place - index;
    for (; at < some.n; at += size, sample++) {
        const uint64_t bit = some.offset + at;
        keep[sample] = some.bits[bit / 8] >> bit % 8 & 1;
    }
}

/* Draws the bits of all paths that have the threshold of path j. */
static int
draw_alike(const drop_survivors *job, size_t j, drop_poller *poller)
{
    const uint64_t n = (uint64_t)job->samples * job->size;
    drop_mask_reader reader;
    drop_sampler sampler;
    int status = 0;
    drop_sampler_start(&sampler, job->key, job->threshold[j]);
    drop_mask_reader_start(&reader, job->kernels, &sampler, NULL, 0);
    for (uint64_t i = 0, some; i < n && !status; i += some) {
        const uint64_t most = n - i < DROP_TILE ? n - i : DROP_TILE;
        drop_bit_span span = drop_mask_reader_get(&reader, i, (size_t)most);
        some = span.n;
        for (size_t p = j; p < job->living; p++) {
            if (job->threshold[p] == job->threshold[j]) {
                store_bits(job, p, i, span);
            }
        }
        status = drop_count_work(poller, span.n);
    }
    return status;
}

/* Lets one path survive in each sample where none does. */
static void
choose_lost(const drop_survivors *job, size_t sample, size_t n)
{
    uint8_t any[COUNTED] = {0};
    for (size_t p = 0; p < job->living; p++) {
        const uint8_t *keep = job->keep + p * job->samples + sample;
        for (size_t i = 0; i < n; i++) {
            any[i] |= keep[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (!any[i]) {
            const uint64_t path =
                drop_choice(job->key, sample + i, (uint32_t)job->living, 0);
            job->keep[path * job->samples + sample + i] = 1;
        }
    }
}

size_t
drop_survivors_work(const drop_survivors *job)
{
    return job->samples * job->size * job->living;
}

int
drop_survivors_draw(const drop_survivors *job, drop_interrupt interrupt)
{
    drop_poller poller = {interrupt, 0};
    int status = 0;
    for (size_t j = 0; j < job->living && !status; j++) {
        if (!is_drawn(job, j)) {
            status = draw_alike(job, j, &poller);
        }
    }
    for (size_t i = 0, n; i < job->samples && !status; i += n) {
        n = least(job->samples - i, COUNTED);
        choose_lost(job, i, n);
        status = drop_count_work(&poller, n * job->living);
    }
    return status;
}

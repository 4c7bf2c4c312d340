/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Boxes of any axes: their bits can be held, and each element has a bit of its
 * own; elements along shared axes have one together.
 */
#include "chance.h"
#include "check.h"
#include "array/box_run.h"

#include <string.h>

enum { TIMES = 3000, AXES = 6 };

/* Axes of a mask in any order of memory, some shared, some a part of longer
 * ones. */
static void
choose_axes(drop_plan *plan)
{
    const int axes = 1 + (int)below(AXES);
    drop_axis axis[AXES];
    uint64_t mask = 1;
    ptrdiff_t step = 4;
    for (int i = 0; i < axes; i++) {
        const size_t n = 2 + (one_in(3) ? below(3000) : below(12));
        axis[i] = (drop_axis){.n = n, .mask = one_in(4) ? 0 : mask};
        mask *= axis[i].mask ? n + (one_in(3) ? below(50) : 0) : 1;
    }
    for (int i = axes; i-- > 0;) {
        const int j = (int)below((uint64_t)i + 1);
        const drop_axis next = axis[j];
        axis[j] = axis[i];
        axis[i] = next;
        axis[i].out = axis[i].x = axis[i].r = step;
        step *= (ptrdiff_t)axis[i].n;
    }
    *plan = (drop_plan){.outers = axes - 1, .inner = axis[axes - 1]};
    memcpy(plan->axis, axis, (size_t)plan->outers * sizeof *axis);
}

/* Marks the bits of a box's elements from axis i on. */
static void
mark(uint8_t *marks, const drop_boxes *b, const drop_layout *l, int i,
     size_t bit)
{
    if (i == b->axes) {
        if (bit >= l->bits || marks[bit]++) {
            fail("bit %zu of %zu is held twice, or is none", bit, l->bits);
        }
        return;
    }
    const size_t n = b->axis[i].mask ? l->places[i] : 1;
    for (size_t j = 0; j < n; j++) {
        mark(marks, b, l, i + 1, bit + j * l->held[i]);
    }
}

static void
check_box(const drop_boxes *b, const size_t *places)
{
    static uint8_t marks[DROP_HELD_BITS];
    drop_layout layout;
    if (!drop_layout_make(&layout, b, places)) {
        fail("a box of %d axes cannot be held", b->axes);
    }
    memset(marks, 0, layout.bits);
    mark(marks, b, &layout, 0, 0);
    checks++;
}

/* A whole box, and one of the last along some axes. */
static void
check_boxes(void)
{
    drop_plan plan;
    drop_boxes boxes;
    choose_axes(&plan);
    drop_boxes_choose(&boxes, &plan);
    size_t places[DROP_MAX_AXES];
    for (int i = 0; i < boxes.axes; i++) {
        places[i] = boxes.most[i];
    }
    check_box(&boxes, places);
    for (int i = 0; i < boxes.axes; i++) {
        if (one_in(2)) {
            places[i] = (boxes.axis[i].n - 1) % boxes.most[i] + 1;
        }
    }
    check_box(&boxes, places);
}

void
test_box(void)
{
    for (int i = 0; i < TIMES; i++) {
        if (!is_skipped()) {
            check_boxes();
        }
    }
}

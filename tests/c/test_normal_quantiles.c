/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Normal quantiles at both sides of the bounds between the three parts of AS
 * 241. The outer two are so rare that no mask of a test comes upon them: here
 * kernels/normal.h is given the uniforms themselves, in plain C.
 */
#include "check.h"
#include "kernels/simd/scalar.h"
#include "kernels/philox_simd.h"
#include "kernels/normal.h"

/* As tests/reference_family.py has them: z of u = (cell + 1/2) * 2**-52. At
 * the bounds the parts differ in the last bit. */
static const struct {
    uint64_t cell;
    double z;
} known[] = {
    {0, -0x1.06b48528cea51p+3},                           /* the least */
    {UINT64_C(40000), -0x1.ae4ac462f0a2bp+2},             /* t > 5 */
    {UINT64_C(62545), -0x1.aa1b1e6eab81fp+2},             /* the last */
    {UINT64_C(62546), -0x1.aa1b1492d018dp+2},             /* t <= 5 */
    {UINT64_C(80000), -0x1.a7c8b06bb1477p+2},             /* above it */
    {UINT64_C(337769972052785), -0x1.7085226d3e52fp+0},   /* q < -0.425 */
    {UINT64_C(337769972052787), -0x1.7085226d3e521p+0},   /* the centre */
    {UINT64_C(2251799813685247), -0x1.40d931ff62707p-52}, /* its middle */
};

void
test_quantiles(void)
{
    double u[NORMALS];
    uint64_t outside[NORMALS / 64];
    (void)normals;
    for (size_t i = 0; i < NORMALS; i++) {
        u[i] = ((double)known[i / 2 % COUNT(known)].cell + 0.5) * 0x1p-52;
        u[i] = i % 2 ? 1 - u[i] : u[i];
    }
    do_centre(u, NORMALS, outside);
    do_tails(u, outside);
    for (size_t i = 0; i < NORMALS; i++) {
        const double z = known[i / 2 % COUNT(known)].z;
        if (u[i] != (i % 2 ? -z : z)) {
            fail("quantile of cell %" PRIu64 "%s: expected %a, got %a",
                 known[i / 2 % COUNT(known)].cell, i % 2 ? " from 1" : "",
                 i % 2 ? -z : z, u[i]);
        }
        checks++;
    }
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rounding of bfloat16, from the words of the list that includes this.
 */

/* To nearest, ties to even: adds 0x7FFF and the bit that becomes the last. A
 * NaN comes from a bfloat16 or from an operation, which makes 0x7FC00000 or
 * 0xFFC00000: in its low half, where it has zeros, nothing is carried. */
DROP_INLINE u32v
bf16_round(f32v a)
{
    u32v word = f32_bits(a);
    return (word + 0x7FFF + (word >> 16 & 1)) >> 16;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rounding of bfloat16, from the words of the list that includes this.
 */

/* To nearest, ties to even: adds 0x7FFF and the bit that becomes the last.
 * A NaN, whose payload that could carry away, is made quiet instead. */
DROP_INLINE u32v
bf16_round(f32v a)
{
    u32v word = f32_bits(a);
    u32v rounded = word + 0x7FFF + (word >> 16 & 1);
    return u32_if_nan(a, word | 0x400000, rounded) >> 16;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * type_load_partial and type_store_partial, vectors of which only the first n
 * elements are in memory, for the dtypes whose word list has none of its own.
 */
#define PARTIAL(type, real)                                              \
    DROP_INLINE real##v type##_load_partial(const char *x, size_t n)     \
    {                                                                    \
        char part[real##_lanes * type##_size] = {0};                     \
        memcpy(part, x, n *type##_size);                                 \
        return type##_load(part);                                        \
    }                                                                    \
    DROP_INLINE void type##_store_partial(char *to, real##v a, size_t n) \
    {                                                                    \
        char part[real##_lanes * type##_size];                           \
        type##_store(part, a);                                           \
        memcpy(to, part, n *type##_size);                                \
    }
#ifndef f32_load_partial
PARTIAL(f32, f32)
PARTIAL(f64, f64)
#endif
#ifndef f16_load_partial
PARTIAL(f16, f32)
PARTIAL(bf16, f32)
#endif
PARTIAL(item1, item1)
PARTIAL(item2, item2)
PARTIAL(item4, item4)
PARTIAL(item8, item8)
PARTIAL(item16, item16)

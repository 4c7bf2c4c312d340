/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Vectors of which only the first n elements are in memory: load_partial and
 * store_partial for the types whose list has none of its own, and for all
 * load_some and store_some, where n may be all of them.
 */
#define PARTIAL(type)                                                    \
    DROP_INLINE type##v type##_load_partial(const char *x, size_t n)     \
    {                                                                    \
        char part[type##_lanes * type##_size] = {0};                     \
        memcpy(part, x, n *type##_size);                                 \
        return type##_load(part);                                        \
    }                                                                    \
    DROP_INLINE void type##_store_partial(char *to, type##v a, size_t n) \
    {                                                                    \
        char part[type##_lanes * type##_size];                           \
        type##_store(part, a);                                           \
        memcpy(to, part, n *type##_size);                                \
    }
#ifndef f32_load_partial
PARTIAL(f32)
PARTIAL(f64)
#endif
#ifndef half_load_partial
PARTIAL(half)
#endif
#ifndef item2_load_partial
PARTIAL(item2)
#endif
#ifndef bf16x2_load_partial
PARTIAL(bf16x2)
#endif
PARTIAL(item1)
PARTIAL(item4)
PARTIAL(item8)
PARTIAL(item16)

#define SOME(type, vector)                                              \
    DROP_INLINE vector##v type##_load_some(const char *x, size_t n)     \
    {                                                                   \
        return n < vector##_lanes ? type##_load_partial(x, n)           \
                                  : type##_load(x);                     \
    }                                                                   \
    DROP_INLINE void type##_store_some(char *to, vector##v a, size_t n) \
    {                                                                   \
        if (n < vector##_lanes) {                                       \
            type##_store_partial(to, a, n);                             \
        }                                                               \
        else {                                                          \
            type##_store(to, a);                                        \
        }                                                               \
    }
SOME(f32, f32)
SOME(f64, f64)
SOME(f16, f32)
SOME(bf16, f32)
SOME(bf16x2, bf16x2)
SOME(item1, item1)
SOME(item2, item2)
SOME(item4, item4)
SOME(item8, item8)
SOME(item16, item16)

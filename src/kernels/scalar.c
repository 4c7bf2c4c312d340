/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernels/simd/scalar.h"
#include "kernels/table.h"

KERNELS(scalar);

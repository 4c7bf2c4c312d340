/* SPDX-License-Identifier: BSD-3-Clause */
#include "simd_scalar.h"
#include "stages.h"

KERNELS(scalar);

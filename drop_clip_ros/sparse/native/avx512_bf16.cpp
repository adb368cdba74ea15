// AVX-512 with products of bfloat16, summed in float32.
#if defined(__clang__)
#include "target.h"
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")
#endif
#include "avx512.h"
#include "outer.h"

namespace sparse {
namespace {

struct Bfloat16x16 : Words512 {
    using Sum = __m512;
    static Sum multiply_add(Sum sum, __m512i value, Weights weights) {
        return _mm512_dpbf16_ps(sum, (__m512bh)value, (__m512bh)weights);
    }
    static __m512 to_float(Sum sum) { return sum; }
};

}  // namespace

const Instructions AVX512_BF16 = {
    16, 64, {nullptr, run<Bfloat16x16>, nullptr}, {nullptr, add_outer<Bfloat16x16>, nullptr}, nullptr};

}  // namespace sparse

#if defined(__clang__)
#pragma clang attribute pop
#endif

// AVX-512 with VNNI: float32 and 8-bit integers.
#if defined(__clang__)
#include "target.h"
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")
#endif
#include "avx512.h"
#include "outer.h"

namespace sparse {
namespace {

struct Int8x16 : Words512 {
    using Sum = __m512i;
    static Sum multiply_add(Sum sum, __m512i value, Weights weights) {
        return _mm512_dpbusd_epi32(sum, value, weights);
    }
    static __m512 to_float(Sum sum) { return _mm512_cvtepi32_ps(sum); }
};

void quantize(const uint16_t* from, int64_t count, float factor, uint8_t* to) {
    const __m512 scale = _mm512_set1_ps(factor);
    for (int64_t i = 0; i < count; i += 16) {
        const __mmask16 inside = Floats512::first(count - i < 16 ? int(count - i) : 16);
        const __m512 value = floats_of(_mm256_maskz_loadu_epi16(inside, from + i));
        const __m512i whole = _mm512_cvtps_epi32(_mm512_mul_ps(value, scale));
        _mm_mask_storeu_epi8(to + i, inside, _mm512_cvtusepi32_epi8(_mm512_max_epi32(whole, _mm512_setzero_si512())));
    }
}

}  // namespace

const Instructions AVX512 = {
    16, 64, {run<Float32x16>, nullptr, run<Int8x16>}, {add_outer<Float32x16>, nullptr, nullptr}, quantize};

}  // namespace sparse

#if defined(__clang__)
#pragma clang attribute pop
#endif

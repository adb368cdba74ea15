// AVX2 with FMA: float32 alone, eight columns to a vector.
#if defined(__clang__)
#include "target.h"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#include <immintrin.h>
#include "item.h"
#include "outer.h"

namespace sparse {
namespace {

struct Float32x8 {
    static constexpr int LANES = 8, BYTES = 32;
    using Sum = __m256;
    using Weights = __m256;
    template <int VECTORS>
    static constexpr int tile_rows() {  // of 16 registers
        constexpr int fitting[] = {0, 8, 6, 4, 2, 2, 2};
        return fitting[VECTORS];
    }
    static Weights load_weights(const char* from) { return _mm256_loadu_ps(reinterpret_cast<const float*>(from)); }
    static __m256 spread(const char* word) { return _mm256_broadcast_ss(reinterpret_cast<const float*>(word)); }
    static Sum multiply_add(Sum sum, __m256 value, Weights weights) { return _mm256_fmadd_ps(value, weights, sum); }
    static __m256 to_float(Sum sum) { return sum; }
    static __m256 load_floats(const float* from) { return _mm256_loadu_ps(from); }
    static __m256 add(__m256 a, __m256 b) { return _mm256_add_ps(a, b); }
    static __m256 scaled(__m256 value, __m256 scale, __m256 bias) { return _mm256_fmadd_ps(value, scale, bias); }
    static __m256 relu(__m256 value) { return _mm256_max_ps(value, _mm256_setzero_ps()); }
    static __m256i first(int left) {
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(left), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    }
    static __m256 load_output(const char* from, Precision, int left) {
        return _mm256_maskload_ps(reinterpret_cast<const float*>(from), first(left));
    }
    static void store_output(char* to, __m256 value, Precision, int left) {
        _mm256_maskstore_ps(reinterpret_cast<float*>(to), first(left), value);
    }
};

}  // namespace

const Instructions AVX2 = {8, 16, {run<Float32x8>, nullptr, nullptr}, {add_outer<Float32x8>, nullptr, nullptr}, nullptr};

}  // namespace sparse

#if defined(__clang__)
#pragma clang attribute pop
#endif

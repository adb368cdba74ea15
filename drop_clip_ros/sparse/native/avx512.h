// Vectors of 16 columns in AVX-512; the including file sets the target.
#pragma once
#include <cstring>
#include <immintrin.h>
#include "item.h"

namespace sparse {
namespace {

inline __m512 floats_of(__m256i bfloat16) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bfloat16), 16));
}

// Round to nearest, ties to even; NaN stays NaN.
inline __m256i bfloat16_of(__m512 value) {
    const __m512i bits = _mm512_castps_si512(value);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    const __mmask16 nan = _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
    rounded = _mm512_mask_mov_epi32(rounded, nan, _mm512_set1_epi32(0x7fc00000));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16));
}

inline int32_t word_at(const char* place) {  // wherever it starts: a row's channels may begin at an odd one
    int32_t word;
    std::memcpy(&word, place, 4);
    return word;
}

struct Floats512 {
    static constexpr int LANES = 16, BYTES = 64;
    template <int VECTORS>
    static constexpr int tile_rows() {  // tile sums, a column of weights and a spread word fill the 32 registers
        constexpr int fitting[] = {0, 12, 12, 8, 6, 5, 4};
        return fitting[VECTORS];
    }
    static __m512 load_floats(const float* from) { return _mm512_loadu_ps(from); }
    static __m512 add(__m512 a, __m512 b) { return _mm512_add_ps(a, b); }
    static __m512 scaled(__m512 value, __m512 scale, __m512 bias) { return _mm512_fmadd_ps(value, scale, bias); }
    static __m512 relu(__m512 value) { return _mm512_max_ps(value, _mm512_setzero_ps()); }
    static __mmask16 first(int left) { return left >= 16 ? 0xffff : __mmask16((1u << left) - 1); }
    static __m512 load_output(const char* from, Precision type, int left) {
        if (type == BFLOAT16) return floats_of(_mm256_maskz_loadu_epi16(first(left), from));
        return _mm512_maskz_loadu_ps(first(left), from);
    }
    static void store_output(char* to, __m512 value, Precision type, int left) {
        if (type == BFLOAT16)
            _mm256_mask_storeu_epi16(to, first(left), bfloat16_of(value));
        else
            _mm512_mask_storeu_ps(to, first(left), value);
    }
};

// Words of several small numbers.
struct Words512 : Floats512 {
    using Weights = __m512i;
    static Weights load_weights(const char* from) { return _mm512_loadu_si512(from); }
    static __m512i spread(const char* word) { return _mm512_set1_epi32(word_at(word)); }
};

struct Float32x16 : Floats512 {
    using Sum = __m512;
    using Weights = __m512;
    static Weights load_weights(const char* from) { return _mm512_loadu_ps(from); }
    static __m512 spread(const char* word) { return _mm512_set1_ps(*reinterpret_cast<const float*>(word)); }
    static Sum multiply_add(Sum sum, __m512 value, Weights weights) { return _mm512_fmadd_ps(value, weights, sum); }
    static __m512 to_float(Sum sum) { return sum; }
};

}  // namespace
}  // namespace sparse

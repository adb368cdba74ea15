#include "packing.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace sparse {

const Instructions* instructions_for(Precision precision) {
    static const bool avx2_alone = [] {  // for tests; asked once, since weights are packed for one instruction set
        const char* only = std::getenv("DROP_CLIP_INSTRUCTIONS");
        return only && std::strcmp(only, "avx2") == 0;
    }();
    const bool avx512 = !avx2_alone && __builtin_cpu_supports("avx512f") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl");
    if (precision == BFLOAT16) return avx512 && __builtin_cpu_supports("avx512bf16") ? &AVX512_BF16 : nullptr;
    if (avx512 && __builtin_cpu_supports("avx512vnni")) return &AVX512;
    if (precision == INT8) return nullptr;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &AVX2 : nullptr;
}

void Weights::shape(int kernel_offsets, int inputs, int outputs, Precision wanted, const Instructions& instructions) {
    precision = wanted;
    offsets = kernel_offsets;
    out_channels = outputs;
    words = (inputs + values_in_a_word(precision) - 1) / values_in_a_word(precision);
    const int lanes = instructions.lanes;
    const int padded = (outputs + lanes - 1) / lanes * lanes;
    bias.assign(size_t(padded), 0.0f);
    scale.clear();
    columns.clear();
    places.clear();
    int64_t bytes = 0;
    for (int left = padded; left > 0; left -= columns.back()) {
        // 96 columns stay together: two thirds and one third would be two uneven halves of the work.
        columns.push_back(left == 6 * lanes ? left : std::min(left, instructions.panel));
        places.push_back(bytes);
        bytes += int64_t(4) * offsets * words * columns.back();
    }
    memory.at_least(size_t(bytes));
}

void Weights::pack(const float* kernel, const float* bias_values, int kernel_offsets, int inputs, int outputs,
                   Precision wanted, const Instructions& instructions) {
    shape(kernel_offsets, inputs, outputs, wanted, instructions);
    if (bias_values) std::copy(bias_values, bias_values + outputs, bias.begin());
    if (precision == INT8) {
        scale.assign(bias.size(), 0.0f);
        for (int64_t row = 0; row < int64_t(offsets) * inputs; ++row)
            for (int column = 0; column < outputs; ++column)
                scale[column] = std::max(scale[column], std::fabs(kernel[row * outputs + column]) / 127.0f);
    }
    const int group = values_in_a_word(precision);
    char* place = memory.data();
    int first = 0;
    for (int width : columns) {
        for (int k = 0; k < offsets; ++k)
            for (int word = 0; word < words; ++word)
                for (int column = first; column < first + width; ++column, place += 4) {
                    float values[4] = {0, 0, 0, 0};
                    for (int i = 0; i < group; ++i)
                        if (word * group + i < inputs && column < outputs)
                            values[i] = kernel[(int64_t(k) * inputs + word * group + i) * outputs + column];
                    if (precision == FLOAT32) {
                        std::memcpy(place, values, 4);
                    } else if (precision == BFLOAT16) {
                        const uint16_t pair[2] = {bfloat16_bits(values[0]), bfloat16_bits(values[1])};
                        std::memcpy(place, pair, 4);
                    } else {
                        const float step = scale[column] > 0 ? 1.0f / scale[column] : 0.0f;
                        for (int i = 0; i < 4; ++i) place[i] = char(int8_t(std::lrint(values[i] * step)));
                    }
                }
        first += width;
    }
}

}  // namespace sparse

// The three products of one convolution, for training: outputs, and the gradients of features and kernel.
#include <algorithm>
#include <cstring>
#include <memory>

#include "workshop.h"

using namespace sparse;

namespace {

int size_of(Precision precision) { return precision == BFLOAT16 ? 2 : 4; }

// Words of two rows side by side: (a0, b0), (a1, b1), ...; of one row in float32.
void lay_words(const char* a, const char* b, int channels, Precision precision, char* to) {
    if (precision == FLOAT32) {
        std::memcpy(to, a, size_t(channels) * 4);
        return;
    }
    const auto* first = reinterpret_cast<const uint16_t*>(a);
    const auto* second = reinterpret_cast<const uint16_t*>(b);
    auto* words = reinterpret_cast<uint16_t*>(to);
    if (second)
        for (int c = 0; c < channels; ++c) {
            words[2 * c] = first[c];
            words[2 * c + 1] = second[c];
        }
    else
        for (int c = 0; c < channels; ++c) {
            words[2 * c] = first[c];
            words[2 * c + 1] = 0;
        }
}

// Kernel (offsets, rows, columns), or with `transposed` (offsets, columns, rows), of the features' type.
void pack(Weights& weights, const char* kernel, int offsets, int rows, int columns, bool transposed,
          Precision precision, const Instructions& instructions, Pool& pool) {
    weights.shape(offsets, rows, columns, precision, instructions);
    const int size = size_of(precision), group = values_in_a_word(precision), words = weights.words;
    pool.each(offsets, [&](int64_t k, int) {
        const char* from = kernel + k * rows * columns * size;
        int first = 0;
        for (size_t panel = 0; panel < weights.columns.size(); ++panel) {
            const int width = weights.columns[panel], used = std::min(width, columns - first);
            char* to = weights.memory.data() + weights.places[panel] + int64_t(4) * k * words * width;
            for (int word = 0; word < words; ++word, to += 4 * width) {
                std::memset(to, 0, size_t(width) * 4);
                const int row = word * group;
                if (!transposed) {
                    const char* a = from + (int64_t(row) * columns + first) * size;
                    lay_words(a, row + 1 < rows ? a + int64_t(columns) * size : nullptr, used, precision, to);
                } else {
                    const int bytes = std::min(group, rows - row) * size;
                    const char* a = from + (int64_t(first) * rows + row) * size;
                    for (int c = 0; c < used; ++c) std::memcpy(to + 4 * c, a + int64_t(c) * rows * size, size_t(bytes));
                }
            }
            first += width;
        }
    });
}

// Words of the pairs' rows: [step][channel], a step being one pair in float32 and two in bfloat16.
void gather(const char* rows, const int64_t* index, int count, int channels, int64_t stride, Precision precision,
            char* to) {
    const int group = values_in_a_word(precision);
    const int64_t row_bytes = int64_t(channels) * size_of(precision);
    for (int pair = 0; pair < count; pair += group, to += stride) {
        const char* second = group == 2 && pair + 1 < count ? rows + index[pair + 1] * row_bytes : nullptr;
        lay_words(rows + index[pair] * row_bytes, second, channels, precision, to);
    }
}

constexpr int CHUNK = 256;     // pairs whose rows are laid out at a time, so that they stay in the second-level cache
constexpr int ROWS_A_PART = 96;  // rows of a kernel's gradient that one thread sums at a time

}  // namespace

extern "C" {

// Null when memory is short.
void* sparse_workshop_new(int32_t threads) {
    try {
        return new Workshop(threads);
    } catch (const std::exception&) {
        return nullptr;
    }
}

void sparse_workshop_delete(void* workshop) { delete static_cast<Workshop*>(workshop); }

// Pairs (in, out) grouped by offset, counts[k] of each, regrouped by blocks of output rows.
void* sparse_pairs_new(const int64_t* in_index, const int64_t* out_index, const int64_t* counts, int32_t offsets,
                       int64_t in_count, int64_t out_count) {
    try {
        auto pairs = std::make_unique<Pairs>();
        int64_t total = 0;
        for (int k = 0; k < offsets; ++k) total += counts[k];
        pairs->regroup(in_index, out_index, counts, offsets, in_count, out_count, total);
        return pairs.release();
    } catch (const std::exception&) {
        return nullptr;
    }
}

void sparse_pairs_delete(void* pairs) { delete static_cast<Pairs*>(pairs); }

// out (n_out, columns) = sum over pairs of features[in] @ kernel[k], or @ kernel[k]^T. 0, or 2 when memory is short.
int32_t sparse_multiply(void* workshop_handle, void* pairs_handle, const char* features, const char* kernel,
                        int32_t rows, int32_t columns, int32_t transposed, int32_t type, char* out) {
    auto& workshop = *static_cast<Workshop*>(workshop_handle);
    const auto& pairs = *static_cast<const Pairs*>(pairs_handle);
    const auto precision = Precision(type);
    const Instructions* instructions = instructions_for(precision);
    if (!instructions) return 1;
    std::lock_guard<std::mutex> lock(workshop.busy);
    try {
        pack(workshop.weights, kernel, pairs.offsets, rows, columns, transposed != 0, precision, *instructions,
             workshop.pool);
        const int64_t out_stride = int64_t(columns) * size_of(precision);
        const Convolution layer = {&workshop.weights, features, int64_t(rows) * size_of(precision), 1.0f, nullptr,
                                   out_stride,        false,    out,  out_stride, precision};
        convolve(layer, pairs, workshop.pool, workshop.scratch);
        return 0;
    } catch (const std::exception&) {
        return 2;
    }
}

// gradient (offsets, rows, columns) float32: sum over pairs of features[in] outer grad[out]. 0, or 2 without memory.
int32_t sparse_kernel_gradient(void* workshop_handle, const int64_t* in_index, const int64_t* out_index,
                               const int64_t* counts, int32_t offsets, const char* features, const char* grad,
                               int32_t rows, int32_t columns, int32_t type, float* gradient) {
    auto& workshop = *static_cast<Workshop*>(workshop_handle);
    const auto precision = Precision(type);
    const Instructions* instructions = instructions_for(precision);
    if (!instructions) return 1;
    std::lock_guard<std::mutex> lock(workshop.busy);
    try {
        const int lanes = instructions->lanes, group = values_in_a_word(precision);
        const int wide = (columns + lanes - 1) / lanes * lanes;
        const int parts = (rows + ROWS_A_PART - 1) / ROWS_A_PART;
        std::vector<int64_t> starts(size_t(offsets) + 1, 0);
        for (int k = 0; k < offsets; ++k) starts[k + 1] = starts[k] + counts[k];
        workshop.pool.each(int64_t(offsets) * parts, [&](int64_t index, int thread) {
            const int k = int(index / parts), first = int(index % parts) * ROWS_A_PART;
            const int used = std::min(ROWS_A_PART, rows - first);
            char* sums = workshop.scratch.room(thread, size_t(used) * wide * 4);
            std::memset(sums, 0, size_t(used) * wide * 4);
            char* left = workshop.left.room(thread, size_t(CHUNK) / group * rows * 4);
            char* right = workshop.right.room(thread, size_t(CHUNK) / group * wide * 4);
            std::memset(right, 0, size_t(CHUNK) / group * wide * 4);
            for (int64_t pair = starts[k]; pair < starts[k + 1]; pair += CHUNK) {
                const int count = int(std::min<int64_t>(CHUNK, starts[k + 1] - pair));
                gather(features, in_index + pair, count, rows, int64_t(rows) * 4, precision, left);
                gather(grad, out_index + pair, count, columns, int64_t(wide) * 4, precision, right);
                instructions->add_outer[precision]({left + 4 * first, int64_t(rows) * 4, right, int64_t(wide) * 4,
                                                    (count + group - 1) / group, used, wide, sums, int64_t(wide) * 4});
            }
            for (int row = 0; row < used; ++row)
                std::memcpy(gradient + (int64_t(k) * rows + first + row) * columns, sums + int64_t(row) * wide * 4,
                            size_t(columns) * 4);
        });
        return 0;
    } catch (const std::exception&) {
        return 2;
    }
}

}  // extern "C"

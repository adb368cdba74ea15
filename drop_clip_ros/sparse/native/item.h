// The loop nest of an item, for any vector type; included once by each file that is compiled for an instruction set.
//
// Pairs are taken in tiles of a few rows; a tile's sums are loaded, all words of the rows multiplied in, and stored.
// No product is made for a neighbour that is not there, nothing is gathered or scattered in memory, and an output row
// belongs to one thread alone.
#pragma once
#include <cstring>
#include "work.h"

namespace sparse {
namespace {  // internal: each instruction set keeps its own copy

template <class V, int ROWS, int VECTORS>
inline void tile(const char* const* rows, const char* weights, int words, typename V::Sum* const* sums) {
    typename V::Sum total[ROWS][VECTORS];
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 6
        for (int v = 0; v < VECTORS; ++v) total[r][v] = V::load_sum(sums[r] + v);
    for (int word = 0; word < words; ++word) {
        typename V::Weights column[VECTORS];
#pragma GCC unroll 6
        for (int v = 0; v < VECTORS; ++v) column[v] = V::load_weights(weights + V::BYTES * v);
#pragma GCC unroll 12
        for (int r = 0; r < ROWS; ++r) {
            const auto value = V::spread(rows[r] + 4 * word);
#pragma GCC unroll 6
            for (int v = 0; v < VECTORS; ++v) total[r][v] = V::multiply_add(total[r][v], value, column[v]);
        }
        weights += V::BYTES * VECTORS;
    }
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 6
        for (int v = 0; v < VECTORS; ++v) V::store_sum(sums[r] + v, total[r][v]);
}

template <class V, int ROWS, int VECTORS>
inline void last_tile(int left, const char* const* rows, const char* weights, int words, typename V::Sum* const* sums) {
    if constexpr (ROWS > 0) {
        if (left == ROWS)
            tile<V, ROWS, VECTORS>(rows, weights, words, sums);
        else
            last_tile<V, ROWS - 1, VECTORS>(left, rows, weights, words, sums);
    }
}

template <class V, int VECTORS>
void multiply(const Item& item, typename V::Sum* sums) {
    constexpr int ROWS = V::template tile_rows<VECTORS>();
    const char* rows[ROWS];
    typename V::Sum* places[ROWS];
    const int64_t offset_bytes = int64_t(item.words) * VECTORS * V::BYTES;
    for (int k = 0; k < item.pairs.offsets; ++k) {
        const char* weights = item.weights + k * offset_bytes;
        int pair = item.pairs.starts[k];
        const int end = item.pairs.starts[k + 1];
        while (pair < end) {
            const int count = end - pair < ROWS ? end - pair : ROWS;
            for (int r = 0; r < count; ++r) {
                rows[r] = item.input + item.pairs.in_rows[pair + r] * item.input_stride;
                places[r] = sums + item.pairs.out_rows[pair + r] * VECTORS;
            }
            if (count == ROWS)
                tile<V, ROWS, VECTORS>(rows, weights, item.words, places);
            else
                last_tile<V, ROWS - 1, VECTORS>(count, rows, weights, item.words, places);
            pair += count;
        }
    }
}

// Scale, bias, residual and ReLU, and the way into memory.
template <class V, int VECTORS>
void finish(const Item& item, const typename V::Sum* sums) {
    for (int row = 0; row < item.pairs.rows; ++row) {
        const char* residual = item.residual ? item.residual + row * item.residual_stride : nullptr;
        char* output = item.output + row * item.output_stride;
        for (int v = 0; v < VECTORS; ++v) {
            const int left = item.used_columns - v * V::LANES;
            if (left <= 0) break;
            auto value = V::to_float(sums[row * VECTORS + v]);
            const auto bias = V::load_floats(item.bias + v * V::LANES);
            value = item.scale ? V::scaled(value, V::load_floats(item.scale + v * V::LANES), bias) : V::add(value, bias);
            const int size = item.out == BFLOAT16 ? 2 : 4;
            const int64_t place = int64_t(v) * V::LANES * size;
            if (residual) value = V::add(value, V::load_output(residual + place, item.out, left));
            if (item.relu) value = V::relu(value);
            V::store_output(output + place, value, item.out, left);
        }
    }
}

template <class V, int VECTORS>
void run_item(const Item& item, void* scratch) {
    auto* sums = static_cast<typename V::Sum*>(scratch);
    std::memset(scratch, 0, size_t(item.pairs.rows) * VECTORS * V::BYTES);
    multiply<V, VECTORS>(item, sums);
    finish<V, VECTORS>(item, sums);
}

template <class V>
void run(const Item& item, void* scratch) {
    switch (item.columns / V::LANES) {
        case 1: return run_item<V, 1>(item, scratch);
        case 2: return run_item<V, 2>(item, scratch);
        case 3: return run_item<V, 3>(item, scratch);
        case 4: return run_item<V, 4>(item, scratch);
        case 5: return run_item<V, 5>(item, scratch);
        default: return run_item<V, 6>(item, scratch);
    }
}

}  // namespace
}  // namespace sparse

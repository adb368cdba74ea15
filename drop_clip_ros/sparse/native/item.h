// The loop nest of an item, for any vector type; included once by each file that is compiled for an instruction set.
//
// Pairs are taken in tiles of a few rows; a tile's sums are loaded, all words of the rows multiplied in, and stored.
// No product is made for a neighbour that is not there, nothing is gathered or scattered in memory, and an output row
// belongs to one thread alone.
#pragma once
#include <cstring>
#include "tile.h"
#include "work.h"

namespace sparse {
namespace {  // internal: each instruction set keeps its own copy

template <class V, int VECTORS>
void multiply(const Item& item, typename V::Sum* sums) {
    constexpr int ROWS = V::template tile_rows<VECTORS>();
    const char* rows[ROWS];
    typename V::Sum* places[ROWS];
    const Steps steps = {4, VECTORS * V::BYTES, item.words};
    const int64_t offset_bytes = item.words * steps.column_stride;
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
            tile_of<V, ROWS, VECTORS>(count, rows, weights, steps, places);
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

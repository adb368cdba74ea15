// Sums of outer products: what a kernel's gradient is. Included once by each file compiled for an instruction set.
#pragma once
#include "item.h"

namespace sparse {
namespace {

// sums[r][column] += over the steps of left[step][r] * right[step][column]; a step is a word of one or two pairs.
template <class V, int ROWS, int VECTORS>
inline void outer_tile(const char* left, int64_t left_stride, const char* right, int64_t right_stride, int steps,
                       typename V::Sum* const* sums) {
    typename V::Sum total[ROWS][VECTORS];
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 6
        for (int v = 0; v < VECTORS; ++v) total[r][v] = V::load_sum(sums[r] + v);
    for (int step = 0; step < steps; ++step) {
        typename V::Weights column[VECTORS];
#pragma GCC unroll 6
        for (int v = 0; v < VECTORS; ++v) column[v] = V::load_weights(right + V::BYTES * v);
#pragma GCC unroll 12
        for (int r = 0; r < ROWS; ++r) {
            const auto value = V::spread(left + 4 * r);
#pragma GCC unroll 6
            for (int v = 0; v < VECTORS; ++v) total[r][v] = V::multiply_add(total[r][v], value, column[v]);
        }
        left += left_stride;
        right += right_stride;
    }
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 6
        for (int v = 0; v < VECTORS; ++v) V::store_sum(sums[r] + v, total[r][v]);
}

template <class V, int ROWS, int VECTORS>
inline void last_outer_tile(int rows, const Outer& part, const char* left, const char* right,
                            typename V::Sum* const* sums) {
    if constexpr (ROWS > 0) {
        if (rows == ROWS)
            outer_tile<V, ROWS, VECTORS>(left, part.left_stride, right, part.right_stride, part.steps, sums);
        else
            last_outer_tile<V, ROWS - 1, VECTORS>(rows, part, left, right, sums);
    }
}

template <class V, int VECTORS>
void add_outer_panel(const Outer& part, int first) {
    constexpr int ROWS = V::template tile_rows<VECTORS>();
    for (int row = 0; row < part.rows; row += ROWS) {
        const int count = part.rows - row < ROWS ? part.rows - row : ROWS;
        typename V::Sum* sums[ROWS];
        for (int r = 0; r < count; ++r)
            sums[r] = reinterpret_cast<typename V::Sum*>(part.sums + (row + r) * part.sums_stride + 4 * first);
        last_outer_tile<V, ROWS, VECTORS>(count, part, part.left + 4 * row, part.right + 4 * first, sums);
    }
}

template <class V>
void add_outer(const Outer& part) {
    constexpr int WIDE = 4;
    int first = 0;
    for (; first + WIDE * V::LANES <= part.columns; first += WIDE * V::LANES) add_outer_panel<V, WIDE>(part, first);
    for (; first < part.columns; first += V::LANES) add_outer_panel<V, 1>(part, first);
}

}  // namespace
}  // namespace sparse

// The innermost loop of all products: a few rows of sums, kept in registers; included once by each file that is compiled
// for an instruction set.
#pragma once
#include <cstdint>

namespace sparse {
namespace {  // internal: each instruction set keeps its own copy

// Where a tile's numbers come from, step by step: one word of each row, and one word of each column.
struct Steps {
    int64_t row_stride;     // bytes from one step to the next
    int64_t column_stride;
    int count;
};

// sums[r][column] += over the steps of the row's word * the column's word.
template <class V, int ROWS, int VECTORS>
inline void tile(const char* const* rows, const char* columns, const Steps& steps, typename V::Sum* const* sums) {
    typename V::Sum total[ROWS][VECTORS];
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 6
        for (int v = 0; v < VECTORS; ++v) total[r][v] = sums[r][v];
    int64_t at = 0;
    for (int step = 0; step < steps.count; ++step) {
        typename V::Weights column[VECTORS];
#pragma GCC unroll 6
        for (int v = 0; v < VECTORS; ++v) column[v] = V::load_weights(columns + V::BYTES * v);
#pragma GCC unroll 12
        for (int r = 0; r < ROWS; ++r) {
            const auto value = V::spread(rows[r] + at);
#pragma GCC unroll 6
            for (int v = 0; v < VECTORS; ++v) total[r][v] = V::multiply_add(total[r][v], value, column[v]);
        }
        at += steps.row_stride;
        columns += steps.column_stride;
    }
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 6
        for (int v = 0; v < VECTORS; ++v) sums[r][v] = total[r][v];
}

// A tile of at most ROWS rows.
template <class V, int ROWS, int VECTORS>
inline void tile_of(int rows_there, const char* const* rows, const char* columns, const Steps& steps,
                    typename V::Sum* const* sums) {
    if constexpr (ROWS > 0) {
        if (rows_there == ROWS)
            tile<V, ROWS, VECTORS>(rows, columns, steps, sums);
        else
            tile_of<V, ROWS - 1, VECTORS>(rows_there, rows, columns, steps, sums);
    }
}

}  // namespace
}  // namespace sparse

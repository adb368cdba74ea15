// Sums of outer products: what a kernel's gradient is. Included once by each file compiled for an instruction set.
#pragma once
#include "tile.h"
#include "work.h"

namespace sparse {
namespace {

template <class V, int VECTORS>
void add_outer_panel(const Outer& part, int first) {
    constexpr int ROWS = V::template tile_rows<VECTORS>();
    for (int row = 0; row < part.rows; row += ROWS) {
        const int count = part.rows - row < ROWS ? part.rows - row : ROWS;
        const char* left[ROWS];
        typename V::Sum* sums[ROWS];
        for (int r = 0; r < count; ++r) {
            left[r] = part.left + 4 * (row + r);
            sums[r] = reinterpret_cast<typename V::Sum*>(part.sums + (row + r) * part.sums_stride + 4 * first);
        }
        const Steps steps = {part.left_stride, part.right_stride, part.steps};
        tile_of<V, ROWS, VECTORS>(count, left, part.right + 4 * first, steps, sums);
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

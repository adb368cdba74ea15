// Kernel maps between any two sets of voxels, for training: rows are found by hashing, whatever the extent.
#include <algorithm>
#include <cmath>

#include "workshop.h"

using namespace sparse;

namespace {

// A coordinate as one number: batch, z, y, x above each other.
struct Keys {
    int64_t low[4], size[4];

    // Numbers for both sets of voxels and all that a kernel reaches. False when they do not fit 62 bits.
    bool cover(const int64_t* inputs, int64_t n, const int64_t* outputs, int64_t m, int64_t stride, int reach) {
        double bits = 0;
        for (int axis = 0; axis < 4; ++axis) {
            int64_t least = inputs[axis], most = inputs[axis];
            for (int64_t i = 0; i < n + m; ++i) {
                const int64_t at = i < n ? inputs[4 * i + axis] : outputs[4 * (i - n) + axis];
                least = std::min(least, at);
                most = std::max(most, at);
            }
            const int64_t step = axis ? stride : 1, margin = axis ? reach : 0;
            if (double(most) - double(least) > 0x1p62) return false;
            low[axis] = floor_divided(least, step) - margin;
            size[axis] = floor_divided(most, step) + margin - low[axis] + 1;
            bits += std::log2(double(size[axis]));
        }
        return bits < 62;
    }
    static int64_t floor_divided(int64_t a, int64_t b) { return a / b - (a % b < 0); }
    int64_t cell(int64_t coordinate, int axis, int64_t stride) const {
        return floor_divided(coordinate, axis ? stride : 1) - low[axis];
    }
    int64_t key(const int64_t* c, int64_t stride) const {
        return ((cell(c[0], 0, stride) * size[3] + cell(c[3], 3, stride)) * size[2] + cell(c[2], 2, stride)) * size[1] +
               cell(c[1], 1, stride);
    }
    int64_t step(int dx, int dy, int dz) const { return (int64_t(dz) * size[2] + dy) * size[1] + dx; }
};

class Rows {
public:
    explicit Rows(int64_t count) {
        size_t capacity = 16;
        while (capacity < size_t(2 * count)) capacity *= 2;
        mask_ = capacity - 1;
        slots_.assign(capacity, {-1, 0});
    }
    void add(int64_t key, int32_t row) {
        size_t slot = place(key);
        while (slots_[slot].key >= 0) slot = (slot + 1) & mask_;
        slots_[slot] = {key, row};
    }
    int32_t find(int64_t key) const {
        size_t slot = place(key);
        while (slots_[slot].key >= 0) {
            if (slots_[slot].key == key) return slots_[slot].row;
            slot = (slot + 1) & mask_;
        }
        return -1;
    }

private:
    struct Slot {
        int64_t key;
        int32_t row;
    };
    size_t place(int64_t key) const { return uint64_t(key) * 0x9e3779b97f4a7c15 >> 24 & mask_; }
    size_t mask_;
    std::vector<Slot> slots_;
};

}  // namespace

extern "C" {

// Pairs of a cubic kernel from voxels (n, 4) to voxels (m, 4), batch x y z, grouped by offset in MinkowskiEngine's
// order; in_index and out_index have room for m * size^3. Returns the number of pairs, -1 when the voxels extend too far,
// -2 when memory is short.
int64_t sparse_kernel_map(void* workshop_handle, const int64_t* inputs, int64_t n, const int64_t* outputs, int64_t m,
                          int32_t size, int64_t stride, int64_t* counts, int64_t* in_index, int64_t* out_index) {
    auto& workshop = *static_cast<Workshop*>(workshop_handle);
    std::lock_guard<std::mutex> lock(workshop.busy);
    if (n > INT32_MAX || m > INT32_MAX) return -1;
    std::fill(counts, counts + size * size * size, 0);
    if (n == 0 || m == 0) return 0;
    try {
        Keys keys;
        if (!keys.cover(inputs, n, outputs, m, stride, size)) return -1;
        Rows rows(n);
        for (int64_t i = 0; i < n; ++i) rows.add(keys.key(inputs + 4 * i, stride), int32_t(i));
        std::vector<int64_t> wanted(static_cast<size_t>(m));
        for (int64_t i = 0; i < m; ++i) wanted[i] = keys.key(outputs + 4 * i, stride);
        const int offsets = size * size * size, first = size % 2 ? -(size / 2) : 0;
        auto* table = reinterpret_cast<int32_t*>(workshop.table.at_least(size_t(offsets) * m * 4));
        workshop.pool.each(offsets, [&](int64_t k, int) {
            const int64_t step = keys.step(int(k) % size + first, int(k) / size % size + first,
                                           int(k) / (size * size) + first);
            int64_t found = 0;
            for (int64_t i = 0; i < m; ++i) {
                const int32_t row = rows.find(wanted[i] + step);
                table[k * m + i] = row;
                found += row >= 0;
            }
            counts[k] = found;
        });
        std::vector<int64_t> starts(size_t(offsets) + 1, 0);
        for (int k = 0; k < offsets; ++k) starts[k + 1] = starts[k] + counts[k];
        workshop.pool.each(offsets, [&](int64_t k, int) {
            int64_t place = starts[k];
            for (int64_t i = 0; i < m; ++i) {
                if (table[k * m + i] < 0) continue;
                in_index[place] = table[k * m + i];
                out_index[place++] = i;
            }
        });
        return starts[offsets];
    } catch (const std::exception&) {
        return -2;
    }
}

}  // extern "C"

// Points gathered into voxels.
#include <algorithm>
#include <cmath>
#include <vector>

#include "sorting.h"

using namespace sparse;

extern "C" {

// Voxels of points (n, 3) metres whose cells are floor(xyz * factor), in the order of z, y, x: coordinates (m, 3), means
// of xyz and rgb (m, 3), points of each (m,), and the voxel of each point (n,). Returns m; -1 when the cells or the
// points do not fit one number, -2 when memory is short.
int64_t sparse_voxelize(const double* xyz, const float* rgb, int64_t n, double factor, int64_t* coordinates,
                        double* mean_xyz, float* mean_rgb, int64_t* counts, int64_t* inverse) {
    if (n > INT32_MAX) return -1;
    try {
        std::vector<int64_t> cells(static_cast<size_t>(3 * n));
        int64_t low[3], high[3];
        for (int64_t i = 0; i < 3 * n; ++i) {
            const int64_t cell = int64_t(std::floor(xyz[i] * factor));
            cells[i] = cell;
            const int axis = int(i % 3);
            low[axis] = i < 3 ? cell : std::min(low[axis], cell);
            high[axis] = i < 3 ? cell : std::max(high[axis], cell);
        }
        double bits = 0;
        for (int axis = 0; axis < 3; ++axis) bits += std::log2(double(high[axis]) - double(low[axis]) + 1);
        if (bits >= 62) return -1;
        const int64_t nx = high[0] - low[0] + 1, ny = high[1] - low[1] + 1;
        std::vector<uint64_t> keys(static_cast<size_t>(n)), spare_keys;
        std::vector<int32_t> points(static_cast<size_t>(n)), spare_points;
        for (int64_t i = 0; i < n; ++i) {
            const int64_t* c = cells.data() + 3 * i;
            keys[i] = uint64_t(((c[2] - low[2]) * ny + c[1] - low[1]) * nx + c[0] - low[0]);
            points[i] = int32_t(i);
        }
        sort_by_key(keys, points, spare_keys, spare_points);
        int64_t m = 0;
        for (int64_t begin = 0; begin < n; ++m) {
            double sums[6] = {0};
            int64_t i = begin;
            for (; i < n && keys[i] == keys[begin]; ++i) {
                const int64_t point = points[i];
                for (int axis = 0; axis < 3; ++axis) {
                    sums[axis] += xyz[3 * point + axis];
                    sums[3 + axis] += double(rgb[3 * point + axis]);
                }
                inverse[point] = m;
            }
            counts[m] = i - begin;
            for (int axis = 0; axis < 3; ++axis) {
                mean_xyz[3 * m + axis] = sums[axis] / double(i - begin);
                mean_rgb[3 * m + axis] = float(sums[3 + axis] / double(i - begin));
                coordinates[3 * m + axis] = cells[3 * int64_t(points[begin]) + axis];
            }
            begin = i;
        }
        return m;
    } catch (const std::exception&) {
        return -2;
    }
}

}  // extern "C"

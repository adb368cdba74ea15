#include "sorting.h"

#include <cstddef>

namespace sparse {

void sort_by_key(std::vector<uint64_t>& keys, std::vector<int32_t>& rows, std::vector<uint64_t>& keys2,
                 std::vector<int32_t>& rows2) {
    constexpr int BITS = 11, BUCKETS = 1 << BITS;
    const std::size_t n = keys.size();
    keys2.resize(n);
    rows2.resize(n);
    uint64_t used = 0;
    for (uint64_t key : keys) used |= key;
    for (int shift = 0; shift < 64 && used >> shift; shift += BITS) {
        int64_t starts[BUCKETS + 1] = {0};
        for (uint64_t key : keys) ++starts[(key >> shift & (BUCKETS - 1)) + 1];
        for (int i = 0; i < BUCKETS; ++i) starts[i + 1] += starts[i];
        for (std::size_t i = 0; i < n; ++i) {
            const int64_t place = starts[keys[i] >> shift & (BUCKETS - 1)]++;
            keys2[place] = keys[i];
            rows2[place] = rows[i];
        }
        keys.swap(keys2);
        rows.swap(rows2);
    }
}

}  // namespace sparse

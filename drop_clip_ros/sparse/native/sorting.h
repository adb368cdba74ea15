// Sorting rows by 64-bit keys.
#pragma once
#include <cstdint>
#include <vector>

namespace sparse {

// Sort keys and rows with them, stably, by as many digits of eleven bits as the largest key has; the spares are room.
void sort_by_key(std::vector<uint64_t>& keys, std::vector<int32_t>& rows, std::vector<uint64_t>& keys2,
                 std::vector<int32_t>& rows2);

}  // namespace sparse

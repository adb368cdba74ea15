// Voxels at every tensor stride in Morton order, and the pairs of their kernels.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>
#include "pool.h"
#include "work.h"

namespace sparse {

// Pairs of one kernel between two levels, gathered by blocks of output rows.
struct Pairs {
    int64_t in_count = 0, out_count = 0, total = 0;
    int offsets = 0;
    std::unique_ptr<int32_t[]> in_rows;  // not initialised: room for the most that there may be, most of it untouched
    std::unique_ptr<uint8_t[]> out_rows;
    int64_t room = 0;
    std::vector<int64_t> first;   // of each block in in_rows and out_rows
    std::vector<int32_t> starts;  // (blocks, offsets + 1), from the block's first pair

    int64_t blocks() const { return (out_count + BLOCK - 1) / BLOCK; }
    void shape(int64_t in, int64_t out, int kernel_offsets, int64_t most_of_a_block);
    BlockPairs block(int64_t index) const;
    void count_pairs();

    // From pairs grouped by offset, in any order within it.
    void regroup(const int64_t* in_index, const int64_t* out_index, const int64_t* counts, int kernel_offsets,
                 int64_t in, int64_t out, int64_t pair_count);
};

// A brick is a cube of 4 x 4 x 4 cells; in Morton order its voxels follow each other, so that the row of a cell is the
// brick's first row plus the number of voxels in the cells before.
struct Brick {
    uint64_t filled;
    int32_t first;
};

struct Level {
    std::vector<uint64_t> keys;        // Morton, ascending
    std::vector<Brick> bricks;         // the last one is empty: for neighbours that are not there
    std::vector<uint64_t> brick_keys;
    std::vector<int32_t> brick_of;     // by voxel
    std::vector<int32_t> around;       // (bricks, 27) neighbouring bricks
    std::vector<int32_t> parent;       // row of each voxel in the next level
    std::vector<int64_t> table_keys;   // hash table of the bricks
    std::vector<int32_t> table_rows;
};

constexpr int LEVELS = 5;
constexpr int MAX_COORDINATE = (1 << 21) - 1;  // extent along an axis that fits a Morton key

class Pyramid {
public:
    // False when the voxels extend too far or one of them comes twice; then there are none.
    bool build(const int64_t* coordinates, int64_t count, int levels);
    const std::vector<int32_t>& order() const { return order_; }  // input row of each voxel of level 0
    int64_t size(int level) const { return int64_t(levels_[level].keys.size()); }

    const Pairs& same(int level, int kernel_size, Pool& pool);  // 3 or 5
    const Pairs& down(int level);                               // from level to level + 1, kernel 2
    const Pairs& up(int level);                                 // from level + 1 to level, kernel 2

private:
    bool sort(const int64_t* coordinates, int64_t count);
    void make_bricks(Level& level);
    void find_neighbours(Level& level, Pool& pool);

    std::vector<int32_t> order_;
    std::vector<uint64_t> sorting_;
    std::vector<int32_t> sorting_rows_;
    Level levels_[LEVELS];
    Pairs same3_[LEVELS], same5_[LEVELS], down_[LEVELS], up_[LEVELS];
    bool has_same3_[LEVELS] = {}, has_same5_[LEVELS] = {}, has_down_[LEVELS] = {}, has_up_[LEVELS] = {};
    bool has_neighbours_[LEVELS] = {};
};

}  // namespace sparse

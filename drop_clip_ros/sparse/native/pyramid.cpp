#include "pyramid.h"

#include <algorithm>
#include <array>

#include "sorting.h"

namespace sparse {
namespace {

uint64_t spread_bits(uint64_t x) {  // bit i to bit 3 i
    x &= 0x1fffff;
    x = (x | x << 32) & 0x1f00000000ffff;
    x = (x | x << 16) & 0x1f0000ff0000ff;
    x = (x | x << 8) & 0x100f00f00f00f00f;
    x = (x | x << 4) & 0x10c30c30c30c30c3;
    x = (x | x << 2) & 0x1249249249249249;
    return x;
}

uint64_t morton(uint64_t x, uint64_t y, uint64_t z) {
    return spread_bits(x) | spread_bits(y) << 1 | spread_bits(z) << 2;
}

uint64_t joined_bits(uint64_t x) {
    x &= 0x1249249249249249;
    x = (x | x >> 2) & 0x10c30c30c30c30c3;
    x = (x | x >> 4) & 0x100f00f00f00f00f;
    x = (x | x >> 8) & 0x1f0000ff0000ff;
    x = (x | x >> 16) & 0x1f00000000ffff;
    x = (x | x >> 32) & 0x1fffff;
    return x;
}

// Where offset k of a centred kernel leads from each cell of a brick: brick among the 27 around, and cell in it.
struct Step {
    uint8_t brick, cell;
};

template <int SIZE>
std::vector<std::array<Step, 64>> make_steps() {
    std::vector<std::array<Step, 64>> steps(SIZE * SIZE * SIZE);
    for (int k = 0; k < SIZE * SIZE * SIZE; ++k) {
        const int d[3] = {k % SIZE - SIZE / 2, k / SIZE % SIZE - SIZE / 2, k / (SIZE * SIZE) - SIZE / 2};
        for (int cell = 0; cell < 64; ++cell) {
            int brick = 0, inside[3];
            const int weight[3] = {1, 3, 9};
            for (int axis = 0; axis < 3; ++axis) {
                const int at = int(joined_bits(uint64_t(cell) >> axis)) + d[axis] + 4;  // 2 .. 9
                brick += weight[axis] * (at / 4);
                inside[axis] = at % 4;
            }
            steps[k][cell] = {uint8_t(brick), uint8_t(morton(inside[0], inside[1], inside[2]))};
        }
    }
    return steps;
}

uint64_t mixed(uint64_t key) {  // finaliser of splitmix64
    key ^= key >> 30;
    key *= 0xbf58476d1ce4e5b9;
    key ^= key >> 27;
    return key;
}

}  // namespace

void Pairs::shape(int64_t in, int64_t out, int kernel_offsets, int64_t most_of_a_block) {
    in_count = in;
    out_count = out;
    offsets = kernel_offsets;
    const int64_t most = blocks() * most_of_a_block;
    if (room < most) {
        room = 0;
        const int64_t wanted = most + most / 4;
        in_rows.reset(new int32_t[size_t(wanted)]);
        out_rows.reset(new uint8_t[size_t(wanted)]);
        room = wanted;
    }
    first.resize(size_t(blocks()));
    starts.resize(size_t(blocks() * (offsets + 1)));
    for (int64_t b = 0; b < blocks(); ++b) first[b] = b * most_of_a_block;
}

BlockPairs Pairs::block(int64_t index) const {
    BlockPairs found;
    found.in_rows = in_rows.get() + first[index];
    found.out_rows = out_rows.get() + first[index];
    found.starts = starts.data() + index * (offsets + 1);
    found.offsets = offsets;
    found.first_row = index * BLOCK;
    found.rows = int(std::min<int64_t>(BLOCK, out_count - found.first_row));
    return found;
}

void Pairs::count_pairs() {
    total = 0;
    for (int64_t b = 0; b < blocks(); ++b) total += starts[b * (offsets + 1) + offsets];
}

void Pairs::regroup(const int64_t* in_index, const int64_t* out_index, const int64_t* counts, int kernel_offsets,
                    int64_t in, int64_t out, int64_t pair_count) {
    in_count = in;
    out_count = out;
    offsets = kernel_offsets;
    total = pair_count;
    const int64_t width = offsets + 1;
    starts.assign(size_t(blocks() * width), 0);
    first.assign(size_t(blocks()), 0);
    const int64_t* row = out_index;
    for (int k = 0; k < offsets; ++k)
        for (int64_t i = 0; i < counts[k]; ++i) ++starts[*row++ / BLOCK * width + k + 1];
    int64_t before = 0;
    for (int64_t b = 0; b < blocks(); ++b) {
        first[b] = before;
        for (int k = 0; k < offsets; ++k) starts[b * width + k + 1] += starts[b * width + k];
        before += starts[b * width + offsets];
    }
    room = std::max<int64_t>(total, 1);
    in_rows.reset(new int32_t[size_t(room)]);
    out_rows.reset(new uint8_t[size_t(room)]);
    std::vector<int64_t> next(static_cast<size_t>(blocks()));
    for (int k = 0; k < offsets; ++k) {
        for (int64_t b = 0; b < blocks(); ++b) next[b] = first[b] + starts[b * width + k];
        for (int64_t i = 0; i < counts[k]; ++i, ++in_index, ++out_index) {
            const int64_t place = next[*out_index / BLOCK]++;
            in_rows[place] = int32_t(*in_index);
            out_rows[place] = uint8_t(*out_index % BLOCK);
        }
    }
}

// Keys and order of level 0.
bool Pyramid::sort(const int64_t* coordinates, int64_t count) {
    int64_t low[3], high[3];
    for (int axis = 0; axis < 3; ++axis) {
        low[axis] = high[axis] = coordinates[axis];
        for (int64_t i = 1; i < count; ++i) {
            low[axis] = std::min(low[axis], coordinates[3 * i + axis]);
            high[axis] = std::max(high[axis], coordinates[3 * i + axis]);
        }
        // A coarse voxel is floor(c / stride), of negative c too: shift by whole cells of the coarsest level.
        low[axis] &= -(int64_t(1) << LEVELS);
        if (uint64_t(high[axis]) - uint64_t(low[axis]) > MAX_COORDINATE) return false;
    }
    auto& keys = levels_[0].keys;
    keys.resize(size_t(count));
    order_.resize(size_t(count));
    for (int64_t i = 0; i < count; ++i) {
        const int64_t* c = coordinates + 3 * i;
        keys[i] = morton(uint64_t(c[0] - low[0]), uint64_t(c[1] - low[1]), uint64_t(c[2] - low[2]));
        order_[i] = int32_t(i);
    }
    sort_by_key(keys, order_, sorting_, sorting_rows_);
    return std::adjacent_find(keys.begin(), keys.end()) == keys.end();
}

bool Pyramid::build(const int64_t* coordinates, int64_t count, int levels) {
    for (int level = 0; level < LEVELS; ++level) {
        has_same3_[level] = has_same5_[level] = has_down_[level] = has_up_[level] = has_neighbours_[level] = false;
        levels_[level].keys.clear();
    }
    if (!sort(coordinates, count)) {
        levels_[0].keys.clear();
        return false;
    }
    for (int level = 0; level + 1 < levels; ++level) {
        auto& fine = levels_[level];
        auto& coarse = levels_[level + 1];
        fine.parent.resize(fine.keys.size());
        for (size_t i = 0; i < fine.keys.size(); ++i) {
            const uint64_t key = fine.keys[i] >> 3;
            if (coarse.keys.empty() || coarse.keys.back() != key) coarse.keys.push_back(key);
            fine.parent[i] = int32_t(coarse.keys.size()) - 1;
        }
    }
    return true;
}

void Pyramid::make_bricks(Level& level) {
    level.bricks.clear();
    level.brick_keys.clear();
    level.brick_of.resize(level.keys.size());
    for (size_t i = 0; i < level.keys.size(); ++i) {
        const uint64_t key = level.keys[i] >> 6;
        if (level.brick_keys.empty() || level.brick_keys.back() != key) {
            level.brick_keys.push_back(key);
            level.bricks.push_back({0, int32_t(i)});
        }
        level.bricks.back().filled |= uint64_t(1) << (level.keys[i] & 63);
        level.brick_of[i] = int32_t(level.bricks.size()) - 1;
    }
    level.bricks.push_back({0, 0});
}

void Pyramid::find_neighbours(Level& level, Pool& pool) {
    make_bricks(level);
    const int64_t count = int64_t(level.brick_keys.size());
    size_t capacity = 16;
    while (capacity < size_t(2 * count)) capacity *= 2;
    level.table_keys.assign(capacity, -1);
    level.table_rows.resize(capacity);
    const uint64_t mask = capacity - 1;
    for (int64_t b = 0; b < count; ++b) {
        uint64_t slot = mixed(level.brick_keys[b]) & mask;
        while (level.table_keys[slot] >= 0) slot = (slot + 1) & mask;
        level.table_keys[slot] = int64_t(level.brick_keys[b]);
        level.table_rows[slot] = int32_t(b);
    }
    level.around.resize(size_t(27 * count));
    constexpr int64_t PART = 256;
    pool.each((count + PART - 1) / PART, [&](int64_t part, int) {
        for (int64_t b = part * PART; b < std::min(count, (part + 1) * PART); ++b) {
            const uint64_t key = level.brick_keys[b];
            const int64_t at[3] = {int64_t(joined_bits(key)), int64_t(joined_bits(key >> 1)),
                                   int64_t(joined_bits(key >> 2))};
            for (int n = 0; n < 27; ++n) {
                const int64_t x = at[0] + n % 3 - 1, y = at[1] + n / 3 % 3 - 1, z = at[2] + n / 9 - 1;
                int32_t found = int32_t(count);
                if (x >= 0 && y >= 0 && z >= 0) {
                    const int64_t wanted = int64_t(morton(uint64_t(x), uint64_t(y), uint64_t(z)));
                    uint64_t slot = mixed(uint64_t(wanted)) & mask;
                    while (level.table_keys[slot] >= 0 && level.table_keys[slot] != wanted) slot = (slot + 1) & mask;
                    if (level.table_keys[slot] == wanted) found = level.table_rows[slot];
                }
                level.around[27 * b + n] = found;
            }
        }
    });
}

const Pairs& Pyramid::same(int index, int kernel_size, Pool& pool) {
    // Never destroyed: a thread may still compute while the process ends.
    static const auto& steps3 = *new auto(make_steps<3>());
    static const auto& steps5 = *new auto(make_steps<5>());
    Pairs& pairs = kernel_size == 3 ? same3_[index] : same5_[index];
    bool& has = kernel_size == 3 ? has_same3_[index] : has_same5_[index];
    if (has) return pairs;
    Level& level = levels_[index];
    if (!has_neighbours_[index]) find_neighbours(level, pool);
    has_neighbours_[index] = has = true;
    const auto& steps = kernel_size == 3 ? steps3 : steps5;
    const int offsets = int(steps.size());
    pairs.shape(size(index), size(index), offsets, int64_t(BLOCK) * offsets);
    pool.each(pairs.blocks(), [&](int64_t b, int) {
        const int64_t begin = b * BLOCK, end = std::min(begin + BLOCK, size(index));
        int32_t* in_rows = pairs.in_rows.get() + pairs.first[b];
        uint8_t* out_rows = pairs.out_rows.get() + pairs.first[b];
        int32_t* starts = pairs.starts.data() + b * (offsets + 1);
        int32_t found = 0;
        for (int k = 0; k < offsets; ++k) {
            starts[k] = found;
            const auto& step = steps[k];
            for (int64_t row = begin; row < end; ++row) {
                const Step to = step[level.keys[row] & 63];
                const Brick brick = level.bricks[level.around[27 * level.brick_of[row] + to.brick]];
                const uint64_t bit = uint64_t(1) << to.cell;
                in_rows[found] = brick.first + __builtin_popcountll(brick.filled & (bit - 1));
                out_rows[found] = uint8_t(row - begin);
                found += (brick.filled & bit) != 0;
            }
        }
        starts[offsets] = found;
    });
    pairs.count_pairs();
    return pairs;
}

const Pairs& Pyramid::down(int index) {
    Pairs& pairs = down_[index];
    if (has_down_[index]) return pairs;
    has_down_[index] = true;
    const Level& level = levels_[index];
    pairs.shape(size(index), size(index + 1), 8, int64_t(BLOCK) * 8);
    int64_t row = 0;
    for (int64_t b = 0; b < pairs.blocks(); ++b) {
        const int64_t end = std::min((b + 1) * BLOCK, size(index + 1));
        const int64_t begin = row;
        while (row < size(index) && level.parent[row] < end) ++row;
        int32_t* starts = pairs.starts.data() + b * 9;
        int32_t found = 0;
        for (int k = 0; k < 8; ++k) {
            starts[k] = found;
            for (int64_t i = begin; i < row; ++i) {
                if (int(level.keys[i] & 7) != k) continue;
                pairs.in_rows[pairs.first[b] + found] = int32_t(i);
                pairs.out_rows[pairs.first[b] + found] = uint8_t(level.parent[i] - b * BLOCK);
                ++found;
            }
        }
        starts[8] = found;
    }
    pairs.count_pairs();
    return pairs;
}

const Pairs& Pyramid::up(int index) {
    Pairs& pairs = up_[index];
    if (has_up_[index]) return pairs;
    has_up_[index] = true;
    const Level& level = levels_[index];
    pairs.shape(size(index + 1), size(index), 8, BLOCK);
    for (int64_t b = 0; b < pairs.blocks(); ++b) {
        const int64_t begin = b * BLOCK, end = std::min(begin + BLOCK, size(index));
        int32_t* starts = pairs.starts.data() + b * 9;
        int32_t found = 0;
        for (int k = 0; k < 8; ++k) {
            starts[k] = found;
            for (int64_t i = begin; i < end; ++i) {
                if (int(level.keys[i] & 7) != k) continue;
                pairs.in_rows[pairs.first[b] + found] = level.parent[i];
                pairs.out_rows[pairs.first[b] + found] = uint8_t(i - begin);
                ++found;
            }
        }
        starts[8] = found;
    }
    pairs.count_pairs();
    return pairs;
}

}  // namespace sparse

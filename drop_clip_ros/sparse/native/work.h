// What one thread does at a time: one block of output rows times one panel of output columns of a convolution.
//
// Everything is counted in words of four bytes, so that one loop serves all types of numbers: a word of an input row is
// one float32, two bfloat16 or four unsigned 8-bit integers, and one multiply-add takes a word of the row and a word of
// each of 16 columns.
#pragma once
#include <cstdint>

namespace sparse {

enum Precision { FLOAT32 = 0, BFLOAT16 = 1, INT8 = 2 };

constexpr int BLOCK = 256;        // output rows of a block: sums of a panel (96 KiB at most) stay in the second-level cache
constexpr int MAX_PANEL = 96;     // columns
constexpr int TILE_ROWS = 12;     // rows of the widest tile

// Pairs of one block: those of kernel offset k are [starts[k], starts[k + 1]).
struct BlockPairs {
    const int32_t* in_rows;
    const uint8_t* out_rows;  // within the block
    const int32_t* starts;
    int offsets;
    int rows;                 // output rows in this block
    int64_t first_row;
};

struct Item {
    BlockPairs pairs;
    const char* input;        // rows of words
    int64_t input_stride;     // bytes
    int words;                // of an input row
    const char* weights;      // of this panel: [offset][word][columns] words
    int columns;              // multiple of the vector's lanes
    const float* scale;       // of each column of the panel (int8); null: 1
    const float* bias;        // of each column of the panel
    const char* residual;     // first row and column of the item; null: none
    int64_t residual_stride;
    bool relu;
    char* output;             // first row and column of the item
    int64_t output_stride;
    int used_columns;         // columns of the output that exist
    Precision out;            // FLOAT32 or BFLOAT16; also the residual's
};

// The sums of an item; scratch holds (BLOCK + 1) * MAX_PANEL words.
using Runner = void (*)(const Item&, void* scratch);

// sums[row][column] += over the steps of left[step][row] * right[step][column]; rows of sums are vectors of words.
struct Outer {
    const char* left;         // [step][row] words
    int64_t left_stride;      // bytes
    const char* right;        // [step][column] words
    int64_t right_stride;
    int steps, rows;
    int columns;              // multiple of the lanes
    char* sums;
    int64_t sums_stride;
};

struct Instructions {
    int lanes;                // columns of a vector
    int panel;                // columns of a full panel
    Runner run[3];            // by precision; null where the processor lacks it
    void (*add_outer[3])(const Outer&);
    void (*quantize)(const uint16_t* from, int64_t count, float factor, uint8_t* to);
};

extern const Instructions AVX512, AVX512_BF16, AVX2;

}  // namespace sparse

// One convolution over a kernel map, by all threads of a pool.
#pragma once
#include "packing.h"
#include "pool.h"
#include "pyramid.h"

namespace sparse {

struct Convolution {
    const Weights* weights;
    const char* input;         // row 0; FLOAT32 or BFLOAT16 as the weights, unsigned bytes for INT8
    int64_t input_stride;      // bytes
    float input_scale;         // INT8: what one step of the input is worth
    const char* residual;      // null: none
    int64_t residual_stride;
    bool relu;
    char* output;
    int64_t output_stride;
    Precision out;
};

// Room of each thread for the sums of an item.
class Scratch {
public:
    explicit Scratch(int threads) : each_(size_t(threads)) {}
    char* room(int thread, size_t bytes) { return each_[size_t(thread)].at_least(bytes); }

private:
    std::vector<Memory> each_;
};

void convolve(const Convolution& layer, const Pairs& pairs, Pool& pool, Scratch& scratch);

}  // namespace sparse

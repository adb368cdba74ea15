// Threads and their room, shared by the products of one process.
#pragma once
#include <mutex>

#include "convolution.h"

namespace sparse {

struct Workshop {
    Pool pool;
    Scratch scratch, left, right;
    Weights weights;
    Memory table;
    std::mutex busy;
    explicit Workshop(int threads) : pool(threads), scratch(threads), left(threads), right(threads) {}
};

}  // namespace sparse

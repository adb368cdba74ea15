// Weights laid out as the loops read them.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>
#include "work.h"

namespace sparse {

// Memory that starts on a cache line and is kept between frames.
class Memory {
public:
    Memory() = default;
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    Memory(Memory&& other) noexcept : data_(other.data_), size_(other.size_) {
        other.data_ = nullptr;
        other.size_ = 0;
    }
    ~Memory() { std::free(data_); }
    char* at_least(size_t bytes, bool zeroed = false) {  // zeroed: where it is new
        if (bytes > size_) {
            std::free(data_);
            size_ = 0;
            const size_t wanted = (bytes + bytes / 4 + 63) / 64 * 64;
            data_ = static_cast<char*>(std::aligned_alloc(64, wanted));
            if (!data_) throw std::bad_alloc();
            if (zeroed) std::memset(data_, 0, wanted);
            size_ = wanted;
        }
        return data_;
    }
    char* data() const { return data_; }

private:
    char* data_ = nullptr;
    size_t size_ = 0;
};

inline int values_in_a_word(Precision precision) {
    return precision == FLOAT32 ? 1 : precision == BFLOAT16 ? 2 : 4;
}

inline uint16_t bfloat16_bits(float value) {
    union {
        float number;
        uint32_t bits;
    } as = {value};
    if (value != value) return 0x7fc0;
    return uint16_t((as.bits + 0x7fff + (as.bits >> 16 & 1)) >> 16);
}

// A convolution's kernel, packed: for each panel of columns [offset][word][column] words.
struct Weights {
    Precision precision = FLOAT32;
    int offsets = 0, out_channels = 0, words = 0;
    std::vector<int> columns;        // of each panel, a multiple of the lanes
    std::vector<int64_t> places;     // of each panel in the memory, bytes
    std::vector<float> scale, bias;  // by output column, padded; scale is empty but for int8
    Memory memory;

    // Make room for a kernel (offsets, in_channels, out_channels); bias 0.
    void shape(int offsets, int in_channels, int out_channels, Precision precision, const Instructions& instructions);

    // kernel: (offsets, in_channels, out_channels) float32; bias: (out_channels,) or null.
    void pack(const float* kernel, const float* bias, int offsets, int in_channels, int out_channels,
              Precision precision, const Instructions& instructions);
};

// The instruction set that serves a precision on this processor; null when none does.
const Instructions* instructions_for(Precision precision);

}  // namespace sparse

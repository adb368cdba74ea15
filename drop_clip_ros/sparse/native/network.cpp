// A whole network as a list of convolutions between buffers, run without a return to Python.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>

#include "convolution.h"

using namespace sparse;

namespace {

enum Map { SAME3 = 0, SAME5 = 1, DOWN = 2, UP = 3, SELF = 4 };

struct LayerSpec {
    int32_t map, level;  // level: the finer one
    int32_t source, source_channel, target, target_channel;
    int32_t residual, residual_channel;  // -1: none
    int32_t relu, offsets, in_channels, out_channels, precision;
};

struct BufferSpec {
    int32_t level, channels;
};

struct Layer {
    LayerSpec spec;
    Weights weights;
};

// The level that one in ten thousand of the values exceeds, from a sample: steps that reach to the very largest value
// would be too coarse for all the others.
float clipping_level(const char* rows, int64_t stride, int64_t count, int channels) {
    constexpr int64_t SAMPLE = 1 << 17;
    constexpr int SHIFT = 2;  // of a bfloat16's bits, whose order is that of the positive numbers
    std::vector<int32_t> histogram(0x8000 >> SHIFT, 0);
    const int64_t step = std::max<int64_t>(1, count * channels / SAMPLE);
    int64_t seen = 0;
    for (int64_t i = 0; i < count; i += step) {
        const auto* row = reinterpret_cast<const uint16_t*>(rows + i * stride);
        for (int c = 0; c < channels; ++c) ++histogram[row[c] & 0x8000 ? 0 : row[c] >> SHIFT];
        seen += channels;
    }
    int64_t above = seen / 10000;
    size_t bin = histogram.size() - 1;
    while (bin > 0 && (above -= histogram[bin]) >= 0) --bin;
    const uint32_t bits = uint32_t(bin + 1) << (16 + SHIFT);
    float level;
    std::memcpy(&level, &bits, 4);
    return level;
}

struct Network {
    std::mutex busy;
    Precision storage;
    std::vector<Layer> layers;
    std::vector<BufferSpec> buffers;
    std::vector<Memory> memory;
    Memory quantized;
    int levels = 1;
    bool half_words = false;  // layers read half a word beyond their channels: nothing there may be NaN
    Pyramid pyramid;
    std::unique_ptr<Pool> threads;
    std::unique_ptr<Scratch> scratch;
    Pairs self[LEVELS];

    explicit Network(int count) { set_threads(count); }

    void set_threads(int count) {
        auto room = std::make_unique<Scratch>(count);
        threads = std::make_unique<Pool>(count);
        scratch = std::move(room);
    }

    int64_t stride(int buffer) const {  // bytes; rows start on whole words
        const int64_t bytes = int64_t(buffers[buffer].channels) * (storage == BFLOAT16 ? 2 : 4);
        return (bytes + 3) / 4 * 4;
    }

    const Pairs& self_pairs(int level) {
        Pairs& pairs = self[level];
        const int64_t n = pyramid.size(level);
        pairs.shape(n, n, 1, BLOCK);
        for (int64_t b = 0; b < pairs.blocks(); ++b) {
            const int rows = int(std::min<int64_t>(BLOCK, n - b * BLOCK));
            for (int i = 0; i < rows; ++i) {
                pairs.in_rows[b * BLOCK + i] = int32_t(b * BLOCK + i);
                pairs.out_rows[b * BLOCK + i] = uint8_t(i);
            }
            pairs.starts[2 * b] = 0;
            pairs.starts[2 * b + 1] = rows;
        }
        return pairs;
    }

    const Pairs& pairs_of(const LayerSpec& spec) {
        switch (spec.map) {
            case SAME3: return pyramid.same(spec.level, 3, *threads);
            case SAME5: return pyramid.same(spec.level, 5, *threads);
            case DOWN: return pyramid.down(spec.level);
            case UP: return pyramid.up(spec.level);
            default: return self[spec.level];
        }
    }

    void build_maps() {
        bool made[LEVELS] = {false};
        for (const Layer& layer : layers) {
            const int level = layer.spec.level;
            if (layer.spec.map == SELF && !made[level]) {
                self_pairs(level);
                made[level] = true;
            }
            pairs_of(layer.spec);
        }
    }

    void fill_input(const float* features, int channels) {
        const int64_t n = pyramid.size(0), bytes = stride(0);
        char* to = memory[0].at_least(size_t(n * bytes), half_words);
        const auto& order = pyramid.order();
        for (int64_t i = 0; i < n; ++i) {
            const float* row = features + int64_t(order[i]) * channels;
            if (storage == FLOAT32) {
                std::memcpy(to + i * bytes, row, size_t(channels) * 4);
            } else {
                auto* place = reinterpret_cast<uint16_t*>(to + i * bytes);
                for (int c = 0; c < channels; ++c) place[c] = bfloat16_bits(row[c]);
            }
        }
    }

    // The layer's input in unsigned bytes; what one step is worth.
    float quantize(const Layer& layer, int64_t rows) {
        const int channels = layer.spec.in_channels;
        const int64_t to_stride = int64_t(layer.weights.words) * 4, from_stride = stride(layer.spec.source);
        auto* to = reinterpret_cast<uint8_t*>(quantized.at_least(size_t(rows * to_stride)));
        const char* from = memory[layer.spec.source].data() + layer.spec.source_channel * 2;
        const float most = clipping_level(from, from_stride, rows, channels);
        const auto convert = instructions_for(INT8)->quantize;
        constexpr int64_t PART = 512;
        threads->each((rows + PART - 1) / PART, [&](int64_t part, int) {
            for (int64_t i = part * PART; i < std::min(rows, (part + 1) * PART); ++i)
                convert(reinterpret_cast<const uint16_t*>(from + i * from_stride), channels, 255.0f / most,
                        to + i * to_stride);
        });
        return most / 255.0f;
    }

    void run_layer(size_t index) {
        Layer& layer = layers[index];
        const LayerSpec& spec = layer.spec;
        const Pairs& pairs = pairs_of(spec);
        const int size = storage == BFLOAT16 ? 2 : 4;
        Convolution wanted;
        wanted.weights = &layer.weights;
        wanted.input_scale = 1.0f;
        if (spec.precision == INT8) {
            wanted.input_scale = quantize(layer, pairs.in_count);
            wanted.input = quantized.data();
            wanted.input_stride = int64_t(layer.weights.words) * 4;
        } else {
            wanted.input = memory[spec.source].data() + spec.source_channel * size;
            wanted.input_stride = stride(spec.source);
        }
        const bool has_residual = spec.residual >= 0;
        wanted.residual = has_residual ? memory[spec.residual].data() + spec.residual_channel * size : nullptr;
        wanted.residual_stride = has_residual ? stride(spec.residual) : 0;
        wanted.relu = spec.relu != 0;
        wanted.out = storage;
        wanted.output_stride = stride(spec.target);
        wanted.output = memory[spec.target].at_least(size_t(pairs.out_count * wanted.output_stride), half_words);
        wanted.output += spec.target_channel * size;
        convolve(wanted, pairs, *threads, *scratch);
    }

    void read_output(float* out) {
        const LayerSpec& spec = layers.back().spec;
        const int channels = spec.out_channels;
        const int64_t bytes = stride(spec.target);
        const char* from = memory[spec.target].data() + spec.target_channel * (storage == BFLOAT16 ? 2 : 4);
        const auto& order = pyramid.order();
        constexpr int64_t PART = 1024;
        const int64_t n = pyramid.size(0);
        threads->each((n + PART - 1) / PART, [&](int64_t part, int) {
            for (int64_t i = part * PART; i < std::min(n, (part + 1) * PART); ++i) {
                float* to = out + int64_t(order[i]) * channels;
                if (storage == FLOAT32) {
                    std::memcpy(to, from + i * bytes, size_t(channels) * 4);
                } else {
                    const auto* row = reinterpret_cast<const uint16_t*>(from + i * bytes);
                    for (int c = 0; c < channels; ++c) {
                        const uint32_t bits = uint32_t(row[c]) << 16;
                        std::memcpy(to + c, &bits, 4);
                    }
                }
            }
        });
    }
};

}  // namespace

extern "C" {

// Of the functions here and their arguments, as native_library.py calls them: a library left from another version is
// not loaded.
int32_t sparse_version() { return 3; }

// Whether this processor has instructions for a precision.
int32_t sparse_has(int32_t precision) { return instructions_for(Precision(precision)) != nullptr; }

// Null when the processor lacks a precision or memory is short.
void* sparse_network_new(const LayerSpec* layers, const float* const* kernels, const float* const* biases,
                         int32_t layer_count, const BufferSpec* buffers, int32_t buffer_count, int32_t storage,
                         int32_t threads) {
    try {
        auto network = std::make_unique<Network>(threads);
        network->storage = Precision(storage);
        network->buffers.assign(buffers, buffers + buffer_count);
        network->memory.resize(size_t(buffer_count));
        network->layers.resize(size_t(layer_count));
        for (int i = 0; i < layer_count; ++i) {
            const LayerSpec& spec = layers[i];
            const Instructions* instructions = instructions_for(Precision(spec.precision));
            if (!instructions) return nullptr;
            network->layers[i].spec = spec;
            network->layers[i].weights.pack(kernels[i], biases[i], spec.offsets, spec.in_channels, spec.out_channels,
                                            Precision(spec.precision), *instructions);
            network->half_words |= spec.precision == BFLOAT16 && spec.in_channels % 2 == 1;
            const bool strided = spec.map == DOWN || spec.map == UP;
            network->levels = std::max(network->levels, spec.level + 1 + strided);
        }
        return network.release();
    } catch (const std::exception&) {
        return nullptr;
    }
}

// 0, or 2 when memory is short: then they stay as many as they were.
int32_t sparse_network_set_threads(void* handle, int32_t threads) {
    auto& network = *static_cast<Network*>(handle);
    std::lock_guard<std::mutex> lock(network.busy);
    try {
        network.set_threads(threads);
        return 0;
    } catch (const std::exception&) {
        return 2;
    }
}

void sparse_network_delete(void* network) { delete static_cast<Network*>(network); }

// 0; 1 when a voxel comes twice or they extend too far; 2 when memory is short. Calls wait for each other.
// With stages, writes the seconds of: sorting and pairs, all layers, each layer.
int32_t sparse_network_run(void* handle, const int64_t* coordinates, int64_t count, const float* features,
                           int32_t channels, float* out, double* stages) {
    auto& network = *static_cast<Network*>(handle);
    if (count > INT32_MAX) return 2;  // rows are numbered by 32 bits
    std::lock_guard<std::mutex> lock(network.busy);
    try {
        using Clock = std::chrono::steady_clock;
        const auto seconds = [](Clock::time_point since) {
            return std::chrono::duration<double>(Clock::now() - since).count();
        };
        auto started = Clock::now();
        if (!network.pyramid.build(coordinates, count, network.levels)) return 1;
        network.build_maps();
        if (stages) stages[0] = seconds(started);
        started = Clock::now();
        network.fill_input(features, channels);
        for (size_t i = 0; i < network.layers.size(); ++i) {
            const auto layer_started = Clock::now();
            network.run_layer(i);
            if (stages) stages[2 + i] = seconds(layer_started);
        }
        network.read_output(out);
        if (stages) stages[1] = seconds(started);
        return 0;
    } catch (const std::exception&) {
        return 2;
    }
}

// Pairs that each layer multiplied in the last run.
void sparse_network_pairs(void* handle, int64_t* totals) {
    auto& network = *static_cast<Network*>(handle);
    std::lock_guard<std::mutex> lock(network.busy);
    for (size_t i = 0; i < network.layers.size(); ++i) {
        const LayerSpec& spec = network.layers[i].spec;
        totals[i] = spec.map == SELF ? network.pyramid.size(spec.level) : network.pairs_of(spec).total;
    }
}

}  // extern "C"

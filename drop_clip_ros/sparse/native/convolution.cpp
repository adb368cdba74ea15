#include "convolution.h"

#include <algorithm>

namespace sparse {

void convolve(const Convolution& layer, const Pairs& pairs, Pool& pool, Scratch& scratch) {
    const Weights& weights = *layer.weights;
    const int panels = int(weights.columns.size());
    const Runner run = instructions_for(weights.precision)->run[weights.precision];
    const int out_size = layer.out == BFLOAT16 ? 2 : 4;
    std::vector<float> scale(weights.scale);
    for (float& step : scale) step *= layer.input_scale;
    std::vector<int> firsts;
    int columns = 0;
    for (int width : weights.columns) {
        firsts.push_back(columns);
        columns += width;
    }
    pool.each(pairs.blocks() * panels, [&](int64_t index, int thread) {
        const int panel = int(index % panels), first = firsts[panel];
        Item item;
        item.pairs = pairs.block(index / panels);
        item.input = layer.input;
        item.input_stride = layer.input_stride;
        item.words = weights.words;
        item.weights = weights.memory.data() + weights.places[panel];
        item.columns = weights.columns[panel];
        item.scale = scale.empty() ? nullptr : scale.data() + first;
        item.bias = weights.bias.data() + first;
        const int64_t row = item.pairs.first_row;
        item.residual = layer.residual ? layer.residual + row * layer.residual_stride + first * out_size : nullptr;
        item.residual_stride = layer.residual_stride;
        item.relu = layer.relu;
        item.output = layer.output + row * layer.output_stride + first * out_size;
        item.output_stride = layer.output_stride;
        item.used_columns = std::min(item.columns, weights.out_channels - first);
        item.out = layer.out;
        run(item, scratch.room(thread, size_t(BLOCK) * MAX_PANEL * 4));
    });
}

}  // namespace sparse

#include "backbones/resnet50.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "onnx_writing/onnx_writer.hpp"

namespace vidi::backbones {
namespace {

using Integers = std::vector<std::int64_t>;

// Of Keras' batch normalizations in this network.
constexpr double kEpsilon = 1.001e-5;

struct Shape {
  std::int64_t kernel;
  std::int64_t inputs;
  std::int64_t outputs;
  std::int64_t stride;
  std::int64_t padding;
};

// A convolution and the normalization behind it as one convolution.
struct Folded {
  std::vector<float> weights;  // (outputs, inputs, kernel, kernel)
  std::vector<float> biases;   // (outputs)
};

// Reads layers in Keras' order, by which their kinds are numbered.
class Layers {
 public:
  explicit Layers(WeightSource& source) : source_(source) {}

  // `name`: without the ending "_conv" or "_bn".
  Result<Folded> read(const std::string& name, const Shape& shape) {
    const std::string number = count_ == 0 ? "" : fmt::format("_{}", count_);
    ++count_;
    const auto outputs = static_cast<std::size_t>(shape.outputs);
    kernel_.resize(outputs * static_cast<std::size_t>(shape.kernel * shape.kernel * shape.inputs));
    Result<void> done;
    std::size_t position = 0;
    const auto read_next = [&](const std::string& kind, const char* variable, const Integers& sizes,
                               std::span<float> values) {
      const std::string ending = kind == "conv2d" ? "_conv" : "_bn";
      if (done) done = source_.read({name + ending, variable, position++, kind + number, sizes}, values);
    };
    read_next("conv2d", "kernel", {shape.kernel, shape.kernel, shape.inputs, shape.outputs}, kernel_);
    std::vector<float> bias(outputs);
    read_next("conv2d", "bias", {shape.outputs}, bias);
    position = 0;
    std::vector<std::vector<float>> norm;
    for (const char* variable : {"gamma", "beta", "moving_mean", "moving_variance"}) {
      read_next("batch_normalization", variable, {shape.outputs}, norm.emplace_back(outputs));
    }
    if (!done) return forward_error(done);
    std::vector<double> factors(outputs);
    Folded folded{.weights = {}, .biases = std::vector<float>(outputs)};
    for (std::size_t i = 0; i < outputs; ++i) {
      if (!(norm[3][i] >= 0)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{}_bn: a variance is {}, but none is below 0", name, norm[3][i]));
      }
      factors[i] = norm[0][i] / std::sqrt(norm[3][i] + kEpsilon);
      folded.biases[i] = static_cast<float>(norm[1][i] + (static_cast<double>(bias[i]) - norm[2][i]) * factors[i]);
    }
    folded.weights = scaled(shape, factors);
    return folded;
  }

 private:
  // From Keras' (kernel, kernel, inputs, outputs) to (outputs, inputs, kernel, kernel), each output by its factor.
  [[nodiscard]] std::vector<float> scaled(const Shape& shape, const std::vector<double>& factors) const {
    const auto places = static_cast<std::size_t>(shape.kernel * shape.kernel);
    const auto inputs = static_cast<std::size_t>(shape.inputs);
    const auto outputs = static_cast<std::size_t>(shape.outputs);
    std::vector<float> weights(kernel_.size());
    // Blocks of outputs and inputs that stay in the first cache.
    constexpr std::size_t kOutputs = 16;
    constexpr std::size_t kInputs = 64;
    for (std::size_t first = 0; first < outputs; first += kOutputs) {
      for (std::size_t begin = 0; begin < inputs; begin += kInputs) {
        const std::size_t end = std::min(inputs, begin + kInputs);
        for (std::size_t output = first; output < std::min(outputs, first + kOutputs); ++output) {
          for (std::size_t input = begin; input < end; ++input) {
            for (std::size_t place = 0; place < places; ++place) {
              weights[(output * inputs + input) * places + place] =
                  static_cast<float>(kernel_[(place * inputs + input) * outputs + output] * factors[output]);
            }
          }
        }
      }
    }
    return weights;
  }

  WeightSource& source_;
  std::size_t count_ = 0;
  std::vector<float> kernel_;
};

class Builder {
 public:
  explicit Builder(WeightSource& source) : writer_("resnet50"), layers_(source) {}

  Result<Bytes> build(const Resnet50& network) {
    writer_.add_input("image", {"n", std::int64_t{3}, std::int64_t{network.height}, std::int64_t{network.width}});
    add_relu(add_convolution("conv1", "image", {.kernel = 7, .inputs = 3, .outputs = 64, .stride = 2, .padding = 3}),
             "conv1_relu");
    // Keras pads with zeros; behind a ReLU no value is less, and padding that never wins gives the same.
    writer_.add_node(
        {.operation = "MaxPool",
         .inputs = {"conv1_relu"},
         .outputs = {"pool1_pool"},
         .attributes = {
             {"kernel_shape", Integers{3, 3}}, {"pads", Integers{1, 1, 1, 1}}, {"strides", Integers{2, 2}}}});
    std::string value = "pool1_pool";
    std::int64_t inputs = 64;
    for (const auto& [stack, blocks] : {std::pair(2, 3), {3, 4}, {4, 6}, {5, 3}}) {
      const std::int64_t filters = std::int64_t{64} << (stack - 2);
      for (int block = 1; block <= blocks; ++block) {
        const std::int64_t stride = stack > 2 && block == 1 ? 2 : 1;
        value = add_block(fmt::format("conv{}_block{}", stack, block), value, {1, inputs, filters, stride, 0});
        inputs = 4 * filters;
      }
    }
    writer_.add_node({.operation = network.pooling == Pooling::max ? "GlobalMaxPool" : "GlobalAveragePool",
                      .inputs = {value},
                      .outputs = {"pooled"},
                      .attributes = {}});
    writer_.add_node({.operation = "Flatten",
                      .inputs = {"pooled"},
                      .outputs = {"features"},
                      .attributes = {{.name = "axis", .value = std::int64_t{1}}}});
    writer_.add_output("features", {"n", static_cast<std::int64_t>(Resnet50::kColumns)});
    if (!done_) return forward_error(done_);
    return writer_.finish();
  }

 private:
  // Three convolutions beside the value itself or, in the first of a stack, beside a fourth. The stride is in the first
  // convolution, as Keras' first version has it.
  std::string add_block(const std::string& name, const std::string& input, const Shape& first) {
    const std::int64_t filters = first.outputs;
    std::string value = add_relu(add_convolution(name + "_1", input, first), name + "_1_relu");
    value = add_relu(add_convolution(name + "_2", value, {3, filters, filters, 1, 1}), name + "_2_relu");
    std::string beside = input;
    if (name.ends_with("block1")) {
      beside = add_convolution(name + "_0", input, {1, first.inputs, 4 * filters, first.stride, 0});
    }
    value = add_convolution(name + "_3", value, {1, filters, 4 * filters, 1, 0});
    writer_.add_node({.operation = "Add", .inputs = {beside, value}, .outputs = {name + "_add"}, .attributes = {}});
    return add_relu(name + "_add", name + "_out");
  }

  std::string add_convolution(const std::string& name, const std::string& input, const Shape& shape) {
    if (!done_) return name;
    auto folded = layers_.read(name, shape);
    if (!folded) {
      done_ = forward_error(folded);
      return name;
    }
    writer_.add_constant(name + "_weights", {shape.outputs, shape.inputs, shape.kernel, shape.kernel}, folded->weights);
    writer_.add_constant(name + "_biases", {shape.outputs}, folded->biases);
    writer_.add_node({.operation = "Conv",
                      .inputs = {input, name + "_weights", name + "_biases"},
                      .outputs = {name},
                      .attributes = {{"kernel_shape", Integers{shape.kernel, shape.kernel}},
                                     {"pads", Integers(4, shape.padding)},
                                     {"strides", Integers{shape.stride, shape.stride}}}});
    return name;
  }

  std::string add_relu(const std::string& input, const std::string& output) {
    writer_.add_node({.operation = "Relu", .inputs = {input}, .outputs = {output}, .attributes = {}});
    return output;
  }

  onnx_writing::OnnxWriter writer_;
  Layers layers_;
  Result<void> done_;
};

}  // namespace

Result<Bytes> write_resnet50(const Resnet50& network, WeightSource& source) { return Builder(source).build(network); }

models::InputDescription resnet50_input(const Resnet50& network) {
  models::InputDescription input;
  input.name = "image";
  input.layout = models::Layout::nchw;
  input.width = network.width;
  input.height = network.height;
  input.channels = 3;
  input.color = models::Color::bgr;
  input.filter = image::Filter::bicubic;
  input.mean = {103.939, 116.779, 123.68};
  input.deviation = {1, 1, 1};
  return input;
}

}  // namespace vidi::backbones

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <openvino/core/preprocess/pre_post_process.hpp>
#include <openvino/openvino.hpp>
#include <openvino/opsets/opset8.hpp>
#include <utility>

#include "inference/openvino/load_graph.hpp"
#include "inference/openvino/openvino_runtime.hpp"
#include "inference/openvino/precision.hpp"
#include "inference/openvino/quantize.hpp"
#include "inference/openvino/request_pool.hpp"

namespace vidi::inference {
namespace {

namespace op = ov::opset8;

struct Sizes {
  std::size_t batch;
  std::size_t picture;  // values
  std::size_t columns;
  std::size_t streams;
};

class OpenVinoPictureNetwork final : public PictureNetwork {
 public:
  OpenVinoPictureNetwork(ov::CompiledModel model, const Sizes& sizes, Execution execution)
      : model_(std::move(model)), sizes_(sizes), execution_(std::move(execution)), requests_(model_) {}

  Result<void> infer(std::span<const std::uint8_t> pictures, std::size_t count, std::span<float> rows) override {
    if (auto checked = check(pictures, count, rows); !checked) return checked;
    try {
      if (count == sizes_.batch) {
        run(pictures.data(), rows.data());
        return {};
      }
      // The rest are copies of the last one.
      std::vector<std::uint8_t> filled(pictures.begin(), pictures.end());
      const auto last = pictures.last(sizes_.picture);
      while (filled.size() < sizes_.batch * sizes_.picture) filled.insert(filled.end(), last.begin(), last.end());
      std::vector<float> answers(sizes_.batch * sizes_.columns);
      run(filled.data(), answers.data());
      std::ranges::copy(std::span(answers).first(rows.size()), rows.begin());
      return {};
    } catch (const std::exception& error) {
      return fail(ErrorCode::internal, fmt::format("the inference failed: {}", error.what()));
    }
  }

  [[nodiscard]] std::size_t batch() const override { return sizes_.batch; }
  [[nodiscard]] std::size_t streams() const override { return sizes_.streams; }
  [[nodiscard]] std::size_t columns() const override { return sizes_.columns; }
  [[nodiscard]] const Execution& execution() const override { return execution_; }

 private:
  [[nodiscard]] Result<void> check(std::span<const std::uint8_t> pictures, std::size_t count,
                                   std::span<float> rows) const {
    if (count < 1 || count > sizes_.batch) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{} pictures: 1 to {} can be inferred together", count, sizes_.batch));
    }
    if (pictures.size() != count * sizes_.picture) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{} pictures have {} bytes, and the network takes {} a picture", count, pictures.size(),
                              sizes_.picture));
    }
    if (rows.size() == count * sizes_.columns) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} rows of {} numbers do not fit into {}", count, sizes_.columns, rows.size()));
  }

  // A whole batch, read and written where it lies.
  void run(const std::uint8_t* pictures, float* rows) {
    ov::InferRequest request = requests_.take();
    request.set_input_tensor(ov::Tensor(model_.input(), pictures));
    request.set_output_tensor(ov::Tensor(model_.output(), rows));
    request.infer();
    requests_.put_back(std::move(request));
  }

  ov::CompiledModel model_;
  const Sizes sizes_;
  const Execution execution_;
  RequestPool requests_;
};

// The shapes in which a batch of pictures can be fed to a network, the best first: with the channel, without it where
// there is only one, and as one row.
std::vector<std::vector<std::int64_t>> shapes_of(const PixelInput& input) {
  const std::int64_t height = input.height;
  const std::int64_t width = input.width;
  const std::int64_t channels = input.channels;
  std::vector<std::vector<std::int64_t>> shapes;
  if (input.channels_first) {
    shapes.push_back({-1, channels, height, width});
  } else {
    shapes.push_back({-1, height, width, channels});
  }
  if (channels == 1) shapes.push_back({-1, height, width});
  shapes.push_back({-1, height * width * channels});
  return shapes;
}

ov::Output<ov::Node> channel_values(const std::vector<double>& values) {
  return op::Constant::create(ov::element::f32, {1, 1, 1, values.size()}, values)->output(0);
}

ov::Output<ov::Node> scalar(double value) { return op::Constant::create(ov::element::f32, {}, {value})->output(0); }

// Channels last; steps that change nothing are left out.
ov::Output<ov::Node> scaled(ov::Output<ov::Node> x, const PixelInput& input) {
  if (input.inverted) x = std::make_shared<op::Subtract>(scalar(255), x);
  if (input.mean.empty()) {
    if (input.scale != 1) x = std::make_shared<op::Multiply>(x, scalar(input.scale));
    if (input.offset != 0) x = std::make_shared<op::Add>(x, scalar(input.offset));
    return x;
  }
  x = std::make_shared<op::Subtract>(x, channel_values(input.mean));
  const bool is_one = std::ranges::all_of(input.deviation, [](double each) { return each == 1; });
  if (!is_one) x = std::make_shared<op::Divide>(x, channel_values(input.deviation));
  return x;
}

// A network that takes rows, or pictures without a channel, takes them with the channel.
void add_channel(ov::Model& graph, const PixelInput& input) {
  const auto parameter = graph.get_parameters().front();
  const ov::PartialShape shape = parameter->get_partial_shape();
  if (shape.size() == 4) return;
  const auto picture = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape(shapes_of(input).front()));
  std::vector<std::int64_t> sizes{-1};
  for (std::size_t i = 1; i < shape.size(); ++i) sizes.push_back(shape[static_cast<std::ptrdiff_t>(i)].get_length());
  const auto reshaped =
      std::make_shared<op::Reshape>(picture, op::Constant::create(ov::element::i64, {sizes.size()}, sizes), false);
  parameter->output(0).replace(reshaped->output(0));
  graph.replace_parameter(0, picture);
  graph.validate_nodes_and_infer_types();
}

// Only bytes are handed over: the network itself makes of them what it wants.
std::shared_ptr<ov::Model> take_bytes(const std::shared_ptr<ov::Model>& graph, const PixelInput& input) {
  add_channel(*graph, input);
  ov::preprocess::PrePostProcessor pixels(graph);
  auto& in = pixels.input();
  in.tensor().set_element_type(ov::element::u8).set_layout("NHWC");
  in.model().set_layout(input.channels_first ? "NCHW" : "NHWC");
  in.preprocess().convert_element_type(ov::element::f32);
  if (input.reversed && input.channels > 1) in.preprocess().reverse_channels();
  in.preprocess().custom([&](const ov::Output<ov::Node>& x) { return scaled(x, input); });
  return pixels.build();
}

std::string kind_of(const std::string& type) {
  if (type == "u8" || type == "i8" || type == "U8" || type == "I8") return "int8";
  std::string lower = type;
  std::ranges::transform(lower, lower.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  return lower == "fp32" ? "f32" : lower;
}

Execution execution_of(const ov::CompiledModel& model) {
  constexpr std::array<std::string_view, 4> kWork{"Convolution", "GroupConvolution", "FullyConnected", "MatMul"};
  Execution execution{.processor = core().get_property("CPU", ov::device::full_name), .operations = {}};
  for (const auto& node : model.get_runtime_model()->get_ordered_ops()) {
    const auto& info = node->get_rt_info();
    const auto type = info.find("layerType");
    const auto precision = info.find("runtimePrecision");
    if (type == info.end() || precision == info.end()) continue;
    if (std::ranges::find(kWork, type->second.as<std::string>()) == kWork.end()) continue;
    ++execution.operations[kind_of(precision->second.as<std::string>())];
  }
  return execution;
}

Result<std::size_t> columns_of(const ov::Model& graph) {
  const ov::PartialShape& shape = graph.output().get_partial_shape();
  if (shape.rank().is_static() && shape.size() == 2 && shape[1].is_static()) {
    return static_cast<std::size_t>(shape[1].get_length());
  }
  return fail(ErrorCode::invalid_argument,
              fmt::format("the network's output has the shape {}: a row of numbers for each picture, [n,columns], was "
                          "expected",
                          shape.to_string()));
}

Result<std::unique_ptr<PictureNetwork>> compile(ByteView onnx, const PixelInput& input,
                                                const PictureNetworkOptions& options) {
  auto network = load_graph(
      onnx,
      {.input = input.name, .output = options.output, .input_shapes = shapes_of(input), .constants = input.constants});
  if (!network) return forward_error(network);
  const ov::Dimension rows = network->graph->input().get_partial_shape()[0];
  // One that cannot be given any other keeps the batch that it has.
  const std::size_t batch = rows.is_static() ? static_cast<std::size_t>(rows.get_length()) : options.batch;
  const auto graph = take_bytes(network->graph, input);
  graph->reshape(ov::PartialShape({static_cast<std::int64_t>(batch), input.height, input.width, input.channels}));
  auto columns = columns_of(*graph);
  if (!columns) return forward_error(columns);
  if (options.precision == Precision::int8) {
    if (auto done = quantize(graph, options.calibration, options.threads); !done) return forward_error(done);
  }
  ov::CompiledModel model = core().compile_model(graph, "CPU", ov::num_streams(static_cast<int>(options.streams)),
                                                 ov::inference_num_threads(static_cast<int>(options.threads)),
                                                 ov::hint::inference_precision(type_of(options.precision)),
                                                 ov::hint::enable_cpu_pinning(false));
  const Sizes sizes{.batch = batch,
                    .picture = static_cast<std::size_t>(input.width) * static_cast<std::size_t>(input.height) *
                               static_cast<std::size_t>(input.channels),
                    .columns = *columns,
                    .streams = options.streams};
  Execution execution = execution_of(model);
  return std::make_unique<OpenVinoPictureNetwork>(std::move(model), sizes, std::move(execution));
}

}  // namespace

Result<std::unique_ptr<PictureNetwork>> OpenVinoRuntime::compile_pictures(ByteView onnx, const PixelInput& input,
                                                                          const PictureNetworkOptions& options) const {
  try {
    return compile(onnx, input, options);
  } catch (const std::exception& error) {
    return fail(ErrorCode::invalid_argument, fmt::format("the network cannot be compiled: {}", reason_of(error)));
  }
}

}  // namespace vidi::inference

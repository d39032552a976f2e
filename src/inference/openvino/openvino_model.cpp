#include "inference/openvino/openvino_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <openvino/openvino.hpp>
#include <span>
#include <utility>
#include <vector>

namespace vidi::inference {
namespace {

// One for the process: it holds the plugins.
ov::Core& core() {
  static ov::Core instance;
  return instance;
}

TensorInfo describe(const ov::Output<const ov::Node>& port) {
  TensorInfo info;
  if (!port.get_names().empty()) info.name = port.get_any_name();
  for (const ov::Dimension& dimension : port.get_partial_shape()) {
    info.shape.push_back(dimension.is_static() ? dimension.get_length() : -1);
  }
  return info;
}

// Requests that no inference uses at the moment. Each holds the memory of one batch in flight.
class RequestPool {
 public:
  explicit RequestPool(ov::CompiledModel& model) : model_(model) {}

  ov::InferRequest take() {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        ov::InferRequest request = std::move(idle_.back());
        idle_.pop_back();
        return request;
      }
    }
    return model_.create_infer_request();
  }

  void put_back(ov::InferRequest request) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(request));
  }

 private:
  ov::CompiledModel& model_;
  std::mutex mutex_;
  std::vector<ov::InferRequest> idle_;
};

class OpenVinoModel final : public Model {
 public:
  OpenVinoModel(ov::CompiledModel model, TensorInfo input, TensorInfo output)
      : model_(std::move(model)), input_(std::move(input)), output_(std::move(output)), requests_(model_) {}

  [[nodiscard]] const TensorInfo& input() const override { return input_; }
  [[nodiscard]] const TensorInfo& output() const override { return output_; }

  // Runs on the calling thread: for a small network a hand-over to another thread costs more than the inference.
  Task<Result<Tensor>> infer(Tensor input) override { co_return infer_now(input); }

 private:
  Result<Tensor> infer_now(Tensor& input) {
    if (auto checked = check_shape(input); !checked) return forward_error(checked);
    try {
      ov::InferRequest request = requests_.take();
      const ov::Shape shape(input.shape.begin(), input.shape.end());
      request.set_tensor(input_.name, ov::Tensor(ov::element::f32, shape, input.values.data()));
      request.infer();
      const ov::Tensor answer = request.get_tensor(output_.name);
      // Asked for once: every call may make the shape anew.
      const ov::Shape& answer_shape = answer.get_shape();
      Tensor result;
      result.shape.assign(answer_shape.begin(), answer_shape.end());
      const std::span values(answer.data<const float>(), answer.get_size());
      result.values.assign(values.begin(), values.end());
      requests_.put_back(std::move(request));
      return result;
    } catch (const std::exception& error) {
      return fail(ErrorCode::internal, fmt::format("the inference failed: {}", error.what()));
    }
  }

  [[nodiscard]] Result<void> check_shape(const Tensor& input) const {
    std::int64_t count = 1;
    bool fits = input.shape.size() == input_.shape.size();
    for (std::size_t i = 0; fits && i < input.shape.size(); ++i) {
      fits = input.shape[i] > 0 && (input_.shape[i] < 0 || input_.shape[i] == input.shape[i]);
      count *= input.shape[i];
    }
    if (fits && static_cast<std::size_t>(count) == input.values.size()) return {};
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("a tensor of shape [{}] with {} values does not fit the input '{}' of shape [{}]",
                    fmt::join(input.shape, ","), input.values.size(), input_.name, fmt::join(input_.shape, ",")));
  }

  ov::CompiledModel model_;
  const TensorInfo input_;
  const TensorInfo output_;
  RequestPool requests_;
};

template <typename Ports>
std::string names_of(const Ports& ports) {
  std::vector<std::string> names;
  for (const auto& port : ports) names.push_back(describe(port).name);
  return fmt::format("{}", fmt::join(names, ", "));
}

// The port of that name; without a name, the only one.
template <typename Ports>
Result<TensorInfo> choose(const Ports& ports, const std::string& name, std::string_view kind) {
  const auto found = std::ranges::find_if(ports, [&](const auto& port) { return port.get_names().contains(name); });
  if (!name.empty() && found != ports.end()) {
    TensorInfo info = describe(*found);
    info.name = name;
    return info;
  }
  if (name.empty() && ports.size() == 1) return describe(ports.front());
  return fail(ErrorCode::invalid_argument,
              name.empty() ? fmt::format("the network has {} {}s ({}): name one", ports.size(), kind, names_of(ports))
                           : fmt::format("the network has no {} '{}'; it has {}", kind, name, names_of(ports)));
}

// What this processor can do of what is asked for.
ov::element::Type precision_of(const LoadOptions& options) {
  if (options.precision == Precision::f32) return ov::element::f32;
  const auto capabilities = core().get_property("CPU", ov::device::capabilities);
  return std::ranges::find(capabilities, "BF16") != capabilities.end() ? ov::element::bf16 : ov::element::f32;
}

}  // namespace

Result<std::unique_ptr<Model>> load_openvino_model(const std::string& path, const LoadOptions& options) {
  if (!std::filesystem::exists(path)) return fail(ErrorCode::not_found, fmt::format("there is no file {}", path));
  try {
    const auto threads = static_cast<int>(std::max<std::size_t>(1, options.threads));
    ov::CompiledModel model = core().compile_model(path, "CPU", ov::num_streams(1), ov::inference_num_threads(threads),
                                                   ov::hint::inference_precision(precision_of(options)));
    const std::vector<ov::Output<const ov::Node>> inputs = model.inputs();
    const std::vector<ov::Output<const ov::Node>> outputs = model.outputs();
    auto input = choose(inputs, options.input, "input");
    if (!input) return forward_error(input);
    auto output = choose(outputs, options.output, "output");
    if (!output) return forward_error(output);
    return std::make_unique<OpenVinoModel>(std::move(model), std::move(*input), std::move(*output));
  } catch (const std::exception& error) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is not a network that can be loaded: {}", path, error.what()));
  }
}

}  // namespace vidi::inference

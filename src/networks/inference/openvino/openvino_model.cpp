#include <fmt/format.h>

#include <algorithm>
#include <openvino/openvino.hpp>
#include <span>
#include <utility>
#include <vector>

#include "inference/openvino/half_dense.hpp"
#include "inference/openvino/load_graph.hpp"
#include "inference/openvino/openvino_runtime.hpp"
#include "inference/openvino/precision.hpp"
#include "inference/openvino/request_pool.hpp"
#include "inference/openvino/winograd_convolution.hpp"

namespace vidi::inference {
namespace {

class OpenVinoModel final : public Model {
 public:
  OpenVinoModel(ov::CompiledModel model, TensorInfo input, TensorInfo output)
      : model_(std::move(model)), input_(std::move(input)), output_(std::move(output)), requests_(model_) {}

  [[nodiscard]] const TensorInfo& input() const override { return input_; }
  [[nodiscard]] const TensorInfo& output() const override { return output_; }

  // Runs on the calling thread: for a small network a hand-over to another thread costs more than the inference.
  Task<Result<Tensor>> infer(Tensor input, Deadline) override { co_return infer_now(input); }

 private:
  Result<Tensor> infer_now(Tensor& input) {
    if (auto checked = check_shape(input); !checked) return forward_error(checked);
    try {
      ov::InferRequest request = requests_.take();
      const ov::Shape shape(input.shape.begin(), input.shape.end());
      request.set_input_tensor(ov::Tensor(ov::element::f32, shape, input.values.data()));
      request.infer();
      const ov::Tensor answer = request.get_output_tensor();
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

}  // namespace

Result<std::unique_ptr<Model>> OpenVinoRuntime::load(const std::string& path, const LoadOptions& options) const {
  try {
    auto network = load_graph(path, options);
    if (!network) {
      return fail(network.error().code, fmt::format("{}: {}", path, network.error().message));
    }
    const auto threads = static_cast<int>(std::max<std::size_t>(1, options.threads));
    // Batches that take one thread each need no streams of OpenVINO's: each is computed where it is asked for.
    const auto streams = threads == 1 ? 1 : static_cast<int>(std::max<std::size_t>(1, options.streams));
    // Our own operations have one thread.
    if (threads == 1 && type_of(options.precision) == ov::element::f32) {
      keep_halves(network->graph);
      use_winograd(network->graph);
    }
    ov::CompiledModel model = core().compile_model(
        network->graph, "CPU", ov::num_streams(streams), ov::inference_num_threads(threads * streams),
        ov::hint::inference_precision(type_of(options.precision)), ov::hint::enable_cpu_pinning(false));
    return std::make_unique<OpenVinoModel>(std::move(model), std::move(network->input), std::move(network->output));
  } catch (const std::exception& error) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is not a network that can be loaded: {}", path, reason_of(error)));
  }
}

}  // namespace vidi::inference

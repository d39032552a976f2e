#include "inference/fake_runtime.hpp"

#include <numeric>
#include <thread>
#include <utility>

#include "inference/fake.hpp"

namespace vidi::inference {
namespace {

class TimedModel final : public Model {
 public:
  TimedModel(std::chrono::microseconds time, FakeRuntimeLog& log) : time_(time), log_(log) {}

  [[nodiscard]] const TensorInfo& input() const override { return model_->input(); }
  [[nodiscard]] const TensorInfo& output() const override { return model_->output(); }

  Task<Result<Tensor>> infer(Tensor input, Deadline deadline) override {
    ++log_.inferred;
    if (time_.count() > 0) std::this_thread::sleep_for(time_);
    return model_->infer(std::move(input), deadline);
  }

 private:
  const std::chrono::microseconds time_;
  FakeRuntimeLog& log_;
  const std::unique_ptr<Model> model_ = make_fake_model(1, 1, 10);
};

class SumNetwork final : public PictureNetwork {
 public:
  SumNetwork(std::size_t picture, const PictureNetworkOptions& options)
      : picture_(picture),
        batch_(options.batch),
        streams_(options.streams),
        execution_{.processor = "fake", .operations = {{std::string(precision_name(options.precision)), 1}}} {}

  Result<void> infer(std::span<const std::uint8_t> pictures, std::size_t count, std::span<float> rows) override {
    if (pictures.size() != count * picture_ || rows.size() != count || count > batch_) {
      return fail(ErrorCode::invalid_argument, "sizes that do not fit");
    }
    for (std::size_t i = 0; i < count; ++i) {
      const auto picture = pictures.subspan(i * picture_, picture_);
      rows[i] = std::accumulate(picture.begin(), picture.end(), 0.0F);
    }
    return {};
  }

  [[nodiscard]] std::size_t batch() const override { return batch_; }
  [[nodiscard]] std::size_t streams() const override { return streams_; }
  [[nodiscard]] std::size_t columns() const override { return 1; }
  [[nodiscard]] const Execution& execution() const override { return execution_; }

 private:
  const std::size_t picture_;  // bytes
  const std::size_t batch_;
  const std::size_t streams_;
  const Execution execution_;
};

class FakeRuntime final : public Runtime {
 public:
  FakeRuntime(FakeRuntimeOptions options, FakeRuntimeLog& log) : options_(std::move(options)), log_(log) {}

  [[nodiscard]] std::string_view name() const override { return "fake"; }
  [[nodiscard]] Attributes attributes() const override { return options_.attributes; }

  [[nodiscard]] Result<std::unique_ptr<Model>> load(const std::string&, const LoadOptions& options) const override {
    log_.loads.push_back(options);
    const auto time = options_.time_of_batch ? options_.time_of_batch(options.threads) : std::chrono::microseconds(0);
    return std::make_unique<TimedModel>(time, log_);
  }

  [[nodiscard]] Result<std::unique_ptr<PictureNetwork>> compile_pictures(
      ByteView, const PixelInput& input, const PictureNetworkOptions& options) const override {
    return std::make_unique<SumNetwork>(static_cast<std::size_t>(input.width * input.height * input.channels), options);
  }

  [[nodiscard]] Result<Ports> list_ports(const std::string&) const override {
    return Ports{.inputs = {input_}, .outputs = {output_}};
  }

  [[nodiscard]] Result<Summary> summarize(const std::string&, const LoadOptions&) const override {
    return Summary{.input = input_, .output = output_, .layers = {}};
  }

 private:
  const Port input_{.name = "image", .type = "f32", .shape = std::vector<std::int64_t>{-1, 1, 1, 1}};
  const Port output_{.name = "probabilities", .type = "f32", .shape = std::vector<std::int64_t>{-1, 10}};

  const FakeRuntimeOptions options_;
  FakeRuntimeLog& log_;
};

}  // namespace

std::unique_ptr<Runtime> make_fake_runtime(FakeRuntimeOptions options, FakeRuntimeLog& log) {
  return std::make_unique<FakeRuntime>(std::move(options), log);
}

}  // namespace vidi::inference

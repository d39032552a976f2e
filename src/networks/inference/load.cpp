#include "inference/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "inference/runtimes.hpp"
#include "inference/tuning.hpp"

namespace vidi::inference {
namespace {

std::size_t processors() { return std::max(1U, std::thread::hardware_concurrency()); }

// Every runtime computes in float32, so without a precision it is the one that reads such files.
Result<const Runtime*> runtime_for(const std::string& path, Precision precision = Precision::f32) {
  if (!std::filesystem::exists(path)) return fail(ErrorCode::not_found, fmt::format("there is no file {}", path));
  if (entry_of(precision).is_calibrated) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("a served network cannot be computed in {}, which takes pictures to find its ranges: {}",
                            precision_name(precision), served_precision_list("or")));
  }
  return choose_runtime(runtimes(), form_of(path), precision);
}

Result<void> check_pixels(const PixelInput& input) {
  if (input.width < 1 || input.height < 1 || (input.channels != 1 && input.channels != 3)) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("pictures of {}x{} pixels with {} channels: sizes from 1 and 1 or 3 channels were expected",
                            input.width, input.height, input.channels));
  }
  const auto channels = static_cast<std::size_t>(input.channels);
  const bool one_each = input.mean.size() == channels && input.deviation.size() == channels;
  if ((input.mean.empty() && input.deviation.empty()) || one_each) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} means and {} deviations of {} channels: one of each for every channel was expected",
                          input.mean.size(), input.deviation.size(), input.channels));
}

}  // namespace

Result<std::unique_ptr<Model>> load_model(const std::string& path, const LoadOptions& options) {
  const auto runtime = runtime_for(path, options.precision);
  if (!runtime) return forward_error(runtime);
  return load_tuned(**runtime, path, options, processors());
}

Result<std::unique_ptr<PictureNetwork>> compile_picture_network(ByteView onnx, const PixelInput& input,
                                                                const PictureNetworkOptions& options) {
  if (auto checked = check_pixels(input); !checked) return forward_error(checked);
  const auto runtime = choose_runtime(runtimes(), FileForm::onnx, options.precision);
  if (!runtime) return forward_error(runtime);
  return (*runtime)->compile_pictures(onnx, input, tuned((*runtime)->attributes(), options, processors()));
}

Result<Ports> list_ports(const std::string& path) {
  const auto runtime = runtime_for(path);
  if (!runtime) return forward_error(runtime);
  return (*runtime)->list_ports(path);
}

Result<Summary> summarize(const std::string& path, const LoadOptions& options) {
  const auto runtime = runtime_for(path);
  if (!runtime) return forward_error(runtime);
  return (*runtime)->summarize(path, options);
}

}  // namespace vidi::inference

#include "open_inference/service.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "core/when_all.hpp"
#include "image/decode.hpp"
#include "models/preprocess.hpp"

namespace vidi::open_inference {

// What came of a request before it is put into outputs.
struct Outcome {
  std::vector<float> rows;  // of the network's output; empty: pictures that have not one row each
  std::size_t columns = 0;  // values of a row
  std::vector<std::int64_t> row_shape;
  std::vector<records::Prediction> predictions;  // one for each row or picture
  std::vector<Bytes> pictures;                   // empty: the client sent rows
};

namespace {

using models::LoadedModel;
using recognition::ModelHandle;
using records::Prediction;

// What the records say, beside what the network says.
constexpr std::string_view kResult = "result";
constexpr std::string_view kConfidence = "confidence";
constexpr std::string_view kId = "id";

Result<ModelHandle> find_model(const recognition::Recognizer& recognizer, std::string_view model,
                               std::string_view version) {
  return version.empty() ? recognizer.models().find(model) : recognizer.models().find(model, version);
}

std::string network_output(const LoadedModel& model) { return model.network->output().name; }
std::string network_input(const LoadedModel& model) { return model.network->input().name; }

// The shape of a batch of `rows` of the network's input.
std::vector<std::int64_t> input_shape(const LoadedModel& model, std::int64_t rows) {
  std::vector<std::int64_t> shape = model.network->input().shape;
  if (!shape.empty()) shape.front() = rows;
  return shape;
}

// Whether the shape is the network's; a single channel need not be named.
bool fits(const LoadedModel& model, const std::vector<std::int64_t>& shape) {
  const std::vector<std::int64_t>& wanted = model.network->input().shape;
  const bool without_channel = shape.size() + 1 == wanted.size() && wanted.back() == 1;
  if (shape.size() != wanted.size() && !without_channel) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (wanted[i] >= 0 && wanted[i] != shape[i]) return false;
  }
  return true;
}

Error wrong_shape(const LoadedModel& model, const Tensor& tensor) {
  return {.code = ErrorCode::invalid_argument,
          .message = fmt::format("input '{}' has the shape {}; the model '{}' takes {}, -1 being any number of rows",
                                 tensor.name, to_text(tensor.shape), model.description.name,
                                 to_text(model.network->input().shape))};
}

Error wrong_type(const LoadedModel& model, const Tensor& tensor) {
  return {.code = ErrorCode::invalid_argument,
          .message = fmt::format("input '{}' has the type {}; the model '{}' takes FP32, its pixels as UINT8, or "
                                 "encoded pictures as BYTES of shape [n]",
                                 tensor.name, name(tensor.type), model.description.name)};
}

Error wrong_shape_of_pictures(const Tensor& tensor) {
  return {.code = ErrorCode::invalid_argument,
          .message = fmt::format("input '{}' has the shape {}; pictures come as [n] or [n,1]", tensor.name,
                                 to_text(tensor.shape))};
}

// Floats as they are, pixels scaled as the model says.
Result<inference::Tensor> to_network(const LoadedModel& model, Tensor& tensor) {
  if (tensor.type != DataType::fp32 && tensor.type != DataType::uint8)
    return std::unexpected(wrong_type(model, tensor));
  if (!fits(model, tensor.shape)) return std::unexpected(wrong_shape(model, tensor));
  if (auto checked = check_size(tensor); !checked) return forward_error(checked);
  inference::Tensor input;
  input.shape = input_shape(model, tensor.shape.front());
  if (tensor.type == DataType::fp32) {
    input.values.resize(tensor.values.size() / sizeof(float));
    std::memcpy(input.values.data(), tensor.values.data(), tensor.values.size());
    return input;
  }
  const models::InputDescription& wanted = model.description.input;
  const auto channels = static_cast<std::size_t>(wanted.channels);
  const std::size_t area = static_cast<std::size_t>(wanted.width) * static_cast<std::size_t>(wanted.height);
  input.values.reserve(tensor.values.size());
  for (std::size_t i = 0; i < tensor.values.size(); ++i) {
    const std::size_t channel = wanted.layout == models::Layout::nhwc ? i % channels : i / area % channels;
    const int pixel = std::to_integer<int>(tensor.values[i]);
    input.values.push_back(static_cast<float>(models::input_value(pixel, channel, wanted)));
  }
  return input;
}

Tensor network_tensor(const LoadedModel& model, const Outcome& outcome) {
  Tensor tensor;
  tensor.name = network_output(model);
  tensor.shape = {static_cast<std::int64_t>(outcome.predictions.size())};
  tensor.shape.insert(tensor.shape.end(), outcome.row_shape.begin(), outcome.row_shape.end());
  tensor.values = to_bytes(std::as_bytes(std::span(outcome.rows)));
  return tensor;
}

// "0.998000:4:4" for the likeliest classes of each row, as Triton writes them.
Tensor classes_tensor(const LoadedModel& model, const Outcome& outcome, std::size_t count) {
  const std::vector<std::string>& labels = model.description.labels;
  count = std::min(count, outcome.columns);
  Tensor tensor;
  tensor.name = network_output(model);
  tensor.type = DataType::bytes;
  tensor.shape = {static_cast<std::int64_t>(outcome.predictions.size()), static_cast<std::int64_t>(count)};
  for (std::size_t begin = 0; begin < outcome.rows.size(); begin += outcome.columns) {
    const auto row = std::span(outcome.rows).subspan(begin, outcome.columns);
    std::vector<std::size_t> order(row.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto end = order.begin() + static_cast<std::ptrdiff_t>(count);
    std::partial_sort(order.begin(), end, order.end(), [&](std::size_t a, std::size_t b) { return row[a] > row[b]; });
    for (auto it = order.begin(); it != end; ++it) {
      std::string text = fmt::format("{:.6f}:{}", row[*it], *it);
      if (*it < labels.size()) text += ":" + labels[*it];
      tensor.elements.push_back(to_bytes(text));
    }
  }
  return tensor;
}

template <typename TextOf>
Tensor text_tensor(std::string_view name, const Outcome& outcome, TextOf text_of) {
  Tensor tensor;
  tensor.name = name;
  tensor.type = DataType::bytes;
  tensor.shape = {static_cast<std::int64_t>(outcome.predictions.size())};
  for (const Prediction& prediction : outcome.predictions) tensor.elements.push_back(to_bytes(text_of(prediction)));
  return tensor;
}

Tensor result_tensor(const Outcome& outcome) {
  return text_tensor(kResult, outcome, [](const Prediction& prediction) { return prediction.result.value_or(""); });
}

Tensor id_tensor(const Outcome& outcome) {
  return text_tensor(kId, outcome, [](const Prediction& prediction) { return to_string(prediction.id); });
}

Tensor confidence_tensor(const Outcome& outcome) {
  std::vector<float> values;
  for (const Prediction& prediction : outcome.predictions) values.push_back(static_cast<float>(prediction.confidence));
  Tensor tensor;
  tensor.name = kConfidence;
  tensor.shape = {static_cast<std::int64_t>(values.size())};
  tensor.values = to_bytes(std::as_bytes(std::span(values)));
  return tensor;
}

Result<Tensor> output_tensor(const LoadedModel& model, const Outcome& outcome, const RequestedOutput& wanted) {
  if (wanted.name == network_output(model)) {
    if (outcome.rows.empty()) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("the output '{}' is of pictures with exactly one digit; ask for 'result'", wanted.name));
    }
    return wanted.classes > 0 ? classes_tensor(model, outcome, wanted.classes) : network_tensor(model, outcome);
  }
  if (wanted.classes > 0) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the output '{}' cannot be classified; '{}' can", wanted.name, network_output(model)));
  }
  if (wanted.name == kResult) return result_tensor(outcome);
  if (wanted.name == kConfidence) return confidence_tensor(outcome);
  if (wanted.name == kId) return id_tensor(outcome);
  return fail(ErrorCode::invalid_argument,
              fmt::format("the model '{}' has no output '{}'; it has {}, {}, {}, {}", model.description.name,
                          wanted.name, network_output(model), kResult, kConfidence, kId));
}

Result<void> check_outputs(const LoadedModel& model, const std::vector<RequestedOutput>& outputs) {
  Outcome none;
  none.rows.resize(1);
  none.columns = 1;
  for (const RequestedOutput& output : outputs) {
    if (auto tensor = output_tensor(model, none, output); !tensor) return forward_error(tensor);
  }
  return {};
}

Result<std::vector<Tensor>> outputs_of(const LoadedModel& model, const Outcome& outcome,
                                       const std::vector<RequestedOutput>& wanted) {
  std::vector<Tensor> outputs;
  for (const RequestedOutput& output : wanted) {
    auto tensor = output_tensor(model, outcome, output);
    if (!tensor) return forward_error(tensor);
    outputs.push_back(std::move(*tensor));
  }
  if (!wanted.empty()) return outputs;
  if (!outcome.rows.empty()) outputs.push_back(network_tensor(model, outcome));
  if (!outcome.pictures.empty()) {
    outputs.push_back(result_tensor(outcome));
    outputs.push_back(confidence_tensor(outcome));
    outputs.push_back(id_tensor(outcome));
  }
  return outputs;
}

Result<Tensor*> only_input(const LoadedModel& model, std::vector<Tensor>& inputs) {
  const std::string wanted = network_input(model);
  if (inputs.size() != 1) {
    return fail(ErrorCode::invalid_argument, fmt::format("{} inputs came; the model '{}' has one, '{}'", inputs.size(),
                                                         model.description.name, wanted));
  }
  if (inputs.front().name != wanted) {
    return fail(ErrorCode::invalid_argument, fmt::format("the model '{}' has no input '{}'; it has '{}'",
                                                         model.description.name, inputs.front().name, wanted));
  }
  return &inputs.front();
}

Task<Result<void>> record_one(recognition::Recorder& recorder, Prediction prediction, ByteView picture,
                              telemetry::Stages* stages) {
  prediction.latency = now() - prediction.time;
  co_return co_await recorder.record(std::move(prediction), picture, stages);
}

// What was done for several pictures at the same time: from when the first entered a stage to when the last left it.
void add_together(const std::vector<telemetry::Stages>& several, telemetry::Stages* to) {
  if (to == nullptr) return;
  for (std::size_t i = 0; i < telemetry::kStages; ++i) {
    const auto stage = static_cast<telemetry::Stage>(i);
    auto begin = telemetry::Clock::time_point::max();
    auto end = telemetry::Clock::time_point::min();
    for (const telemetry::Stages& each : several) {
      if (!each[stage].entered()) continue;
      begin = std::min(begin, each[stage].begin);
      end = std::max(end, each[stage].end);
    }
    if (begin <= end) to->add(stage, begin, end);
  }
}

// All of them, at the same time. The first error, if there is one.
Task<Result<void>> record_all(recognition::Recorder& recorder, const std::vector<Prediction>& predictions,
                              const std::vector<Bytes>& pictures, telemetry::Stages* stages) {
  const auto picture_of = [&](std::size_t i) { return i < pictures.size() ? ByteView(pictures[i]) : ByteView(); };
  if (predictions.size() == 1) co_return co_await record_one(recorder, predictions.front(), picture_of(0), stages);
  std::vector<telemetry::Stages> each(predictions.size());
  std::vector<Task<Result<void>>> tasks;
  tasks.reserve(predictions.size());
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    tasks.push_back(record_one(recorder, predictions[i], picture_of(i), &each[i]));
  }
  auto results = co_await when_all(std::move(tasks));
  add_together(each, stages);
  for (Result<void>& result : results) {
    if (!result) co_return std::move(result);
  }
  co_return Result<void>();
}

}  // namespace

inference::Deadline deadline_after(std::uint64_t microseconds) {
  constexpr std::chrono::microseconds kForEver = std::chrono::days(1);
  if (microseconds == 0 || microseconds >= static_cast<std::uint64_t>(kForEver.count())) return inference::kNoDeadline;
  return inference::Deadline::clock::now() + std::chrono::microseconds(microseconds);
}

// Sums by model and version.
class Service::Usage {
 public:
  void add(const LoadedModel& model, std::size_t rows, Timestamp arrived, bool failed) {
    const Timestamp end = now();
    const auto time = static_cast<std::uint64_t>(std::chrono::nanoseconds(end - arrived).count());
    const std::scoped_lock lock(mutex_);
    ModelStatistics& sums = sums_[{model.description.name, model.version}];
    if (failed) {
      ++sums.failed;
      sums.failed_time += time;
      return;
    }
    sums.last_inference = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(end.time_since_epoch()).count());
    sums.inferences += rows;
    ++sums.succeeded;
    sums.succeeded_time += time;
  }

  [[nodiscard]] std::vector<ModelStatistics> list(std::string_view model, std::string_view version) const {
    std::vector<ModelStatistics> found;
    const std::scoped_lock lock(mutex_);
    for (const auto& [key, sums] : sums_) {
      if ((!model.empty() && key.first != model) || (!version.empty() && key.second != version)) continue;
      found.push_back(sums);
      found.back().name = key.first;
      found.back().version = key.second;
    }
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, ModelStatistics> sums_;
};

Service::Service(recognition::Recognizer& recognizer, recognition::Recorder& recorder, std::size_t most_elements)
    : recognizer_(recognizer), recorder_(recorder), most_elements_(most_elements), usage_(std::make_unique<Usage>()) {}

Service::~Service() = default;

Result<ModelMetadata> Service::metadata(std::string_view model, std::string_view version) const {
  const auto found = find_model(recognizer_, model, version);
  if (!found) return forward_error(found);
  const LoadedModel& loaded = **found;
  ModelMetadata metadata;
  metadata.name = loaded.description.name;
  for (const models::IndexEntry& entry : recognizer_.models().index()) {
    const bool wanted = entry.name == model && entry.state == models::VersionState::ready;
    if (wanted && (version.empty() || entry.version == version)) metadata.versions.push_back(entry.version);
  }
  metadata.platform = loaded.platform;
  metadata.inputs.push_back({.name = network_input(loaded), .shape = loaded.network->input().shape});
  metadata.outputs.push_back({.name = network_output(loaded), .shape = loaded.network->output().shape});
  metadata.labels = loaded.description.labels;
  return metadata;
}

Result<void> Service::check_load(std::string_view model, std::string_view version) const {
  return recognizer_.check_load(model, version);
}

Task<Result<Outcome>> Service::examine_rows(const InferRequest& request, Tensor& tensor, ModelHandle model) {
  auto input = to_network(*model, tensor);
  if (!input) co_return forward_error(input);
  recognition::Arrival arrival;
  arrival.id = request.record;
  arrival.time = request.arrived;
  arrival.user = request.user;
  arrival.stages = request.stages;
  arrival.deadline = request.deadline;
  auto recognized = co_await recognizer_.recognize_rows(std::move(*input), model, std::move(arrival));
  if (!recognized) co_return forward_error(recognized);
  Outcome outcome;
  outcome.row_shape.assign(recognized->output.shape.begin() + 1, recognized->output.shape.end());
  outcome.columns = recognized->output.values.size() / recognized->predictions.size();
  outcome.rows = std::move(recognized->output.values);
  outcome.predictions = std::move(recognized->predictions);
  co_return outcome;
}

Task<Result<Outcome>> Service::examine_pictures(const InferRequest& request, Tensor& tensor, ModelHandle model) {
  if (tensor.shape.size() > 2 || (tensor.shape.size() == 2 && tensor.shape[1] != 1)) {
    co_return std::unexpected(wrong_shape_of_pictures(tensor));
  }
  if (auto checked = check_size(tensor); !checked) co_return forward_error(checked);
  Outcome outcome;
  std::vector<recognition::Upload> uploads(tensor.elements.size());
  std::vector<telemetry::Stages> stages(uploads.size());  // workers write to several at the same time
  std::vector<Task<Result<recognition::Recognition>>> tasks;
  for (std::size_t i = 0; i < uploads.size(); ++i) {
    uploads[i].id = i == 0 ? request.record : make_uuid(request.arrived);
    uploads[i].time = request.arrived;
    uploads[i].user = request.user;
    uploads[i].stages = &stages[i];
    uploads[i].deadline = request.deadline;
    uploads[i].bytes = std::move(tensor.elements[i]);
    tasks.push_back(recognizer_.recognize(uploads[i], model));
  }
  auto recognized = co_await when_all(std::move(tasks));
  add_together(stages, request.stages);
  bool rows = true;
  for (std::size_t i = 0; i < recognized.size(); ++i) {
    if (!recognized[i]) {
      co_return fail(recognized[i].error().code, fmt::format("picture {}: {}", i, recognized[i].error().message));
    }
    outcome.predictions.push_back(std::move(recognized[i]->prediction));
    outcome.pictures.push_back(std::move(uploads[i].bytes));
    const std::vector<float>& row = recognized[i]->row;
    rows = rows && !row.empty();
    outcome.rows.insert(outcome.rows.end(), row.begin(), row.end());
    outcome.columns = row.size();
  }
  if (!rows) outcome.rows.clear();
  outcome.row_shape = {static_cast<std::int64_t>(outcome.columns)};
  co_return outcome;
}

Task<Result<InferAnswer>> Service::infer_with(InferRequest& request, ModelHandle model) {
  if (auto checked = check_outputs(*model, request.outputs); !checked) co_return forward_error(checked);
  const auto input = only_input(*model, request.inputs);
  if (!input) co_return forward_error(input);
  Result<Outcome> outcome;
  if ((*input)->type == DataType::bytes) {
    outcome = co_await examine_pictures(request, **input, model);
  } else {
    outcome = co_await examine_rows(request, **input, model);
  }
  if (!outcome) co_return forward_error(outcome);
  auto outputs = outputs_of(*model, *outcome, request.outputs);
  if (!outputs) co_return forward_error(outputs);
  InferAnswer answer;
  answer.model = model->description.name;
  answer.version = model->version;
  answer.id = std::move(request.id);
  answer.outputs = std::move(*outputs);
  for (const Prediction& prediction : outcome->predictions) answer.predictions.push_back(prediction.id);
  const auto recorded = co_await record_all(recorder_, outcome->predictions, outcome->pictures, request.stages);
  if (!recorded) co_return forward_error(recorded);
  co_return answer;
}

Task<Result<InferAnswer>> Service::infer(InferRequest request) {
  auto model = find_model(recognizer_, request.model, request.version);
  if (!model) co_return forward_error(model);
  auto answer = co_await infer_with(request, *model);
  usage_->add(**model, answer ? answer->predictions.size() : 0, request.arrived, !answer);
  co_return answer;
}

Task<Result<void>> Service::load(std::string model) {
  const auto work = [&] { return recognizer_.models().load(model); };
  co_return co_await run_on(loader_, work);
}

Task<Result<void>> Service::unload(std::string model) {
  const auto work = [&] { return recognizer_.models().unload(model); };
  co_return co_await run_on(loader_, work);
}

Result<Tensor> Service::raw_input(std::string_view model, std::string_view version, Bytes bytes) const {
  const auto found = find_model(recognizer_, model, version);
  if (!found) return forward_error(found);
  const LoadedModel& loaded = **found;
  Tensor tensor;
  tensor.name = network_input(loaded);
  tensor.shape = input_shape(loaded, 1);
  const auto values = element_count(tensor.name, tensor.shape, most_elements_);
  if (!values) return forward_error(values);
  if (bytes.size() == *values * sizeof(float)) {
    tensor.values = std::move(bytes);
  } else if (bytes.size() == *values) {
    tensor.type = DataType::uint8;
    tensor.values = std::move(bytes);
  } else if (image::sniff(bytes) != nullptr) {
    tensor.type = DataType::bytes;
    tensor.shape = {1};
    tensor.elements.push_back(std::move(bytes));
  } else {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the body has {} bytes; it must be a picture file, {} bytes of FP32 or {} of UINT8",
                            bytes.size(), *values * sizeof(float), *values));
  }
  return tensor;
}

Result<std::vector<ModelStatistics>> Service::statistics(std::string_view model, std::string_view version) const {
  if (!model.empty()) {
    if (const auto found = find_model(recognizer_, model, version); !found) return forward_error(found);
  }
  std::vector<ModelStatistics> list = usage_->list(model, version);
  for (ModelStatistics& each : list) {
    const auto found = find_model(recognizer_, each.name, each.version);
    if (!found) continue;  // it is not there any more
    inference::Statistics counted = (*found)->network->statistics();
    for (const auto& [rows, batches] : counted.by_rows) each.executions += batches.count;
    each.waited_time = static_cast<std::uint64_t>(counted.waited.count());
    each.batches = std::move(counted.by_rows);
  }
  return list;
}

}  // namespace vidi::open_inference

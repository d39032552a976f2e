#pragma once
// What the Open Inference Protocol, version 2, asks of a server, whatever carries it: REST (api/v2.cpp) or gRPC. Every
// answered row and picture is recorded before the answer is there.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/task.hpp"
#include "core/time.hpp"
#include "core/uuid.hpp"
#include "core/worker_pool.hpp"
#include "open_inference/tensor.hpp"
#include "recognition/recognizer.hpp"
#include "recognition/recorder.hpp"
#include "telemetry/request_record.hpp"

namespace vidi::open_inference {

constexpr std::string_view kServerName = "vidi";

struct TensorMetadata {
  std::string name;
  DataType type = DataType::fp32;
  std::vector<std::int64_t> shape;  // -1: any size
};

struct ModelMetadata {
  std::string name;
  std::vector<std::string> versions;  // that answer now
  std::string platform;
  std::vector<TensorMetadata> inputs;
  std::vector<TensorMetadata> outputs;
  std::vector<std::string> labels;  // of the output's classes, in their order
};

struct RequestedOutput {
  std::string name;
  std::size_t classes = 0;  // not 0: the likeliest so many classes as "value:index:label" (classification extension)
};

struct InferRequest {
  std::string model;
  std::string version;  // empty: the one that answers when none is named
  std::string id;       // the client's, given back
  std::vector<Tensor> inputs;
  std::vector<RequestedOutput> outputs;  // empty: all
  Uuid record;                           // the identifier of the first prediction; made when the request arrived
  Timestamp arrived;
  std::string user;                     // empty: not known
  telemetry::Stages* stages = nullptr;  // where the times of its stages are written; null: nobody wants to know
  // After which the answer is no use: what would be late is not computed. Error deadline_exceeded.
  inference::Deadline deadline = inference::kNoDeadline;
};

// The end of a client's parameter "timeout", from now; 0, and a day or more, is for ever.
inference::Deadline deadline_after(std::uint64_t microseconds);

struct InferAnswer {
  std::string model;
  std::string version;
  std::string id;
  std::vector<Tensor> outputs;
  std::vector<Uuid> predictions;  // the records, one for each row or picture
};

// How often and how long a version of a model was asked (statistics extension). Times in nanoseconds, summed.
struct ModelStatistics {
  std::string name;
  std::string version;
  std::uint64_t last_inference = 0;  // milliseconds since 1970; 0: never
  std::uint64_t inferences = 0;      // rows and pictures
  std::uint64_t executions = 0;      // batches: what several ask at the same time is computed together
  std::uint64_t succeeded = 0;       // requests
  std::uint64_t succeeded_time = 0;
  std::uint64_t failed = 0;
  std::uint64_t failed_time = 0;
  std::uint64_t waited_time = 0;                                  // of all requests, until their batch began
  std::map<std::size_t, inference::Statistics::Batches> batches;  // by their rows
};

struct Outcome;

// Any thread. Must outlive the tasks it has returned.
class Service {
 public:
  // Both must outlive it. A tensor may have `most_elements`.
  Service(recognition::Recognizer& recognizer, recognition::Recorder& recorder, std::size_t most_elements);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Errors: not_found (no such model or version).
  [[nodiscard]] Result<ModelMetadata> metadata(std::string_view model, std::string_view version) const;

  // Whether infer() would refuse it now, as Recognizer::check_load. Error: overloaded.
  [[nodiscard]] Result<void> check_load(std::string_view model, std::string_view version) const;

  // The one input is either the network's own, as floats; its pixels, as UINT8 of the input's size, which are scaled as
  // the model says; or pictures, as BYTES of shape [n], each an encoded file. Outputs are the network's own, row by
  // row, and by name `result`, `confidence` and `id` of the records: those are what pictures are answered with when no
  // output is named, and the network's own where each picture has exactly one row.
  // Errors: not_found (no such model or version), invalid_argument (what the model does not take), those of
  // Recognizer::recognize, the stores'.
  Task<Result<InferAnswer>> infer(InferRequest request);

  // Loads a model of the folder, or takes it out of service: repository extension. Done when it answers, or answers no
  // more. Errors: not_found, invalid_argument (it was refused, and why), overloaded (too many are being loaded).
  Task<Result<void>> load(std::string model);
  Task<Result<void>> unload(std::string model);

  // The only input that a request in raw bytes has: a picture file, or one row of floats or of pixels.
  // Errors: not_found, invalid_argument (the bytes are none of these).
  [[nodiscard]] Result<Tensor> raw_input(std::string_view model, std::string_view version, Bytes bytes) const;

  // Of one model, or of all that have been asked when it is empty. Error: not_found.
  [[nodiscard]] Result<std::vector<ModelStatistics>> statistics(std::string_view model, std::string_view version) const;

  [[nodiscard]] std::size_t most_elements() const { return most_elements_; }

 private:
  class Usage;
  Task<Result<InferAnswer>> infer_with(InferRequest& request, recognition::ModelHandle model);
  Task<Result<Outcome>> examine_rows(const InferRequest& request, Tensor& tensor, recognition::ModelHandle model);
  Task<Result<Outcome>> examine_pictures(const InferRequest& request, Tensor& tensor, recognition::ModelHandle model);

  recognition::Recognizer& recognizer_;
  recognition::Recorder& recorder_;
  const std::size_t most_elements_;
  std::unique_ptr<Usage> usage_;
  WorkerPool loader_{{.threads = 1, .max_queue = 16}};  // loading takes long
};

}  // namespace vidi::open_inference

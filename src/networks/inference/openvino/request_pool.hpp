#pragma once
// Requests of a compiled network, kept for the next inference.

#include <mutex>
#include <openvino/runtime/compiled_model.hpp>
#include <openvino/runtime/infer_request.hpp>
#include <utility>
#include <vector>

namespace vidi::inference {

// Requests that no inference uses at the moment. Each holds the memory of one batch in flight. Any thread; the network
// must outlive it.
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

}  // namespace vidi::inference

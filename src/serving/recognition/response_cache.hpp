#pragma once
// Answers that are known already: the same picture, asked of the same version of a model, is not computed again.

#include <cstddef>
#include <memory>
#include <optional>

#include "core/digest.hpp"
#include "recognition/recognition.hpp"
#include "telemetry/metrics.hpp"

namespace vidi::recognition {

// Keeps the latest answers in memory. Any thread.
class ResponseCache {
 public:
  // At most about `max_bytes` are kept; 0: none, and nothing is looked up.
  explicit ResponseCache(std::size_t max_bytes);
  ~ResponseCache();
  ResponseCache(const ResponseCache&) = delete;
  ResponseCache& operator=(const ResponseCache&) = delete;

  [[nodiscard]] bool enabled() const { return max_bytes_ > 0; }

  // What that very model, not another one of its name that was loaded since, said of the picture: result, reason,
  // confidence, candidates, digits and row; what belongs to a request is empty.
  std::optional<Recognition> find(const Digest& picture, const ModelHandle& model);

  // Remembers it, and forgets what was used least recently for it.
  void store(const Digest& picture, const ModelHandle& model, const Recognition& recognition);

 private:
  class Answers;
  const std::size_t max_bytes_;
  telemetry::Counter& hits_;
  telemetry::Counter& misses_;
  const std::unique_ptr<Answers> answers_;
};

}  // namespace vidi::recognition

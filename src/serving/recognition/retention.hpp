#pragma once
// How long predictions are kept: rules by model, and what forgets the predictions that are older.

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "core/result.hpp"
#include "core/task.hpp"
#include "core/time.hpp"
#include "recognition/recorder.hpp"

namespace vidi::recognition {

struct RetentionRules {
  std::map<std::string, std::chrono::days, std::less<>> by_model;
  std::optional<std::chrono::days> others;  // of the models that by_model does not name; absent: for ever

  [[nodiscard]] bool empty() const { return by_model.empty() && !others; }
};

// Parts between commas, each DAYS or MODEL=DAYS with DAYS from 1 to 36500: "digits=30,365". Empty: everything is kept
// for ever. Error invalid_argument: the part that is wrong, and what would be right.
Result<RetentionRules> parse_retention(std::string_view text);

// Forgets every prediction that is older at `time` than the rules allow, and its picture where no other prediction
// refers to it; gives how many it were. May be run by several servers at once. Errors: the stores'; what has been
// forgotten until then stays so, as when it is asked to stop.
Task<Result<std::size_t>> forget_outdated(Recorder& recorder, const RetentionRules& rules, Timestamp time,
                                          std::stop_token stop = {});

// Does that at once and then every `pause`, on a thread of its own, until it is destroyed. The log says what was
// forgotten, and why it failed. `recorder` must outlive it.
class Retention {
 public:
  Retention(Recorder& recorder, RetentionRules rules, std::chrono::milliseconds pause);
  ~Retention() = default;
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

 private:
  void work(const std::stop_token& stop);

  Recorder& recorder_;
  const RetentionRules rules_;
  const std::chrono::milliseconds pause_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace vidi::recognition

#include <chrono>
#include <thread>

#include "core/backoff.hpp"
#include "features/pipeline.hpp"

namespace vidi::features {

Result<sources::Picture> read_patiently(sources::Source& source, const sources::Entry& entry,
                                        const ReadOptions& options) {
  using namespace std::chrono_literals;
  const auto end = std::chrono::steady_clock::now() + options.patience;
  Backoff backoff(200ms, 5000ms);
  while (true) {
    auto picture = source.read(entry, options.max_bytes);
    if (picture || picture.error().code != ErrorCode::unavailable) return picture;
    const std::chrono::milliseconds pause = backoff.next();
    if (std::chrono::steady_clock::now() + pause > end) return picture;
    if (pause >= 800ms) options.say(picture.error().message);
    for (auto slept = 0ms; slept < pause; slept += 50ms) {
      if (options.stopped()) return picture;
      std::this_thread::sleep_for(50ms);
    }
  }
}

}  // namespace vidi::features

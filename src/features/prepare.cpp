#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "augmentation/vary.hpp"
#include "core/digest.hpp"
#include "features/pipeline.hpp"
#include "models/preprocess.hpp"

namespace vidi::features {
namespace {

// The same for the same picture, whatever others there are.
std::uint64_t variant_seed(const std::string& key, std::size_t variant, std::uint64_t seed) {
  const Digest digest = sha256(as_bytes(fmt::format("{}:{}:{}", seed, variant, key)));
  return std::hash<Digest>()(digest);
}

}  // namespace

Result<sources::Picture> read_patiently(sources::Source& source, const sources::Entry& entry,
                                        const ReadOptions& options) {
  using namespace std::chrono_literals;
  const auto end = std::chrono::steady_clock::now() + options.patience;
  std::chrono::milliseconds pause = 200ms;
  while (true) {
    auto picture = source.read(entry, options.max_bytes);
    if (picture || picture.error().code != ErrorCode::unavailable) return picture;
    if (std::chrono::steady_clock::now() + pause > end) return picture;
    if (pause >= 800ms) options.say(picture.error().message);
    for (auto slept = 0ms; slept < pause; slept += 50ms) {
      if (options.stopped()) return picture;
      std::this_thread::sleep_for(50ms);
    }
    pause = std::min(2 * pause, std::chrono::milliseconds(5000));
  }
}

Result<std::vector<std::uint8_t>> prepare(ByteView file, const std::string& key, const PrepareOptions& options) {
  auto decoded = image::decode(file, options.limits);
  if (!decoded) return forward_error(decoded);
  const image::Image picture = std::move(*decoded);
  std::vector<std::uint8_t> pictures = models::fit_picture(picture, options.input).pixels;
  const augmentation::VaryOptions vary{.width = options.input.width, .height = options.input.height};
  for (std::size_t variant = 1; variant < options.variants; ++variant) {
    const image::Image varied =
        models::fit_picture(augmentation::vary(picture, variant_seed(key, variant, options.seed), vary), options.input);
    pictures.insert(pictures.end(), varied.pixels.begin(), varied.pixels.end());
  }
  return pictures;
}

std::string rejection_reason(ErrorCode code) {
  switch (code) {
    case ErrorCode::unsupported_media:
      return "unsupported";
    case ErrorCode::too_large:
      return "too_large";
    case ErrorCode::not_found:
      return "gone";
    case ErrorCode::forbidden:
    case ErrorCode::unauthorized:
      return "forbidden";
    default:
      return "undecodable";
  }
}

}  // namespace vidi::features

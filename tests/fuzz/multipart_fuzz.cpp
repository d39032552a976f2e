// Any bytes as a form: reading must end, and must not depend on how the bytes were cut into pieces.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "http/multipart.hpp"

namespace vidi::http {
namespace {

constexpr std::size_t kMaxContent = 1U << 20U;

// Each piece is gone at the next read, so that a view that is kept too long is seen.
class PiecewiseBody final : public Body {
 public:
  PiecewiseBody(std::string_view bytes, std::size_t piece_size) : bytes_(bytes), piece_size_(piece_size) {}

  Task<Result<ByteView>> read() override {
    piece_ = std::make_unique<std::string>(bytes_.substr(0, piece_size_));
    bytes_.remove_prefix(piece_->size());
    co_return as_bytes(*piece_);
  }

  [[nodiscard]] std::optional<std::uint64_t> size() const override { return std::nullopt; }

 private:
  std::string_view bytes_;
  std::size_t piece_size_;
  std::unique_ptr<std::string> piece_;
};

// Everything that a caller can learn, as one text.
Task<std::string> describe(Body& body, std::string_view boundary) {
  const MultipartLimits limits{.max_parts = 8, .max_header_bytes = 512, .max_name_bytes = 16, .max_filename_bytes = 64};
  MultipartReader reader(body, boundary, limits);
  std::string seen;
  for (;;) {
    auto part = co_await reader.next();
    if (!part) co_return seen + "error: " + part.error().message;
    if (!*part) co_return seen + "end";
    seen += (*part)->name + "|" + (*part)->filename.value_or("-") + "|" + (*part)->content_type + "|";
    auto content = co_await reader.read_all(kMaxContent);
    if (!content) co_return seen + "error: " + content.error().message;
    seen.append(as_text(*content)).append("\n");
  }
}

std::string described(std::string_view bytes, std::size_t piece_size, std::string_view boundary) {
  PiecewiseBody body(bytes, piece_size);
  return run(describe(body, boundary));
}

// Which limit a long header meets first depends on the pieces; the parts before it do not.
bool same(const std::string& left, const std::string& right) {
  if (left == right) return true;
  const std::string too_long = "error: The headers of a part";
  return left.find(too_long) != std::string::npos || right.find(too_long) != std::string::npos;
}

void check(std::string_view input) {
  if (input.empty()) return;
  const std::size_t piece_size = static_cast<unsigned char>(input.front()) + std::size_t{1};
  input.remove_prefix(1);
  multipart_boundary(input.substr(0, 200));
  const std::string whole = described(input, input.size() + 1, "b");
  if (!same(whole, described(input, piece_size, "b")) || !same(whole, described(input, 1, "b"))) std::abort();
}

}  // namespace
}  // namespace vidi::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vidi::http::check({reinterpret_cast<const char*>(data), size});
  return 0;
}

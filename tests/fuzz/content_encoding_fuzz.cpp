// Any bytes as a packed body: reading must end, within the limit, and must not depend on how the bytes were cut.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "http/content_encoding.hpp"

namespace vidi::http {
namespace {

constexpr std::size_t kMaxBytes = 1U << 20U;

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

std::string unpacked(std::string_view bytes, std::size_t piece_size, Coding coding) {
  PiecewiseBody packed(bytes, piece_size);
  DecodingBody body(packed, coding, kMaxBytes);
  const auto content = run(read_all(body, kMaxBytes + 1));
  if (!content) return "error: " + content.error().message;
  if (content->size() > kMaxBytes) std::abort();
  return std::string(as_text(*content));
}

void check(std::string_view input) {
  if (input.empty()) return;
  const std::size_t piece_size = static_cast<unsigned char>(input.front()) + std::size_t{1};
  input.remove_prefix(1);
  for (const Coding coding : {Coding::gzip, Coding::deflate}) {
    const std::string whole = unpacked(input, input.size() + 1, coding);
    if (whole != unpacked(input, piece_size, coding) || whole != unpacked(input, 1, coding)) std::abort();
  }
  Response response{.status = 200, .content_type = "text/plain", .body = std::string(input), .headers = {}};
  pack(response, input);
}

}  // namespace
}  // namespace vidi::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vidi::http::check({reinterpret_cast<const char*>(data), size});
  return 0;
}

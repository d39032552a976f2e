#pragma once
// Bodies that are sent compressed (RFC 9110, 8.4): requests are unpacked as they are read, answers packed as a whole.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "http/message.hpp"
#include "http/request_head.hpp"

struct z_stream_s;  // zlib's z_stream. NOLINT(readability-identifier-naming): its name

namespace vidi::http {

enum class Coding { identity, gzip, deflate };

// What Accept-Encoding says where another coding is refused.
inline constexpr std::string_view kReadCodings = "gzip, deflate";

// Of a request's body. Absent: one that is not read, or several on top of one another.
std::optional<Coding> content_coding(const RequestHead& head);

// A body as it was before it was packed, whatever it may grow to: it is unpacked piece by piece, and no further than to
// a limit. Errors: those of the packed body, too_large, invalid_argument (it is not what its coding says).
class DecodingBody final : public Body {
 public:
  // `packed` must outlive it. `coding` is not identity.
  DecodingBody(Body& packed, Coding coding, std::size_t max_bytes);
  ~DecodingBody() override;
  DecodingBody(const DecodingBody&) = delete;
  DecodingBody& operator=(const DecodingBody&) = delete;
  DecodingBody(DecodingBody&&) = delete;
  DecodingBody& operator=(DecodingBody&&) = delete;

  Task<Result<ByteView>> read() override;
  [[nodiscard]] std::optional<std::uint64_t> size() const override { return std::nullopt; }

 private:
  struct End {
    void operator()(z_stream_s* stream) const;
  };
  static constexpr std::size_t kPiece = 64U << 10U;

  Result<ByteView> unpack();
  Result<void> begin_member();
  [[nodiscard]] Error malformed(std::string_view what) const;

  Body& packed_;
  const Coding coding_;
  const std::size_t max_bytes_;
  std::unique_ptr<z_stream_s, End> stream_;
  std::unique_ptr<std::array<std::byte, kPiece>> piece_;
  ByteView input_;
  std::size_t size_ = 0;     // unpacked so far
  std::size_t at_once_ = 0;  // of that, since others on this thread had their turn
  std::size_t members_ = 0;  // a gzip file may have several, one after the other (RFC 1952, 2.2)
  bool in_member_ = false;
  bool input_ended_ = false;
  std::optional<Error> failure_;
};

// Packs the body when the client asks for it by this value of Accept-Encoding and it is worth it: text, JSON and
// tensors from 1 KiB to 4 MiB, and nothing that the endpoint has packed itself.
void pack(Response& response, std::optional<std::string_view> accept_encoding);

// Below this pack() does nothing.
inline constexpr std::size_t kLeastPacked = 1024;

}  // namespace vidi::http

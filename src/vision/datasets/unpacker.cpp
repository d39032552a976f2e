#include "datasets/unpacker.hpp"

#define ZLIB_CONST
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace vidi::datasets {
namespace {

// RFC 1952, section 2.3.1: the two bytes every member begins with.
bool begins_as_gzip(ByteView bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

constexpr std::size_t kMaximumPiece = std::numeric_limits<uInt>::max();

}  // namespace

struct Unpacker::Inflation {
  explicit Inflation(ByteView packed) : rest(packed) {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~Inflation() { inflateEnd(&stream); }
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;
  Inflation(Inflation&&) = delete;
  Inflation& operator=(Inflation&&) = delete;

  // Gives zlib the next piece of the file when it has used up the last; its counters have 32 bits.
  void refill() {
    if (stream.avail_in != 0) return;
    const std::size_t piece = std::min(rest.size(), kMaximumPiece);
    stream.next_in = reinterpret_cast<const Bytef*>(rest.data());
    stream.avail_in = static_cast<uInt>(piece);
    rest = rest.subspan(piece);
  }

  [[nodiscard]] ByteView unused() const {
    return stream.avail_in == 0 ? rest : ByteView(reinterpret_cast<const std::byte*>(stream.next_in), stream.avail_in);
  }

  z_stream stream{};
  ByteView rest;  // what zlib has not been given
  bool ended = false;
};

Unpacker::Unpacker(ByteView file) : rest_(file) {
  if (begins_as_gzip(file)) inflation_ = std::make_unique<Inflation>(file);
}

Unpacker::~Unpacker() = default;

Result<std::size_t> Unpacker::read(std::span<std::byte> target) {
  if (inflation_) return inflate(target);
  return copy(target);
}

std::size_t Unpacker::copy(std::span<std::byte> target) {
  const std::size_t count = std::min(target.size(), rest_.size());
  std::copy_n(rest_.begin(), count, target.begin());
  rest_ = rest_.subspan(count);
  return count;
}

Result<std::size_t> Unpacker::inflate(std::span<std::byte> target) {
  Inflation& state = *inflation_;
  std::size_t written = 0;
  while (written < target.size() && !state.ended) {
    state.refill();
    const std::size_t piece = std::min(target.size() - written, kMaximumPiece);
    state.stream.next_out = reinterpret_cast<Bytef*>(target.data() + written);
    state.stream.avail_out = static_cast<uInt>(piece);
    const int status = ::inflate(&state.stream, Z_NO_FLUSH);
    written += piece - state.stream.avail_out;
    if (status == Z_STREAM_END) {
      // A gzip file may be several members, one after the other (RFC 1952, section 2.2).
      if (state.unused().empty()) {
        state.ended = true;
      } else if (!begins_as_gzip(state.unused()) || inflateReset(&state.stream) != Z_OK) {
        return fail(ErrorCode::undecodable, "the gzip data is followed by bytes that do not belong to it");
      }
    } else if (status == Z_BUF_ERROR ||
               (status == Z_OK && state.stream.avail_in == 0 && state.rest.empty() && state.stream.avail_out != 0)) {
      return fail(ErrorCode::undecodable, "the gzip data ends too early: the file is truncated");
    } else if (status != Z_OK) {
      return fail(ErrorCode::undecodable,
                  fmt::format("the gzip data is damaged ({})", state.stream.msg ? state.stream.msg : "no detail"));
    }
  }
  return written;
}

}  // namespace vidi::datasets

#include "http/content_encoding.hpp"

#include <fmt/format.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>
#include <new>
#include <utility>

#include "http/text.hpp"

namespace vidi::http {
namespace {

constexpr std::size_t kMostPacked = 4U << 20U;  // the connection's thread does it, and others wait meanwhile
constexpr std::size_t kMostAtOnce = 1U << 20U;  // of unpacking, for the same reason
constexpr int kLevel = 4;                       // of libdeflate's 12: about as small as zlib's 6, three times as fast
constexpr int kWindowBits = 15;
constexpr int kGzip = 16;  // added to the window's bits it makes zlib expect gzip

std::string_view name(Coding coding) { return coding == Coding::gzip ? "gzip" : "deflate"; }

bool is_packable(std::string_view content_type) {
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  return type.starts_with("text/") || type == "application/json" || type == "application/octet-stream";
}

Coding best_coding(std::string_view accept) {
  const double gzip = accept_quality(accept, name(Coding::gzip));
  const double deflate = accept_quality(accept, name(Coding::deflate));
  const double best = std::max(gzip, deflate);
  if (best <= 0 || accept_quality(accept, "identity") > best) return Coding::identity;
  return gzip >= deflate ? Coding::gzip : Coding::deflate;
}

using Packer = std::unique_ptr<libdeflate_compressor,
                               decltype([](libdeflate_compressor* packer) { libdeflate_free_compressor(packer); })>;

// Empty: the packed body would not be shorter.
std::string packed(std::string_view body, Coding coding) {
  thread_local const Packer packer(libdeflate_alloc_compressor(kLevel));
  if (!packer) return {};
  std::string result(body.size(), '\0');
  const auto compress = coding == Coding::gzip ? libdeflate_gzip_compress : libdeflate_zlib_compress;
  result.resize(compress(packer.get(), body.data(), body.size(), result.data(), result.size()));
  return result;
}

}  // namespace

std::optional<Coding> content_coding(const RequestHead& head) {
  Coding coding = Coding::identity;
  for (const Field& field : head.fields) {
    if (!equal_ignoring_case(field.name, "Content-Encoding")) continue;
    const std::string_view value = trim(field.value);
    if (value.empty() || equal_ignoring_case(value, "identity")) continue;
    if (coding != Coding::identity) return std::nullopt;
    if (equal_ignoring_case(value, "gzip") || equal_ignoring_case(value, "x-gzip")) {
      coding = Coding::gzip;
    } else if (equal_ignoring_case(value, "deflate")) {
      coding = Coding::deflate;
    } else {
      return std::nullopt;
    }
  }
  return coding;
}

void DecodingBody::End::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

DecodingBody::DecodingBody(Body& packed, Coding coding, std::size_t max_bytes)
    : packed_(packed), coding_(coding), max_bytes_(max_bytes) {}

DecodingBody::~DecodingBody() = default;

Task<Result<ByteView>> DecodingBody::read() {
  while (!failure_) {
    if (input_.empty() && !input_ended_) {
      const auto piece = co_await packed_.read();
      if (!piece) {
        failure_ = piece.error();
        break;
      }
      input_ = *piece;
      input_ended_ = input_.empty();
    }
    if (input_ended_ && !in_member_) co_return ByteView();
    if (at_once_ >= kMostAtOnce) {
      at_once_ = 0;
      co_await boost::asio::post(boost::asio::use_awaitable);
    }
    const auto bytes = unpack();
    if (!bytes) {
      failure_ = bytes.error();
    } else if (!bytes->empty()) {
      co_return *bytes;
    }
  }
  co_return std::unexpected(*failure_);
}

// The next bytes that can be made of the input; empty when more input is needed.
Result<ByteView> DecodingBody::unpack() {
  if (!in_member_) {
    if (const auto begun = begin_member(); !begun) return forward_error(begun);
  }
  stream_->next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input_.data()));  // NOLINT(*-const-cast)
  stream_->avail_in = static_cast<uInt>(std::min<std::size_t>(input_.size(), std::numeric_limits<uInt>::max()));
  stream_->next_out = reinterpret_cast<Bytef*>(piece_->data());
  stream_->avail_out = static_cast<uInt>(piece_->size());
  const int status = ::inflate(stream_.get(), Z_NO_FLUSH);
  const std::size_t made = piece_->size() - stream_->avail_out;
  input_ = input_.last(stream_->avail_in);
  // Before anything else, so that what is said does not depend on how the body was cut.
  if (made > max_bytes_ - size_) {
    return fail(ErrorCode::too_large, fmt::format("The body is longer than {} bytes when it is unpacked.", max_bytes_));
  }
  if (status == Z_STREAM_END) {
    in_member_ = false;
  } else if (status == Z_MEM_ERROR) {
    throw std::bad_alloc();
  } else if (status != Z_OK && status != Z_BUF_ERROR) {
    return std::unexpected(malformed("is damaged"));
  } else if (made == 0 && input_ended_) {
    return std::unexpected(malformed("ends before its end"));
  }
  size_ += made;
  at_once_ += made;
  return ByteView(*piece_).first(made);
}

Result<void> DecodingBody::begin_member() {
  if (members_ > 0 && coding_ == Coding::deflate) return std::unexpected(malformed("goes on after its end"));
  if (members_ == 0) {
    stream_.reset(new z_stream());
    piece_ = std::make_unique_for_overwrite<std::array<std::byte, kPiece>>();
    if (inflateInit2(stream_.get(), kWindowBits + (coding_ == Coding::gzip ? kGzip : 0)) != Z_OK)
      throw std::bad_alloc();
  } else {
    inflateReset(stream_.get());
  }
  ++members_;
  in_member_ = true;
  return {};
}

Error DecodingBody::malformed(std::string_view what) const {
  return {ErrorCode::invalid_argument, fmt::format("The body's {} {}.", name(coding_), what)};
}

void pack(Response& response, std::optional<std::string_view> accept_encoding) {
  const std::size_t size = response.body.size();
  if (size < kLeastPacked || size > kMostPacked || !is_packable(response.content_type) ||
      has_header(response, "Content-Encoding")) {
    return;
  }
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!accept_encoding || trim(*accept_encoding).empty()) return;
  const Coding coding = best_coding(*accept_encoding);
  if (coding == Coding::identity) return;
  std::string shorter = packed(response.body, coding);
  if (shorter.empty()) return;
  response.body = std::move(shorter);
  response.headers.emplace_back("Content-Encoding", name(coding));
}

}  // namespace vidi::http

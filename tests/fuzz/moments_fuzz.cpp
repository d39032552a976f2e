// Moments read from bytes, as they are and with the checksum that they should have: refused, or the same bytes again.

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "core/digest.hpp"
#include "statistics/moments.hpp"

namespace {

void read_and_write(vidi::ByteView bytes) {
  const auto moments = vidi::statistics::Moments::from_bytes(bytes);
  if (!moments) return;
  const vidi::Bytes again = moments->to_bytes();
  if (again.size() != bytes.size() || std::memcmp(again.data(), bytes.data(), bytes.size()) != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vidi::Bytes bytes = vidi::to_bytes({reinterpret_cast<const std::byte*>(data), size});
  read_and_write(bytes);
  if (size < 32) return 0;
  const vidi::Digest digest = vidi::sha256(vidi::ByteView(bytes).first(size - 32));
  std::memcpy(bytes.data() + size - 32, digest.bytes.data(), 32);
  read_and_write(bytes);
  return 0;
}

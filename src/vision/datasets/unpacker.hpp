#pragma once
// The content of a file that may be gzipped (RFC 1952), read from front to back without unpacking more than is asked.

#include <cstddef>
#include <memory>
#include <span>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::datasets {

// One thread at a time.
class Unpacker {
 public:
  // The file's first bytes decide whether it is gzipped. `file` must outlive the unpacker.
  explicit Unpacker(ByteView file);
  ~Unpacker();
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  Unpacker(Unpacker&&) = delete;
  Unpacker& operator=(Unpacker&&) = delete;

  // Fills `target` from where the last read ended; fewer bytes than that only at the end of the content.
  // Error: undecodable, when gzip's data is damaged, ends too early, or is followed by something else.
  Result<std::size_t> read(std::span<std::byte> target);

 private:
  struct Inflation;

  std::size_t copy(std::span<std::byte> target);
  Result<std::size_t> inflate(std::span<std::byte> target);

  ByteView rest_;                         // of a plain file: what has not been read
  std::unique_ptr<Inflation> inflation_;  // of a gzipped file
};

}  // namespace vidi::datasets

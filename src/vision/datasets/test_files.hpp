#pragma once
// A vocabulary for tests: builds IDX files and gzips them.

#include <zlib.h>

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <vector>

#include "core/bytes.hpp"

namespace vidi::datasets {

inline void append_big_endian(Bytes& bytes, std::uint32_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes.push_back(static_cast<std::byte>(value >> shift));
}

inline Bytes idx_file(std::uint32_t magic, std::initializer_list<std::uint32_t> sizes,
                      const std::vector<std::uint8_t>& values) {
  Bytes file;
  append_big_endian(file, magic);
  for (const std::uint32_t size : sizes) append_big_endian(file, size);
  for (const std::uint8_t value : values) file.push_back(std::byte{value});
  return file;
}

inline Bytes gzip(ByteView plain) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib cannot start");
  }
  Bytes packed(deflateBound(&stream, plain.size()));
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(plain.data()));  // NOLINT: zlib's C interface
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw std::runtime_error("zlib cannot compress");
  return packed;
}

}  // namespace vidi::datasets

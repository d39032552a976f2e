#include "hdf5/values.hpp"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "hdf5/cursor.hpp"

namespace vidi::hdf5 {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint64_t kMostChunkBytes = std::uint64_t{256} << 20U;
constexpr int kMostLevels = 16;
constexpr std::size_t kMostChunks = 1'000'000;

std::unexpected<Error> damaged(const char* what) {
  return fail(ErrorCode::undecodable, std::string("it is damaged: ") + what);
}

std::unexpected<Error> refused(const char* what) { return fail(ErrorCode::invalid_argument, what); }

float float_of_half(std::uint16_t half) {
  const int exponent = half >> 10 & 31;
  const int fraction = half & 1023;
  const float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

// `bytes` holds `values.size()` numbers of `width` bytes.
void convert(ByteView bytes, std::size_t width, std::span<float> values) {
  if (width == sizeof(float)) {
    std::memcpy(values.data(), bytes.data(), values.size_bytes());
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::byte* at = bytes.data() + i * width;
    if (width == sizeof(double)) {
      double value = 0;
      std::memcpy(&value, at, sizeof value);
      values[i] = static_cast<float>(value);
    } else {
      std::uint16_t half = 0;
      std::memcpy(&half, at, sizeof half);
      values[i] = float_of_half(half);
    }
  }
}

Result<Bytes> inflated(ByteView packed, std::size_t size) {
  Bytes bytes(size);
  uLongf filled = size;
  const int code = uncompress(reinterpret_cast<Bytef*>(bytes.data()), &filled,
                              reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  if (code != Z_OK || filled != size) return damaged("a chunk cannot be decompressed");
  return bytes;
}

// Shuffled: the first byte of every value, then the second of every value.
Bytes unshuffled(ByteView bytes, std::size_t width) {
  Bytes plain(bytes.begin(), bytes.end());
  const std::size_t count = bytes.size() / width;
  for (std::size_t place = 0; place < width; ++place) {
    for (std::size_t i = 0; i < count; ++i) plain[i * width + place] = bytes[place * count + i];
  }
  return plain;
}

// Chunks of a dataset, put where they belong.
class ChunkReader {
 public:
  ChunkReader(ByteView file, const Object& dataset, std::span<float> values)
      : file_(file), dataset_(dataset), shape_(*dataset.shape), chunk_(dataset.layout->chunk), values_(values) {}

  Result<void> read() {
    if (chunk_.size() != shape_.size() || chunk_.empty()) return damaged("the chunks of a dataset");
    std::uint64_t bytes = dataset_.float_bytes;
    for (const std::uint64_t size : chunk_) {
      if (size == 0 || size > kMostChunkBytes / bytes) return refused("its chunks are larger than 256 MiB");
      bytes *= size;
    }
    chunk_bytes_ = bytes;
    if (auto done = read_tree(dataset_.layout->address, -1); !done) return done;
    // What no chunk fills has no value in the file.
    if (filled_ != values_.size()) return refused("it has values that were never written");
    return {};
  }

 private:
  // III.A.1, nodes of type 1
  Result<void> read_tree(std::uint64_t address, int level) {
    Cursor node(file_, address);
    const bool is_tree = node.expect("TREE") && node.u8() == 1;
    const int found = node.u8();
    const std::size_t count = node.u16();
    node.skip(16);  // the nodes beside it
    if (!is_tree || (level >= 0 && found != level) || found > kMostLevels) return damaged("the tree of chunks");
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t size = node.u32();
      const std::uint32_t left_out = node.u32();
      std::vector<std::uint64_t> place;
      for (std::size_t k = 0; k < shape_.size(); ++k) place.push_back(node.u64());
      node.skip(8);
      const std::uint64_t child = node.u64();
      if (!node.is_good() || ++chunks_ > kMostChunks) return damaged("the tree of chunks");
      auto done = found > 0 ? read_tree(child, found - 1) : read_chunk(slice(file_, child, size), left_out, place);
      if (!done) return done;
    }
    return {};
  }

  // `left_out`: a bit for each filter that this chunk did not go through.
  Result<void> read_chunk(ByteView stored, std::uint32_t left_out, const std::vector<std::uint64_t>& place) {
    Bytes bytes = to_bytes(stored);
    for (std::size_t i = dataset_.filters.size(); i > 0; --i) {
      if ((left_out >> (i - 1) & 1U) != 0) continue;
      const std::uint16_t kind = dataset_.filters[i - 1].kind;
      if (kind == Filter::fletcher32) {
        if (bytes.size() < 4) return damaged("a chunk");
        bytes.resize(bytes.size() - 4);
      } else if (kind == Filter::deflate) {
        auto whole = inflated(bytes, chunk_bytes_ + trailing_checksum(i - 1));
        if (!whole) return forward_error(whole);
        bytes = std::move(*whole);
      } else {
        bytes = unshuffled(bytes, dataset_.float_bytes);
      }
    }
    if (bytes.size() != chunk_bytes_) return damaged("a chunk has another size than the others");
    std::vector<float> numbers(chunk_bytes_ / dataset_.float_bytes);
    convert(bytes, dataset_.float_bytes, numbers);
    return put(numbers, place);
  }

  // A checksum that was added before filter `i` is among the bytes that went through it.
  [[nodiscard]] std::size_t trailing_checksum(std::size_t i) const {
    const auto before = std::span(dataset_.filters).first(i);
    return 4 * static_cast<std::size_t>(std::ranges::count(before, Filter::fletcher32, &Filter::kind));
  }

  Result<void> put(const std::vector<float>& numbers, const std::vector<std::uint64_t>& place) {
    const std::size_t rank = shape_.size();
    for (std::size_t k = 0; k < rank; ++k) {
      if (place[k] >= shape_[k] || place[k] % chunk_[k] != 0) return damaged("a chunk lies outside");
    }
    // Row by row of the last dimension; the last chunk of each dimension may stick out.
    std::vector<std::uint64_t> index(rank, 0);
    const std::uint64_t length = std::min(chunk_.back(), shape_.back() - place.back());
    for (std::size_t row = 0; row < numbers.size() / chunk_.back(); ++row) {
      std::uint64_t rest = row;
      bool is_inside = true;
      for (std::size_t k = rank - 1; k > 0; --k) {
        index[k - 1] = place[k - 1] + rest % chunk_[k - 1];
        rest /= chunk_[k - 1];
        is_inside = is_inside && index[k - 1] < shape_[k - 1];
      }
      if (!is_inside) continue;
      std::uint64_t target = 0;
      for (std::size_t k = 0; k + 1 < rank; ++k) target = target * shape_[k] + index[k];
      target = target * shape_.back() + place.back();
      if (target > values_.size() || length > values_.size() - target) return damaged("a chunk lies outside");
      std::copy_n(numbers.begin() + static_cast<std::ptrdiff_t>(row * chunk_.back()), length,
                  values_.begin() + static_cast<std::ptrdiff_t>(target));
      filled_ += length;
    }
    return filled_ <= values_.size() ? Result<void>{} : damaged("two chunks have the same place");
  }

  ByteView file_;
  const Object& dataset_;
  const std::vector<std::uint64_t>& shape_;
  const std::vector<std::uint64_t>& chunk_;
  std::span<float> values_;
  std::uint64_t chunk_bytes_ = 0;
  std::size_t chunks_ = 0;
  std::size_t filled_ = 0;
};

bool holds(const std::vector<std::uint64_t>& shape, std::size_t count) {
  std::uint64_t product = 1;
  for (const std::uint64_t size : shape) {
    if (size != 0 && product > count / size) return false;
    product *= size;
  }
  return product == count;
}

}  // namespace

Result<void> read_values(ByteView file, const Object& dataset, std::span<float> values) {
  if (dataset.float_bytes == 0) return refused("it is not of floats");
  if (dataset.is_elsewhere || !dataset.layout) return refused("it is kept in a form that Keras does not write");
  if (!dataset.shape || !holds(*dataset.shape, values.size())) return refused("it has another number of values");
  for (const Filter& filter : dataset.filters) {
    if (filter.kind < Filter::deflate || filter.kind > Filter::fletcher32) {
      return refused("it is compressed in a way that Keras does not use");
    }
  }
  const Layout& layout = *dataset.layout;
  if (layout.kind == Layout::Kind::chunked) return ChunkReader(file, dataset, values).read();
  const std::size_t bytes = values.size() * dataset.float_bytes;
  const ByteView stored = layout.kind == Layout::Kind::compact
                              ? layout.compact.first(std::min(bytes, layout.compact.size()))
                              : slice(file, layout.address, bytes);
  if (layout.address == kUndefined) return refused("it has values that were never written");
  if (stored.size() != bytes) return damaged("the values of a dataset lie beyond its end");
  convert(stored, dataset.float_bytes, values);
  return {};
}

}  // namespace vidi::hdf5

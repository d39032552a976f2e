// IDX and gzip from outside: no input may crash the reader, or make it give pictures that are not there.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "datasets/idx.hpp"
#include "datasets/mnist.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void read_array(vidi::ByteView file, std::size_t dimensions) {
  const auto array = vidi::datasets::read_idx(file, dimensions, {.max_bytes = std::size_t{1} << 20U});
  if (!array) return;
  std::size_t values = 1;
  for (const std::uint32_t size : array->shape) values *= size;
  require(array->shape.size() == dimensions && array->values().size() == values);
}

// The first two bytes say where the images file ends and the labels file begins.
void read_pair(vidi::ByteView input) {
  if (input.size() < 2) return;
  const std::size_t wanted = std::to_integer<std::size_t>(input[0]) << 8U | std::to_integer<std::size_t>(input[1]);
  const vidi::ByteView files = input.subspan(2);
  const std::size_t split = wanted < files.size() ? wanted : files.size();
  const auto pictures = vidi::datasets::parse_mnist(files.first(split), files.subspan(split));
  if (!pictures) return;
  require(pictures->size() > 0 && pictures->pixels.size() == pictures->size() * pictures->image_size());
  for (const std::uint8_t label : pictures->labels) require(label <= 9);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const vidi::ByteView input(reinterpret_cast<const std::byte*>(data), size);
  read_array(input, 1);
  read_array(input, 3);
  read_pair(input);
  return 0;
}

// HDF5 files, and every dataset in them that is not large.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hdf5/file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = vidi::hdf5::File::open(vidi::to_bytes({reinterpret_cast<const std::byte*>(data), size}));
  if (!file) return 0;
  constexpr std::int64_t kMost = 1 << 16;
  std::size_t read = 0;
  for (const auto& dataset : file->datasets()) {
    std::int64_t count = 1;
    for (const std::int64_t side : dataset.shape) count = side > kMost || count > kMost ? kMost + 1 : count * side;
    if (count > kMost || ++read > 64) continue;
    std::vector<float> values(static_cast<std::size_t>(count));
    (void)file->read(dataset, values);
  }
  return 0;
}

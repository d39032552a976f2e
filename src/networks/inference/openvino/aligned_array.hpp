#pragma once
// Memory for numbers that vector instructions read.

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace vidi::inference {

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};

template <typename T>
using AlignedArray = std::unique_ptr<T[], FreeMemory>;

// Begins at a line of the cache; not initialized. Throws std::bad_alloc.
template <typename T>
AlignedArray<T> make_aligned_array(std::size_t count) {
  constexpr std::size_t kLine = 64;
  const std::size_t bytes = (count * sizeof(T) + kLine - 1) / kLine * kLine;
  void* const memory = std::aligned_alloc(kLine, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return AlignedArray<T>(static_cast<T*>(memory));
}

}  // namespace vidi::inference

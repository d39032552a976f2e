#include "inference/runtime.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vidi::inference {
namespace {

template <typename T>
bool contains(std::span<const T> all, T value) {
  return std::ranges::find(all, value) != all.end();
}

}  // namespace

Result<const Runtime*> choose_runtime(std::span<const Runtime* const> runtimes, FileForm form, Precision precision) {
  for (const Runtime* const runtime : runtimes) {
    const Attributes attributes = runtime->attributes();
    if (contains(attributes.reads, form) && contains(attributes.precisions, precision)) return runtime;
  }
  return fail(ErrorCode::invalid_argument,
              fmt::format("no runtime of this program computes a network of the form {} in {}", platform_name(form),
                          precision_name(precision)));
}

}  // namespace vidi::inference

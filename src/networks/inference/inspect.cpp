#include "inference/inspect.hpp"

namespace vidi::inference {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ',';
    text += shape[i] >= 0 ? std::to_string(shape[i]) : i == 0 ? "n" : "?";
  }
  return text + "]";
}

}  // namespace vidi::inference

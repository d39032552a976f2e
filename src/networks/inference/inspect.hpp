#pragma once
// What is in a network file, for people: its inputs and outputs, and its layers with their cost.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vidi::inference {

struct Port {
  std::string name;
  std::string type;                                // of its numbers, kind and bits: "f32", "i64", "u8"
  std::optional<std::vector<std::int64_t>> shape;  // -1: any size; absent: any number of dimensions
  bool is_softmax = false;                         // an output that softmax made
};

struct Ports {
  std::vector<Port> inputs;
  std::vector<Port> outputs;
};

struct Layer {
  std::string type;  // of the operation, as the runtime calls it
  std::string name;
  std::vector<std::int64_t> shape;  // of its first output, for one picture; -1: not known before it runs
  std::uint64_t parameters = 0;     // trained numbers that it takes, each counted where it is first used
  std::uint64_t multiply_adds = 0;  // of convolutions and matrix products, for one picture; others are not counted
};

struct Summary {
  Port input;
  Port output;
  std::vector<Layer> layers;  // in the order in which they are computed, without constants
  std::uint64_t parameters = 0;
  std::uint64_t multiply_adds = 0;
};

// "[n,28,28,1]"; the first size that is not known is n, others are ?.
std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace vidi::inference

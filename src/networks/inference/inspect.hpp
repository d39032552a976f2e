#pragma once
// What is in a network file, for people: its inputs and outputs, and its layers with their cost.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "inference/model.hpp"

namespace vidi::inference {

struct Port {
  std::string name;
  std::string type;                                // as OpenVINO writes it: "f32", "u8"
  std::optional<std::vector<std::int64_t>> shape;  // -1: any size; absent: any number of dimensions
  bool is_softmax = false;                         // an output that softmax made
};

struct Ports {
  std::vector<Port> inputs;
  std::vector<Port> outputs;
};

// Every input and output that the file has. Of a TensorFlow checkpoint those of the graph that it was trained with.
// Errors: as load_model.
Result<Ports> list_ports(const std::string& path);

struct Layer {
  std::string type;  // as OpenVINO calls the operation
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

// Of the part of the network that leads from that input to that output. Errors: as load_model.
Result<Summary> summarize(const std::string& path, const LoadOptions& options);

// "[n,28,28,1]"; the first size that is not known is n, others are ?.
std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace vidi::inference

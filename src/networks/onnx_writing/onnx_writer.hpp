#pragma once
// Builds an ONNX model node by node (https://onnx.ai/onnx/repo-docs/IR.html).

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace onnx {
class ModelProto;
}

namespace vidi::onnx_writing {

// A size, or the name of a size that is known only when the model runs.
using Dimension = std::variant<std::int64_t, std::string>;

struct Value {
  std::string name;
  std::vector<Dimension> shape;  // empty: the model does not say
};

struct Attribute {
  std::string name;
  std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>> value;
};

// What a node computes: an operator of the standard operator set, the names of the values it takes and makes.
struct Node {
  std::string operation;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<Attribute> attributes;
};

// A convolution with as many pixels of padding on each side; weights (outputs, inputs, kernel, kernel).
struct Convolution {
  std::string name;
  std::string input;
  std::int64_t outputs = 0;
  std::int64_t inputs = 0;
  std::int64_t kernel = 0;
  std::int64_t padding = 0;
  std::span<const float> weights;
  std::span<const float> biases;
};

// A layer in which every output is a sum over all inputs; weights (outputs, inputs).
struct Dense {
  std::string name;
  std::string input;  // (n, inputs), or more dimensions that hold as many values
  std::int64_t outputs = 0;
  std::int64_t inputs = 0;
  std::span<const float> weights;
  std::span<const float> biases;
};

// A graph, and the model of which it is the whole. Values are 32-bit floats while the model runs, unless a node makes
// others. Nodes are added in the order in which they run. The same calls make the same bytes: nothing of the time, the
// machine or the program's version goes in. One thread at a time.
class OnnxWriter {
 public:
  // Of the format and of the standard operator set; every run time that reads these versions reads the model.
  static constexpr std::int64_t kIrVersion = 8;
  static constexpr std::int64_t kOperatorSet = 13;

  // An empty graph.
  explicit OnnxWriter(std::string_view graph_name);
  ~OnnxWriter();
  OnnxWriter(const OnnxWriter&) = delete;
  OnnxWriter& operator=(const OnnxWriter&) = delete;
  OnnxWriter(OnnxWriter&&) = delete;
  OnnxWriter& operator=(OnnxWriter&&) = delete;

  // Takes over another model up to one of its outputs: its inputs, and exactly the nodes and constants that lead to
  // that output, which becomes a value of this graph and no output of it. `output` may be empty where there is only
  // one. Comes first, and once: the graph takes on the versions of the model's operator sets, of which the standard one
  // is 7 or later, and nodes that are added behind it are read in those versions. Errors: undecodable (it is no ONNX
  // model), invalid_argument (it has no such output; several and none is named; weights in other files; an older
  // operator set), conflict (the graph is not empty).
  Result<Value> add_model(ByteView model, std::string_view output);

  // `wish`, or `wish` with a number behind it, whichever no value of the graph has for its name.
  [[nodiscard]] std::string unused_name(const std::string& wish) const;

  void add_input(std::string_view name, const std::vector<Dimension>& shape);
  void add_output(std::string_view name, const std::vector<Dimension>& shape);

  // A constant of the model, for example its weights; the last dimension of `values` changes fastest.
  void add_constant(std::string_view name, const std::vector<std::int64_t>& shape, std::span<const float> values);

  // The same in half the bytes: kept in half precision, and widened again when the model is loaded.
  void add_half_constant(std::string_view name, const std::vector<std::int64_t>& shape, std::span<const float> values);

  void add_node(const Node& node);

  // The model's input: `image` (n, side, side, 1), 0 to 1. Returns the name of the same pixels as (n, 1, side, side).
  std::string add_image_input(std::int64_t side);

  // What networks of pictures are made of; each returns the name of the value it makes. Weights are kept in half
  // precision.
  std::string add_convolution(const Convolution& convolution);
  std::string add_dense(const Dense& dense);
  std::string add_relu(const std::string& input);
  std::string add_pooling(const std::string& input);  // the greatest of 2x2

  // Probabilities (n, classes) of scores (n, classes) or (n, classes, 1, 1).
  void add_softmax(const std::string& scores, const std::string& probabilities);

  // The value `output` is the only output of `then` where the one value of `condition` is true, and of `otherwise`
  // where it is not. Branches have no inputs: they see the values of this graph, and none of their names may be one of
  // its.
  void add_choice(const std::string& condition, const OnnxWriter& then, const OnnxWriter& otherwise,
                  const std::string& output);

  // The model as the bytes of its file. Whether its nodes fit together is not checked here: what loads it does that,
  // and training/check_onnx.hpp. Error: internal (it is over 2 GiB).
  [[nodiscard]] Result<Bytes> finish() const;

 private:
  std::unique_ptr<onnx::ModelProto> model_;
};

}  // namespace vidi::onnx_writing

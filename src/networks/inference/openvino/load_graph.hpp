#pragma once
// From a network's file to a graph with one input and one output. For the other files of this folder.

#include <memory>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "inference/inspect.hpp"
#include "inference/model.hpp"

namespace ov {
class Core;
class Model;
}  // namespace ov

namespace vidi::inference {

// One for the process: it holds the plugins.
ov::Core& core();

struct LoadedGraph {
  std::shared_ptr<ov::Model> graph;  // float32 at both ends
  TensorInfo input;
  TensorInfo output;
};

// The part of the file that leads from the chosen input to the chosen output, with the constants of `options` set, and
// shaped as `options` say. Throws what OpenVINO throws. Errors: as Runtime::load.
Result<LoadedGraph> load_graph(const std::string& path, const LoadOptions& options);

// The same of ONNX in memory, which is not needed afterwards.
Result<LoadedGraph> load_graph(ByteView onnx, const LoadOptions& options);

// The graph of everything in the file. `output`: only what leads to that one, where the file is a checkpoint; may be
// empty. Throws what OpenVINO throws; errors: invalid_argument.
Result<std::shared_ptr<ov::Model>> read_whole_graph(const std::string& path, const std::string& output);

// Inputs and outputs of a checkpoint's graph, which as a whole may hold what cannot be converted.
Ports list_checkpoint_ports(const std::string& path);
bool is_checkpoint(const std::string& path);

// What OpenVINO's exception says, without where in its sources that was.
std::string reason_of(const std::exception& error);

}  // namespace vidi::inference

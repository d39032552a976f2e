#pragma once
// An inference runtime: a library that reads networks and computes them on a device of this machine. runtimes.cpp lists
// those that are built in. Callers use load.hpp, whichever runtime it takes.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "inference/file_form.hpp"
#include "inference/inspect.hpp"
#include "inference/model.hpp"
#include "inference/picture_network.hpp"

namespace vidi::inference {

// What a runtime states about itself, for tuning.hpp and choose_runtime(), which assume nothing else.
struct Attributes {
  // Networks are computed by the processors that also read, decode and answer. What helps there, such as measuring how
  // many threads pay and leaving some processors alone, is wrong for a device of its own.
  bool on_cpu = true;
  // Batches at the same time that keep the device busy. Of a runtime on_cpu it is 0: the processors are counted.
  std::size_t streams = 0;
  std::size_t picture_batch = 4;  // pictures that a picture network best computes together
  std::span<const FileForm> reads;
  std::span<const Precision> precisions;  // those that its networks can be computed in
};

// Thread-safe. Lives as long as the program.
class Runtime {
 public:
  virtual ~Runtime() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual Attributes attributes() const = 0;

  // Reads and compiles a network: float32 at both ends, whatever its own types are, and any number of rows where the
  // network allows it. infer() computes on the calling thread, or hands over to the device. Requires: `path` exists,
  // its form is among reads, and the precision is one that a served network can have. `threads` and `streams` that are
  // 0 count as 1. Errors: invalid_argument (it cannot be read, or has other inputs and outputs).
  [[nodiscard]] virtual Result<std::unique_ptr<Model>> load(const std::string& path,
                                                            const LoadOptions& options) const = 0;

  // As compile_picture_network() in load.hpp. Requires: `input` has sizes from 1, 1 or 3 channels, and a mean and a
  // deviation for each of them or none at all; batch, streams and threads are chosen.
  [[nodiscard]] virtual Result<std::unique_ptr<PictureNetwork>> compile_pictures(
      ByteView onnx, const PixelInput& input, const PictureNetworkOptions& options) const = 0;

  // As the functions of these names in load.hpp. Requires: `path` exists and its form is among reads.
  [[nodiscard]] virtual Result<Ports> list_ports(const std::string& path) const = 0;
  [[nodiscard]] virtual Result<Summary> summarize(const std::string& path, const LoadOptions& options) const = 0;
};

// The first one that reads such files and computes in that precision. Errors: invalid_argument (none does).
Result<const Runtime*> choose_runtime(std::span<const Runtime* const> runtimes, FileForm form, Precision precision);

}  // namespace vidi::inference

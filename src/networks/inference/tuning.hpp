#pragma once
// How many threads, streams and rows a network is given. Asks the runtime's attributes; knows none by name.

#include <cstddef>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "inference/model.hpp"
#include "inference/picture_network.hpp"
#include "inference/runtime.hpp"

namespace vidi::inference {

// Loads a network as `options` say, batched and split. `processors`: of this machine. When threads and streams are both
// 0 and the runtime is on_cpu, the network is measured: a small one is computed on the threads that ask, a larger one
// on threads of its own, and when a row takes long several processors work on one batch. One of them that is 0 is 1
// thread, or as many streams as there are processors. A device of its own is not measured, and has the streams that its
// runtime states. Thread-safe. Errors: those of Runtime::load.
Result<std::unique_ptr<Model>> load_tuned(const Runtime& runtime, const std::string& path, const LoadOptions& options,
                                          std::size_t processors);

// With batch, streams and threads chosen where they are 0: on the processors all of them, with a batch each.
PictureNetworkOptions tuned(const Attributes& attributes, const PictureNetworkOptions& options, std::size_t processors);

}  // namespace vidi::inference

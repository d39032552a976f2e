#pragma once
// The network of a job: its backbone, compiled in the wanted precision.

#include <memory>
#include <optional>

#include "backbones/backbone.hpp"
#include "core/result.hpp"
#include "features/feature_table.hpp"
#include "features/job.hpp"
#include "features/output.hpp"
#include "inference/picture_network.hpp"

namespace vidi::features {

// What a network is opened for.
struct NetworkUse {
  const Job& job;
  const backbones::Backbone& backbone;
  PictureLedger& ledger;
  sources::Source& source;
  Output& output;
  Output* other = nullptr;  // of the job that is applied
  FeatureTable& table;
  const PipelineOptions& pipeline;
  bool is_checked = false;  // an earlier run has told what the precision loses
};

struct OpenedNetwork {
  std::unique_ptr<inference::PictureNetwork> network;
  std::optional<PrecisionCheck> check;  // of bf16 and int8, when it is new
};

// For int8 and for the check a sample of the source is read, once: int8's pictures are kept in the output, so that the
// same command, and a job that applies this one, make the same network. Errors: those of the source and of the network.
Result<OpenedNetwork> open_network(const NetworkUse& use);

}  // namespace vidi::features

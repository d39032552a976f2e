#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>

#include "backbones/backbone.hpp"
#include "backbones/imagenet.hpp"
#include "backbones/keras_weights.hpp"
#include "backbones/onnx_file.hpp"
#include "backbones/random_weights.hpp"
#include "backbones/resnet50.hpp"

namespace vidi::backbones {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kResnet50 = "resnet50";
constexpr int kMostSide = 4096;

struct Weights {
  std::unique_ptr<WeightSource> source;
  std::string description;
};

Result<Weights> open_file_weights(const fs::path& path) {
  auto source = open_keras_weights(path);
  if (!source) return forward_error(source);
  const auto bytes = read_whole(path);
  if (!bytes) return forward_error(bytes);
  return Weights{.source = std::move(*source), .description = name_with_digest(path, *bytes)};
}

Result<Weights> open_weights(const Choice& choice) {
  if (choice.weights == "none") {
    return Weights{.source = make_random_weights(choice.seed),
                   .description = fmt::format("none, seed {}", choice.seed)};
  }
  if (!choice.weights.empty() && choice.weights != "imagenet") {
    return open_file_weights(choice.weights);
  }
  auto path = fetch_resnet50_weights(choice.cache, choice.weights_home);
  if (!path) return forward_error(path);
  auto source = open_keras_weights(*path);
  if (!source) return forward_error(source);
  return Weights{.source = std::move(*source), .description = "imagenet"};
}

Result<Resnet50> resnet50_of(const Choice& choice) {
  Resnet50 network;
  if (choice.width != 0) network.width = choice.width;
  if (choice.height != 0) network.height = choice.height;
  for (const int side : {network.width, network.height}) {
    if (side < Resnet50::kLeastSide || side > kMostSide) {
      return fail(ErrorCode::invalid_argument, fmt::format("resnet50 takes pictures of {} to {} pixels a side, not {}",
                                                           Resnet50::kLeastSide, kMostSide, side));
    }
  }
  if (choice.pooling == "avg") network.pooling = Pooling::avg;
  if (!choice.pooling.empty() && choice.pooling != "avg" && choice.pooling != "max") {
    return fail(ErrorCode::invalid_argument, fmt::format("there is no pooling '{}': max or avg", choice.pooling));
  }
  return network;
}

Result<Backbone> open_resnet50(const Choice& choice) {
  const auto network = resnet50_of(choice);
  if (!network) return forward_error(network);
  auto weights = open_weights(choice);
  if (!weights) return forward_error(weights);
  auto onnx = write_resnet50(*network, *weights->source);
  if (!onnx) return forward_error(onnx);
  return Backbone{.name = std::string(kResnet50),
                  .onnx = std::move(*onnx),
                  .input = resnet50_input(*network),
                  .output = "features",
                  .columns = Resnet50::kColumns,
                  .weights = std::move(weights->description)};
}

// What only ResNet50 can be asked for.
Result<void> refuse_other_options(const Choice& choice) {
  const auto refuse = [&](const char* what) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} can be chosen for resnet50 only; {} has its own", what, choice.backbone));
  };
  if (!choice.weights.empty()) return refuse("weights");
  if (!choice.pooling.empty()) return refuse("the pooling");
  if (choice.width != 0 || choice.height != 0) return refuse("the size");
  return {};
}

// By name from `folders`; absent: in none of them.
fs::path find_named(const Choice& choice) {
  std::error_code error;
  for (const fs::path& folder : choice.folders) {
    if (fs::exists(folder / choice.backbone / "model.toml", error)) return folder / choice.backbone;
  }
  return {};
}

std::vector<std::string> known_names(const Choice& choice) {
  std::vector<std::string> names{std::string(kResnet50)};
  for (const fs::path& folder : choice.folders) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (fs::exists(entry.path() / "model.toml", error)) names.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(names);
  const auto [first, last] = std::ranges::unique(names);
  names.erase(first, last);
  return names;
}

}  // namespace

Result<Backbone> open_backbone(const Choice& choice) {
  if (choice.backbone == kResnet50) return open_resnet50(choice);
  if (auto good = refuse_other_options(choice); !good) return forward_error(good);
  const bool is_path = choice.backbone.find('/') != std::string::npos || choice.backbone.ends_with(".onnx");
  if (is_path) return read_backbone(choice.backbone);
  const fs::path named = find_named(choice);
  if (choice.backbone.empty() || named.empty()) {
    return fail(ErrorCode::not_found,
                fmt::format("there is no backbone '{}': expected {}, or the path of an ONNX file with a model.toml",
                            choice.backbone, fmt::join(known_names(choice), ", ")));
  }
  return read_backbone(named);
}

}  // namespace vidi::backbones

#include "classifier/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <utility>

#include "classifier/card.hpp"
#include "classifier/classifier_network.hpp"
#include "classifier/report.hpp"
#include "files/read_file.hpp"
#include "image/encode.hpp"
#include "models/information.hpp"

namespace vidi::classifier {
namespace {

namespace fs = std::filesystem;

Result<Bytes> read_whole(const fs::path& path) {
  auto bytes = files::read_file(path);
  if (bytes) return std::move(*bytes);
  return fail(ErrorCode::invalid_argument, fmt::format("{} cannot be read", path.string()));
}

// Whether features of one are features of the other.
Result<void> check_same_backbone(const FitJob& job, const Origin& origin, const Origin& test) {
  if (origin.backbone_sha256 != test.backbone_sha256) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("{} was made with the backbone {} (SHA-256 {}), and {} with {} ({}): make it with --apply {}",
                    job.test->string(), test.backbone, test.backbone_sha256, job.features.string(), origin.backbone,
                    origin.backbone_sha256, job.features.string()));
  }
  return {};
}

Result<Groups> groups_of(const FitJob& job, const std::vector<std::string>& labels,
                         std::vector<std::string>& warnings) {
  Groups groups;
  if (job.information) {
    const auto information = models::read_information(*job.information, labels, warnings);
    if (!information) return forward_error(information);
    for (const std::string& label : labels) {
      const std::string group(information->group_of(label));
      if (group != label) groups[label] = group;
    }
  }
  if (!job.groups) return groups;
  auto read = read_groups(*job.groups);
  if (!read) return read;
  for (const auto& [label, group] : *read) {
    if (std::ranges::find(labels, label) == labels.end()) {
      warnings.push_back(fmt::format("{}: there is no label \"{}\"", job.groups->string(), label));
    }
    groups[label] = group;
  }
  return groups;
}

// In alphabetical order, without that of none.
std::vector<std::string> labels_of(const FeatureTable& table, const std::string& none) {
  std::set<std::string> labels(table.labels.begin(), table.labels.end());
  if (!none.empty()) labels.erase(none);
  return {labels.begin(), labels.end()};
}

struct Test {
  Origin origin;
  FeatureTable table;
};

// What has to be read before the training, so that nothing is found wrong after it.
struct Inputs {
  Origin origin;
  Reduction reduction;
  BackboneCard card;
  Bytes backbone;
  FeatureTable table;
  std::optional<Test> test;
};

Result<Test> read_test(const FitJob& job, const Inputs& inputs) {
  auto origin = read_origin(*job.test);
  if (!origin) return forward_error(origin);
  if (auto same = check_same_backbone(job, inputs.origin, *origin); !same) return forward_error(same);
  auto table = read_table(*job.test, inputs.reduction);
  if (!table) return forward_error(table);
  return Test{.origin = *std::move(origin), .table = *std::move(table)};
}

Result<Inputs> read_inputs(const FitJob& job) {
  auto origin = read_origin(job.features);
  if (!origin) return forward_error(origin);
  auto reduction = read_reduction(job.features);
  if (!reduction) return forward_error(reduction);
  auto card = read_backbone_card(job.features / "backbone");
  if (!card) return forward_error(card);
  auto backbone = read_whole(job.features / "backbone" / "1" / "model.onnx");
  if (!backbone) return forward_error(backbone);
  auto table = read_table(job.features, *reduction);
  if (!table) return forward_error(table);
  Inputs inputs{.origin = *std::move(origin),
                .reduction = *std::move(reduction),
                .card = *std::move(card),
                .backbone = *std::move(backbone),
                .table = *std::move(table),
                .test = std::nullopt};
  repeat_originals(job.originals, inputs.table);
  for (const fs::path& folder : job.also) {
    auto more = read_table(folder, inputs.reduction);
    if (!more) return forward_error(more);
    append(*std::move(more), inputs.table);
  }
  if (!job.test) return inputs;
  auto test = read_test(job, inputs);
  if (!test) return forward_error(test);
  inputs.test = *std::move(test);
  return inputs;
}

Result<void> write(const FitJob& job, const Inputs& inputs, FitResult& result) {
  const auto network = make_network({.backbone = inputs.backbone,
                                     .output = inputs.card.output,
                                     .reduction = inputs.reduction,
                                     .classifier = result.trained.classifier,
                                     .half = job.half});
  if (!network) return forward_error(network);
  result.bytes = network->size();
  const Evaluation* test = result.test ? &*result.test : nullptr;
  const Origin* test_origin = inputs.test ? &inputs.test->origin : nullptr;
  const std::string described = fmt::format("{} labels, learned from features of {}",
                                            result.trained.classifier.labels.size(), inputs.origin.backbone);
  model_writing::FurtherFiles further;
  if (job.information) {
    auto information = read_whole(*job.information);
    if (!information) return forward_error(information);
    further[job.information->filename()] = *std::move(information);
  }
  further["report/report.md"] = to_bytes(to_markdown({.name = job.destination.name,
                                                      .command = job.command,
                                                      .origin = inputs.origin,
                                                      .trained = result.trained,
                                                      .groups = result.groups,
                                                      .test_origin = test_origin,
                                                      .test = test}));
  if (test != nullptr) {
    further["report/confusion.png"] = image::encode_png(draw_confusion(result.trained.classifier, *test));
  }
  const std::string toml = to_toml({.name = job.destination.name,
                                    .description = job.description.empty() ? described : job.description,
                                    .unknown = job.unknown,
                                    .information = job.information ? job.information->filename().string() : "",
                                    .backbone = inputs.card,
                                    .command = job.command,
                                    .origin = inputs.origin,
                                    .trained = result.trained,
                                    .seed = job.training.seed,
                                    .folds = job.training.folds,
                                    .test_origin = test_origin,
                                    .test = test});
  return model_writing::write_model(job.destination, *network, toml, further);
}

}  // namespace

Result<Groups> read_groups(const fs::path& file) {
  std::ifstream stream(file);
  if (!stream) return fail(ErrorCode::invalid_argument, fmt::format("{} cannot be read", file.string()));
  Groups groups;
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t end = line.find_last_of(",\t");
    if (end == std::string::npos || end == 0 || end + 1 == line.size()) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{}, line {}: \"{}\" must be LABEL,GROUP", file.string(), number, line));
    }
    groups[line.substr(0, end)] = line.substr(end + 1);
  }
  return groups;
}

Result<FitResult> fit(const FitJob& job) {
  if (auto good = model_writing::check_destination(job.destination); !good) return forward_error(good);
  auto inputs = read_inputs(job);
  if (!inputs) return forward_error(inputs);
  std::vector<std::string> warnings;
  auto groups = groups_of(job, labels_of(inputs->table, job.training.none), warnings);
  if (!groups) return forward_error(groups);
  TrainingOptions options = job.training;
  options.groups = *groups;
  auto trained = train(inputs->table, options);
  if (!trained) return forward_error(trained);
  FitResult result{.trained = *std::move(trained), .groups = *std::move(groups), .test = std::nullopt};
  result.warnings = std::move(warnings);
  if (!result.trained.classifier.gate.is_on() && inputs->origin.pictures < 4 * inputs->table.columns) {
    result.warnings.push_back(fmt::format(
        "{} pictures are too few to tell what is unlike all of them: at least {} for {} components would do",
        inputs->origin.pictures, 4 * inputs->table.columns, inputs->table.columns));
  }
  if (inputs->test) {
    auto test = evaluate(result.trained.classifier, inputs->test->table, job.training.none, result.groups,
                         job.training.threads);
    if (!test) return forward_error(test);
    result.test = *std::move(test);
  }
  if (auto written = write(job, *inputs, result); !written) return forward_error(written);
  return result;
}

}  // namespace vidi::classifier

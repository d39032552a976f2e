#include "classifier/feature_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "tables/feature_statistics.hpp"
#include "tables/features.hpp"

namespace vidi::classifier {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> refuse_table(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

// One table of a folder, whatever its parts and row groups are: rows are taken from it as another table has them.
class Rows {
 public:
  static Result<Rows> open(const fs::path& folder, std::string_view name) {
    auto parts = tables::list_parts(folder / name);
    if (!parts) return forward_error(parts);
    return Rows(*std::move(parts), name);
  }

  // Empty: that was all.
  Result<tables::FeatureRows> next() {
    for (;;) {
      if (!reader_) {
        if (part_ == parts_.size()) return tables::FeatureRows{};
        auto reader = tables::FeatureReader::open(parts_[part_++], name_);
        if (!reader) return forward_error(reader);
        reader_ = *std::move(reader);
      }
      auto rows = reader_->next();
      if (!rows || rows->rows() > 0) return rows;
      reader_.reset();
    }
  }

 private:
  Rows(std::vector<fs::path> parts, std::string_view name) : parts_(std::move(parts)), name_(name) {}

  std::vector<fs::path> parts_;
  std::string_view name_;
  std::size_t part_ = 0;
  std::optional<tables::FeatureReader> reader_;
};

double square_length(std::span<const float> row) {
  double sum = 0;
  for (const float value : row) sum += static_cast<double>(value) * static_cast<double>(value);
  return sum;
}

// Whether the first of the rows are what the components make of scaled features.
Result<void> check_reduced(const fs::path& folder, const Reduction& reduction, const tables::FeatureRows& scaled,
                           std::span<const float> reduced) {
  const std::size_t count = std::min<std::size_t>(scaled.rows(), 16);
  const std::size_t columns = reduction.pca->count();
  std::vector<float> wanted(count * columns);
  auto done =
      reduction.pca->transform({.values = scaled.values.data(), .count = count, .columns = scaled.columns}, wanted, 1);
  if (!done) return done;
  for (std::size_t i = 0; i < count; ++i) {
    const auto of = std::span(wanted).subspan(i * columns, columns);
    const double unit = std::sqrt(square_length(of)) + 1e-6;
    for (std::size_t j = 0; j < columns; ++j) {
      if (std::abs(static_cast<double>(of[j] - reduced[i * columns + j])) <= 1e-3 * unit) continue;
      return refuse_table(fmt::format(
          "{}: features_pca of \"{}\" is not what the training's scaler and components make of its features: make it "
          "with `vidi features SOURCE --apply TRAINING`",
          folder.string(), scaled.images[i]));
    }
  }
  return {};
}

// Appends the residuals of the rows of `table` from `table.residuals.size()` on, which `features` are the features of.
Result<void> add_residuals(const fs::path& folder, const Reduction& reduction, tables::FeatureRows features,
                           FeatureTable& table) {
  const std::size_t first = table.residuals.size();
  if (features.columns != reduction.scaler.columns()) {
    return refuse_table(fmt::format("{}: its features have {} columns, and the scaler {}", folder.string(),
                                    features.columns, reduction.scaler.columns()));
  }
  for (std::size_t i = 0; i < features.rows(); ++i) {
    if (first + i < table.rows() && table.images[first + i] == features.images[i]) continue;
    return refuse_table(fmt::format("{}: row {} of features is \"{}\", and that of features_pca {}", folder.string(),
                                    first + i, features.images[i],
                                    first + i < table.rows() ? '"' + table.images[first + i] + '"' : "not there"));
  }
  auto scaled = reduction.scaler.transform(
      {.values = features.values.data(), .count = features.rows(), .columns = features.columns});
  if (!scaled) return scaled;
  const auto reduced = std::span(table.values).subspan(first * table.columns);
  if (auto good = check_reduced(folder, reduction, features, reduced); !good) return good;
  for (std::size_t i = 0; i < features.rows(); ++i) {
    const double whole = square_length(std::span(features.values).subspan(i * features.columns, features.columns));
    const double kept = square_length(reduced.subspan(i * table.columns, table.columns));
    table.residuals.push_back(static_cast<float>(std::sqrt(std::max(0.0, whole - kept))));
  }
  return {};
}

// The name of a folder or file alone: where it lies on a machine is nobody's business.
std::string source_name(const std::string& source) {
  return source.contains("://") ? source : fs::path(source).filename().string();
}

}  // namespace

Result<Origin> read_origin(const fs::path& folder) {
  const fs::path path = folder / "manifest.json";
  std::ifstream stream(path);
  if (!stream) {
    return refuse_table(
        fmt::format("there is no {}: {} is not the output of `vidi features`", path.string(), folder.string()));
  }
  const auto manifest = nlohmann::json::parse(stream, nullptr, false);
  if (!manifest.is_object() || !manifest.contains("settings") || !manifest["settings"].is_object()) {
    return refuse_table(fmt::format("{} is not a manifest of `vidi features`", path.string()));
  }
  const auto& settings = manifest["settings"];
  try {
    if (manifest.value("state", "") != "finished") {
      return refuse_table(
          fmt::format("the job of {} has not finished: run its `vidi features` again", folder.string()));
    }
    Origin origin{.source = source_name(settings.value("source", "")),
                  .backbone = settings.value("backbone", ""),
                  .weights = settings.value("weights", ""),
                  .backbone_sha256 = settings.value("backbone_sha256", ""),
                  .precision = settings.value("precision", "f32"),
                  .augment = settings.value("augment", std::size_t{0})};
    if (manifest.contains("counts")) origin.pictures = manifest["counts"].value("features", std::size_t{0});
    return origin;
  } catch (const nlohmann::json::exception& error) {
    return refuse_table(fmt::format("{} is not a manifest of `vidi features`: {}", path.string(), error.what()));
  }
}

Result<Reduction> read_reduction(const fs::path& folder) {
  auto scaler = tables::read_scaler(folder / "scaler.parquet");
  if (!scaler) return forward_error(scaler);
  auto pca = tables::read_pca(folder / "pca.parquet");
  if (!pca) return forward_error(pca);
  if (scaler->columns() != pca->columns()) {
    return refuse_table(fmt::format("{}: the scaler has {} columns, and the components {}", folder.string(),
                                    scaler->columns(), pca->columns()));
  }
  return Reduction{.scaler = *std::move(scaler), .pca = *std::move(pca)};
}

void append(FeatureTable&& more, FeatureTable& table) {
  std::ranges::move(more.images, std::back_inserter(table.images));
  std::ranges::move(more.labels, std::back_inserter(table.labels));
  std::ranges::move(more.variants, std::back_inserter(table.variants));
  std::ranges::move(more.values, std::back_inserter(table.values));
  std::ranges::move(more.residuals, std::back_inserter(table.residuals));
}

void repeat_originals(std::size_t times, FeatureTable& table) {
  const std::size_t rows = table.rows();
  for (std::size_t row = 0; row < rows && times > 1; ++row) {
    if (table.variants[row] != 0) continue;
    for (std::size_t i = 1; i < times; ++i) {
      table.images.push_back(table.images[row]);
      table.labels.push_back(table.labels[row]);
      table.variants.push_back(0);
      table.residuals.push_back(table.residuals[row]);
      for (std::size_t column = 0; column < table.columns; ++column) {
        table.values.push_back(table.values[row * table.columns + column]);
      }
    }
  }
}

Result<FeatureTable> read_table(const fs::path& folder, const Reduction& reduction) {
  FeatureTable table{
      .images = {}, .labels = {}, .variants = {}, .columns = reduction.pca->count(), .values = {}, .residuals = {}};
  auto reduced = Rows::open(folder, tables::kReducedFeatures);
  if (!reduced) return forward_error(reduced);
  auto features = Rows::open(folder, tables::kFeatures);
  if (!features) return forward_error(features);
  for (;;) {
    auto rows = reduced->next();
    if (!rows) return forward_error(rows);
    if (rows->rows() == 0) break;
    if (rows->columns != table.columns) {
      return refuse_table(fmt::format("{}: features_pca has {} columns, and there are {} components", folder.string(),
                                      rows->columns, table.columns));
    }
    std::ranges::move(rows->images, std::back_inserter(table.images));
    std::ranges::move(rows->labels, std::back_inserter(table.labels));
    rows->variants.resize(rows->rows());
    table.variants.insert(table.variants.end(), rows->variants.begin(), rows->variants.end());
    table.values.insert(table.values.end(), rows->values.begin(), rows->values.end());
  }
  while (table.residuals.size() < table.rows()) {
    auto rows = features->next();
    if (!rows) return forward_error(rows);
    if (rows->rows() == 0) {
      return refuse_table(fmt::format("{}: features has {} rows, and features_pca {}", folder.string(),
                                      table.residuals.size(), table.rows()));
    }
    if (auto added = add_residuals(folder, reduction, *std::move(rows), table); !added) return forward_error(added);
  }
  return table;
}

}  // namespace vidi::classifier

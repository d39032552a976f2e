#include "features/reduction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tables/feature_statistics.hpp"

namespace vidi::features {
namespace {

using tables::FeatureRows;
using tables::FeatureWriter;

// A part that is being written.
struct Part {
  std::string name;
  FeatureWriter writer;
};

Result<Part> create_part(Output& output, std::string_view column, std::int64_t number, std::size_t columns,
                         bool has_variants) {
  const std::string name = part_path(column, number);
  const auto path = output.place(name);
  if (!path) return forward_error(path);
  auto writer = FeatureWriter::create(*path, {.name = column, .columns = columns, .has_variants = has_variants});
  if (!writer) return forward_error(writer);
  return Part{.name = name, .writer = std::move(*writer)};
}

Result<void> finish(std::optional<Part>& part, FeatureTable& table) {
  if (!part) return {};
  if (auto finished = part->writer.finish(); !finished) return finished;
  return table.publish(part->name);
}

Result<void> transform(const Reduction& reduction, FeatureRows& rows, std::optional<Part>& scaled,
                       std::optional<Part>& reduced) {
  const statistics::MutableFloatRows in_place{
      .values = rows.values.data(), .count = rows.rows(), .columns = rows.columns};
  if (auto done = reduction.scaler.transform(in_place); !done) return done;
  if (scaled) {
    if (auto added = scaled->writer.add(rows); !added) return added;
  }
  if (!reduced) return {};
  std::vector<float> values(rows.rows() * reduction.pca->count());
  auto done =
      reduction.pca->transform({.values = rows.values.data(), .count = rows.rows(), .columns = rows.columns}, values);
  if (!done) return done;
  rows.columns = reduction.pca->count();
  rows.values = std::move(values);
  return reduced->writer.add(rows);
}

}  // namespace

Result<Reduction> fit_reduction(const statistics::Moments& moments, std::size_t components) {
  auto scaler = statistics::StandardScaler::from(moments);
  if (!scaler) return forward_error(scaler);
  Reduction reduction{.scaler = std::move(*scaler), .pca = std::nullopt};
  if (components == 0) return reduction;
  if (moments.rows() < 2) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("principal components need the features of at least 2 pictures; there are {}", moments.rows()));
  }
  const auto possible = std::min<std::uint64_t>(moments.rows() - 1, moments.columns());
  auto pca = statistics::Pca::fit(
      moments, reduction.scaler,
      {.components = static_cast<std::size_t>(std::min<std::uint64_t>(components, possible)), .subtract_mean = false});
  if (!pca) return forward_error(pca);
  reduction.pca = std::move(*pca);
  return reduction;
}

Result<void> write_reduction(const Reduction& reduction, Output& output, FeatureTable& table) {
  const auto scaler = output.place("scaler.parquet");
  if (!scaler) return forward_error(scaler);
  if (auto written = tables::write_scaler(*scaler, reduction.scaler); !written) return written;
  if (auto published = table.publish("scaler.parquet"); !published) return published;
  if (!reduction.pca) return {};
  const auto pca = output.place("pca.parquet");
  if (!pca) return forward_error(pca);
  if (auto written = tables::write_pca(*pca, *reduction.pca); !written) return written;
  return table.publish("pca.parquet");
}

Result<Reduction> read_reduction(Output& output) {
  const auto scaler_file = output.fetch("scaler.parquet");
  if (!scaler_file) return forward_error(scaler_file);
  auto scaler = tables::read_scaler(*scaler_file);
  if (!scaler) return forward_error(scaler);
  Reduction reduction{.scaler = std::move(*scaler), .pca = std::nullopt};
  const auto pca_file = output.fetch("pca.parquet");
  if (!pca_file && pca_file.error().code == ErrorCode::not_found) return reduction;
  if (!pca_file) return forward_error(pca_file);
  auto pca = tables::read_pca(*pca_file);
  if (!pca) return forward_error(pca);
  if (pca->columns() != reduction.scaler.columns()) {
    return fail(ErrorCode::invalid_argument, fmt::format("scaler.parquet is of {} features, pca.parquet of {}",
                                                         reduction.scaler.columns(), pca->columns()));
  }
  reduction.pca = std::move(*pca);
  return reduction;
}

Result<void> transform_parts(const Reduction& reduction, PictureLedger& ledger, Output& output, FeatureTable& table,
                             const TransformOptions& options) {
  const auto parts = ledger.written_parts();
  if (!parts) return forward_error(parts);
  if (!reduction.pca && !options.keep_scaled) return {};
  for (const auto& written : *parts) {
    std::optional<Part> scaled;
    std::optional<Part> reduced;
    if (options.keep_scaled) {
      auto part = create_part(output, tables::kScaledFeatures, written.number, reduction.scaler.columns(),
                              options.has_variants);
      if (!part) return forward_error(part);
      scaled = std::move(*part);
    }
    if (reduction.pca) {
      auto part =
          create_part(output, tables::kReducedFeatures, written.number, reduction.pca->count(), options.has_variants);
      if (!part) return forward_error(part);
      reduced = std::move(*part);
    }
    auto done = table.for_each_rows(part_path(tables::kFeatures, written.number),
                                    [&](FeatureRows& rows) { return transform(reduction, rows, scaled, reduced); });
    if (done) done = finish(scaled, table);
    if (done) done = finish(reduced, table);
    if (!done) return done;
  }
  return {};
}

}  // namespace vidi::features

#include "features/feature_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "files/atomic_file.hpp"
#include "files/file.hpp"
#include "files/read_file.hpp"
#include "tables/features.hpp"
#include "tables/source_pictures.hpp"

namespace vidi::features {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRowsOfGroup = 1024;

// That of pictures/part-NUMBER.parquet; nothing for another name.
std::optional<std::int64_t> part_number(std::string_view name) {
  constexpr std::string_view kBegin = "pictures/part-";
  constexpr std::string_view kEnd = ".parquet";
  if (!name.starts_with(kBegin) || !name.ends_with(kEnd)) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = name.data() + name.size() - kEnd.size();
  const auto read = std::from_chars(name.data() + kBegin.size(), end, number);
  return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

// `count` rows from `first` on.
tables::FeatureRows slice(const tables::FeatureRows& rows, std::size_t first, std::size_t count) {
  const auto part = [&](const auto& all, std::size_t width) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first * width);
    return std::remove_cvref_t<decltype(all)>(begin, begin + static_cast<std::ptrdiff_t>(count * width));
  };
  tables::FeatureRows sliced{.images = part(rows.images, 1), .labels = part(rows.labels, 1), .columns = rows.columns};
  if (!rows.variants.empty()) sliced.variants = part(rows.variants, 1);
  sliced.values = part(rows.values, rows.columns);
  return sliced;
}

Result<void> write_features(const fs::path& path, const tables::FeatureRows& rows, bool has_variants) {
  auto writer = tables::FeatureWriter::create(path, {.columns = rows.columns, .has_variants = has_variants});
  if (!writer) return forward_error(writer);
  for (std::size_t first = 0; first < rows.rows(); first += kRowsOfGroup) {
    const std::size_t count = std::min(kRowsOfGroup, rows.rows() - first);
    auto added = count == rows.rows() ? writer->add(rows) : writer->add(slice(rows, first, count));
    if (!added) return added;
  }
  return writer->finish();
}

}  // namespace

std::string part_path(std::string_view folder, std::int64_t part) {
  return fmt::format("{}/{}", folder, tables::part_name(static_cast<std::size_t>(part)));
}

FeatureTable::FeatureTable(Output& output, PictureLedger& ledger, Options options)
    : output_(output), ledger_(ledger), options_(std::move(options)) {}

Result<fs::path> FeatureTable::fetch(const std::string& name) {
  while (true) {
    auto path = output_.fetch(name);
    if (path || path.error().code != ErrorCode::unavailable || !options_.try_again(path.error())) return path;
  }
}

Result<void> FeatureTable::publish(const std::string& name) {
  while (true) {
    auto published = output_.publish(name);
    if (published || published.error().code != ErrorCode::unavailable || !options_.try_again(published.error())) {
      return published;
    }
  }
}

Result<void> FeatureTable::load() {
  const std::scoped_lock lock(mutex_);
  if (ledger_.totals().listed == 0) {
    if (auto loaded = load_parts(); !loaded) return loaded;
  }
  return options_.with_moments ? load_moments() : Result<void>();
}

Result<void> FeatureTable::load_parts() {
  const auto names = output_.list("pictures");
  if (!names) return forward_error(names);
  for (const std::string& name : *names) {
    const auto number = part_number(name);
    if (!number) continue;
    const auto path = fetch(name);
    if (!path) return forward_error(path);
    const auto pictures = tables::read_source_pictures(*path);
    output_.release(name);
    if (!pictures) return forward_error(pictures);
    const auto kept =
        std::count_if(pictures->begin(), pictures->end(), [](const auto& picture) { return picture.reason.empty(); });
    auto added = ledger_.add_part(*number, *pictures, static_cast<std::size_t>(kept) * options_.shape.variants);
    if (!added) return added;
  }
  return {};
}

Result<std::optional<statistics::Moments>> FeatureTable::read_moments(const fs::path& path) {
  const auto bytes = files::read_file(path);
  if (!bytes) return std::nullopt;
  auto moments = statistics::Moments::from_bytes(*bytes);
  if (!moments || moments->columns() != options_.shape.columns) return std::nullopt;  // to be counted again
  return std::optional(std::move(*moments));
}

// The parts that the moments hold are told from the number of rows.
Result<void> FeatureTable::load_moments() {
  auto moments = read_moments(moments_file());
  if (!moments) return forward_error(moments);
  if (!*moments) {
    if (const auto path = fetch("moments.bin")) {
      moments = read_moments(*path);
      output_.release("moments.bin");
      if (!moments) return forward_error(moments);
    }
  }
  auto parts = ledger_.written_parts();
  if (!parts) return forward_error(parts);
  std::uint64_t rows = 0;
  counted_parts_ = 0;
  while (*moments && rows < (*moments)->rows() && counted_parts_ < parts->size()) {
    rows += (*parts)[counted_parts_++].rows;
  }
  if (*moments && rows == (*moments)->rows()) {
    moments_ = std::move(**moments);
  } else {
    counted_parts_ = 0;
  }
  return {};
}

Result<void> FeatureTable::add_rows(const tables::FeatureRows& rows) {
  if (rows.rows() == 0) return {};
  return moments_->update({.values = rows.values.data(), .count = rows.rows(), .columns = rows.columns});
}

// Counts the parts that the moments do not hold yet.
Result<void> FeatureTable::catch_up() {
  if (!moments_) {
    auto empty = statistics::Moments::create(options_.shape.columns);
    if (!empty) return forward_error(empty);
    moments_ = std::move(*empty);
    counted_parts_ = 0;
  }
  auto parts = ledger_.written_parts();
  if (!parts) return forward_error(parts);
  const std::size_t before = counted_parts_;
  for (; counted_parts_ < parts->size(); ++counted_parts_) {
    const std::string name = part_path("features", (*parts)[counted_parts_].number);
    // In one piece, as when the part was written: the sums are the same to the last bit.
    tables::FeatureRows whole;
    auto read = for_each_rows(name, [&](tables::FeatureRows& rows) -> Result<void> {
      whole.columns = rows.columns;
      whole.images.insert(whole.images.end(), rows.images.begin(), rows.images.end());
      whole.values.insert(whole.values.end(), rows.values.begin(), rows.values.end());
      return {};
    });
    if (read) read = add_rows(whole);
    if (!read) return read;
  }
  return before == counted_parts_ ? Result<void>() : save_moments();
}

// Not synchronized: damaged moments are counted again.
Result<void> FeatureTable::save_moments() {
  const auto written =
      files::write_whole(moments_file(), moments_->to_bytes(),
                         {.temporary = options_.work / ".moments.bin.tmp", .durability = files::Durability::unflushed});
  if (!written) return std::unexpected(files::explain(written.error(), "the moments"));
  return {};
}

Result<const statistics::Moments*> FeatureTable::moments() {
  const std::scoped_lock lock(mutex_);
  if (auto caught_up = catch_up(); !caught_up) return forward_error(caught_up);
  return &*moments_;
}

Result<void> FeatureTable::publish_moments() {
  const auto path = output_.place("moments.bin");
  if (!path) return forward_error(path);
  const auto written =
      files::write_whole(*path, moments_->to_bytes(), {.temporary = path->parent_path() / ".moments.bin.tmp"});
  if (!written) return std::unexpected(files::explain(written.error(), "the moments"));
  return publish("moments.bin");
}

Result<void> FeatureTable::write_ready() {
  while (const auto part = ledger_.ready_part()) {
    const std::scoped_lock lock(mutex_);
    if (auto written = write_part(*part); !written) return written;
  }
  return {};
}

Result<void> FeatureTable::write_part(std::int64_t number) {
  auto part = ledger_.read_part(number);
  if (!part) return forward_error(part);
  const std::string features = part_path("features", number);
  const std::string pictures = part_path("pictures", number);
  const auto features_file = output_.place(features);
  if (!features_file) return forward_error(features_file);
  const auto pictures_file = output_.place(pictures);
  if (!pictures_file) return forward_error(pictures_file);

  auto done = write_features(*features_file, part->rows, options_.shape.variants > 1);
  if (done) done = publish(features);
  // Of a part that is written again the moments are to be counted again too.
  const auto parts = ledger_.written_parts();
  if (!parts) return forward_error(parts);
  const bool is_last = parts->empty() || parts->back().number < number;
  if (!is_last) moments_.reset();
  if (done && options_.with_moments && is_last) {
    done = catch_up();
    if (done) done = add_rows(part->rows);
    if (done) ++counted_parts_;
    if (done) done = save_moments();
  }
  if (done) done = tables::write_source_pictures(*pictures_file, part->pictures);
  if (done) done = publish(pictures);
  if (done) done = ledger_.end_part(number, part->rows.rows());
  return done;
}

Result<void> FeatureTable::restore(std::int64_t part) {
  const std::scoped_lock lock(mutex_);
  moments_.reset();
  counted_parts_ = 0;
  std::error_code error;
  fs::remove(moments_file(), error);
  tables::FeatureRows all;
  auto read = for_each_rows(part_path("features", part), [&](tables::FeatureRows& rows) -> Result<void> {
    all.columns = rows.columns;
    std::ranges::move(rows.images, std::back_inserter(all.images));
    std::ranges::move(rows.variants, std::back_inserter(all.variants));
    all.values.insert(all.values.end(), rows.values.begin(), rows.values.end());
    return {};
  });
  return read ? ledger_.restore_rows(part, all) : read;
}

Result<void> FeatureTable::for_each_rows(const std::string& name, const TakeRows& take) {
  const auto path = fetch(name);
  if (!path) return forward_error(path);
  auto reader = tables::FeatureReader::open(*path, tables::kFeatures);
  if (!reader) return forward_error(reader);
  while (true) {
    auto rows = reader->next();
    if (!rows) return forward_error(rows);
    if (rows->rows() == 0) break;
    if (auto taken = take(*rows); !taken) return taken;
  }
  output_.release(name);
  return {};
}

}  // namespace vidi::features

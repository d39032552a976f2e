#include "datasets/mnist.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "datasets/idx.hpp"
#include "files/atomic_file.hpp"
#include "files/file.hpp"
#include "files/read_file.hpp"

namespace vidi::datasets {
namespace {

std::string_view prefix_of(Split split) { return split == Split::train ? "train" : "t10k"; }

struct FoundFile {
  std::string name;
  Bytes bytes;
};

struct NamedBytes {
  std::string_view name;
  ByteView bytes;
};

// A gzipped file is smaller than what it holds, so the limit for unpacked files bounds both.
Result<Bytes> read_file(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  auto bytes = files::read_file(path, IdxLimits{}.max_bytes);
  if (bytes) return std::move(*bytes);
  if (bytes.error().code == EFBIG) {
    return fail(ErrorCode::too_large,
                fmt::format("{} has over {} bytes, which is the limit", name, IdxLimits{}.max_bytes));
  }
  return fail(ErrorCode::not_found,
              fmt::format("{} cannot be read: {}", name, std::generic_category().message(bytes.error().code)));
}

// `stem` is "train-images", `kind` "idx3-ubyte".
Result<FoundFile> find_file(const std::filesystem::path& directory, std::string_view stem, std::string_view kind) {
  for (const char separator : {'-', '.'}) {
    for (const std::string_view suffix : {"", ".gz"}) {
      std::string name = fmt::format("{}{}{}{}", stem, separator, kind, suffix);
      std::error_code error;
      if (!std::filesystem::is_regular_file(directory / name, error)) continue;
      auto bytes = read_file(directory / name);
      if (!bytes) return forward_error(bytes);
      return FoundFile{std::move(name), *std::move(bytes)};
    }
  }
  return fail(ErrorCode::not_found,
              fmt::format("{} holds neither {}-{} nor {}-{}.gz", directory.string(), stem, kind, stem, kind));
}

std::unexpected<Error> in_file(std::string_view file, const Error& error) {
  return fail(error.code, fmt::format("{} is not usable: {}", file, error.message));
}

Result<void> check_images(const IdxArray& images) {
  if (std::ranges::find(images.shape, 0U) == images.shape.end()) return {};
  return fail(ErrorCode::undecodable, fmt::format("it holds {} pictures of {}x{} pixels, so none at all",
                                                  images.shape[0], images.shape[2], images.shape[1]));
}

Result<void> check_labels(const IdxArray& labels, std::size_t images) {
  if (labels.shape[0] != images) {
    return fail(ErrorCode::undecodable,
                fmt::format("it holds {} labels, and there are {} pictures", labels.shape[0], images));
  }
  const auto values = labels.values();
  const auto wrong = std::ranges::find_if(values, [](std::uint8_t label) { return label > 9; });
  if (wrong == values.end()) return {};
  return fail(ErrorCode::undecodable, fmt::format("label {} of picture {} is not a digit from 0 to 9", unsigned{*wrong},
                                                  wrong - values.begin()));
}

Result<LabeledImages> parse(NamedBytes images_file, NamedBytes labels_file) {
  auto images = read_idx(images_file.bytes, 3);
  if (!images) return in_file(images_file.name, images.error());
  if (auto good = check_images(*images); !good) return in_file(images_file.name, good.error());
  auto labels = read_idx(labels_file.bytes, 1);
  if (!labels) return in_file(labels_file.name, labels.error());
  if (auto good = check_labels(*labels, images->shape[0]); !good) return in_file(labels_file.name, good.error());
  LabeledImages result{.rows = images->shape[1],
                       .columns = images->shape[2],
                       .pixels = {images->values().begin(), images->values().end()},
                       .labels = {labels->values().begin(), labels->values().end()},
                       .digest = {}};
  Bytes both = std::move(images->file);
  both.insert(both.end(), labels->file.begin(), labels->file.end());
  result.digest = sha256(both);
  return result;
}

}  // namespace

Result<void> save_mnist(const std::filesystem::path& directory, Split split, const LabeledImages& images) {
  const auto size_of = [](std::size_t size) { return static_cast<std::uint32_t>(size); };
  const std::array shape{size_of(images.size()), size_of(images.rows), size_of(images.columns)};
  const auto write = [&](std::string_view kind, const Bytes& file) {
    const std::filesystem::path path = directory / fmt::format("{}-{}", prefix_of(split), kind);
    return files::write_whole(path, file, {.temporary = path.string() + ".tmp"});
  };
  auto written = write("images-idx3-ubyte", to_idx(shape, images.pixels));
  if (written) written = write("labels-idx1-ubyte", to_idx(std::span(shape).first(1), images.labels));
  if (!written) return std::unexpected(files::explain(written.error(), "the data set"));
  return {};
}

Result<LabeledImages> load_mnist(const std::filesystem::path& directory, Split split) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(directory, ignored)) {
    return fail(ErrorCode::not_found, fmt::format("there is no folder {}", directory.string()));
  }
  const std::string prefix(prefix_of(split));
  auto images = find_file(directory, prefix + "-images", "idx3-ubyte");
  if (!images) return forward_error(images);
  auto labels = find_file(directory, prefix + "-labels", "idx1-ubyte");
  if (!labels) return forward_error(labels);
  return parse({images->name, images->bytes}, {labels->name, labels->bytes});
}

Result<LabeledImages> parse_mnist(ByteView images_file, ByteView labels_file) {
  return parse({"the images file", images_file}, {"the labels file", labels_file});
}

}  // namespace vidi::datasets

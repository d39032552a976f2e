#include "labeled_sets/labeled_set.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/value_of.hpp"
#include "datasets/accuracy.hpp"
#include "datasets/mnist.hpp"
#include "files/file.hpp"
#include "image/formats.hpp"
#include "recognition/single_digit.hpp"
#include "tables/labeled_pictures.hpp"

namespace vidi::labeled_sets {
namespace {

namespace fs = std::filesystem;

std::string pictures(std::size_t count) {
  return fmt::format("{} picture{}", datasets::with_thousands(count), count == 1 ? "" : "s");
}

std::string_view ending_of(ByteView file) {
  const image::Format* format = image::sniff(file);
  return format == nullptr ? "bin" : format->endings.front();
}

class FolderSet final : public LabeledSet {
 public:
  explicit FolderSet(fs::path folder) : folder_(std::move(folder)) {}

  std::optional<std::string> add(const LabeledPicture& picture, ByteView file) override {
    constexpr std::size_t kLongestName = 255;
    const std::string name = folder_name(picture.label);
    if (name.empty()) return "its label is empty";
    if (name.size() > kLongestName) return "its label is longer than a folder's name may be";
    fs::create_directories(folder_ / name);
    const fs::path path = folder_ / name / fmt::format("{}.{}", to_string(picture.digest), ending_of(file));
    auto target = files::File::open(path, O_WRONLY | O_CREAT | O_TRUNC);
    const files::Outcome<void> written = target ? target->write(file, 0) : forward_error(target);
    if (!written) throw std::runtime_error(files::explain(written.error(), "the pictures").message);
    ++count_;
    return std::nullopt;
  }

  std::string finish() override { return pictures(count_); }

 private:
  const fs::path folder_;
  std::size_t count_ = 0;
};

class TableSet final : public LabeledSet {
 public:
  explicit TableSet(const fs::path& folder)
      : writer_(value_of(tables::LabeledPictureWriter::create(folder / "pictures.parquet"))) {}

  std::optional<std::string> add(const LabeledPicture& picture, ByteView file) override {
    check_done(writer_.add(
        {.id = picture.id, .label = picture.label, .media_type = picture.media_type, .image = to_bytes(file)}));
    ++count_;
    return std::nullopt;
  }

  std::string finish() override {
    check_done(writer_.finish());
    return pictures(count_);
  }

 private:
  tables::LabeledPictureWriter writer_;
  std::size_t count_ = 0;
};

class DigitSet final : public LabeledSet {
 public:
  DigitSet(fs::path folder, DigitSetOptions options) : folder_(std::move(folder)), options_(std::move(options)) {}

  std::optional<std::string> add(const LabeledPicture& picture, ByteView file) override {
    const std::string& label = picture.label;
    if (label.size() != 1 || label[0] < '0' || label[0] > '9') return "its label is not one digit";
    const auto form = run(recognition::find_single_digit(file, *options_.model, options_.limits));
    if (!form) return form.error().message;
    if (!*form) return "not exactly one digit was found in it";
    digits_.push_back(
        {.order = order_of(picture.digest), .label = static_cast<std::uint8_t>(label[0] - '0'), .form = **form});
    return std::nullopt;
  }

  std::string finish() override {
    const std::uint32_t bound = bound_of_test();
    const std::size_t test = save(datasets::Split::test, [&](const Digit& digit) { return digit.order <= bound; });
    const std::size_t train = save(datasets::Split::train, [&](const Digit& digit) { return digit.order > bound; });
    return fmt::format("{}: {} to train on, {} to test with", pictures(digits_.size()), datasets::with_thousands(train),
                       datasets::with_thousands(test));
  }

 private:
  struct Digit {
    std::uint32_t order = 0;
    std::uint8_t label = 0;
    digits::Form form{};
  };

  // From 1 on. By its content, so that the same picture is in the same part of every set.
  static std::uint32_t order_of(const Digest& digest) {
    std::uint32_t order = 0;
    for (std::size_t i = 0; i < 4; ++i) order = order << 8U | std::to_integer<std::uint32_t>(digest.bytes[i]);
    return std::max(order, 1U);
  }

  // Up to that order they are to test with. Neither part of two pictures or more is empty, unless that is wished.
  [[nodiscard]] std::uint32_t bound_of_test() const {
    if (options_.test_percent == 0 || digits_.empty()) return 0;
    if (options_.test_percent >= 100) return UINT32_MAX;
    const auto bound = static_cast<std::uint32_t>(std::uint64_t{UINT32_MAX} * options_.test_percent / 100);
    const auto [least, greatest] = std::ranges::minmax(digits_, {}, &Digit::order);
    if (least.order == greatest.order) return 0;
    return std::clamp(bound, least.order, greatest.order - 1);
  }

  template <typename Chosen>
    requires std::predicate<Chosen, const Digit&>
  std::size_t save(datasets::Split split, Chosen chosen) const {
    datasets::LabeledImages images;
    images.rows = digits::kFormSide;
    images.columns = digits::kFormSide;
    for (const Digit& digit : digits_) {
      if (!chosen(digit)) continue;
      images.labels.push_back(digit.label);
      images.pixels.insert(images.pixels.end(), digit.form.begin(), digit.form.end());
    }
    if (images.size() > 0) check_done(datasets::save_mnist(folder_, split, images));
    return images.size();
  }

  const fs::path folder_;
  const DigitSetOptions options_;
  std::vector<Digit> digits_;
};

}  // namespace

std::string folder_name(const std::string& label) {
  std::string name;
  for (const char c : label) {
    const bool hidden = name.empty() && c == '.';
    if (hidden || static_cast<unsigned char>(c) < ' ' || c == '\x7f' || c == '/' || c == '\\' || c == '%') {
      name += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      name += c;
    }
  }
  return name;
}

std::unique_ptr<LabeledSet> make_folder_set(const fs::path& folder) { return std::make_unique<FolderSet>(folder); }

std::unique_ptr<LabeledSet> make_table_set(const fs::path& folder) { return std::make_unique<TableSet>(folder); }

std::unique_ptr<LabeledSet> make_digit_set(const fs::path& folder, DigitSetOptions options) {
  return std::make_unique<DigitSet>(folder, std::move(options));
}

}  // namespace vidi::labeled_sets

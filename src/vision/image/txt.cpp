// A 28x28 picture written as numbers: 784 in one row, 28 lines of 28, or one a line.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "image/formats.hpp"
#include "image/picture_reader.hpp"

namespace vidi::image {
namespace {

constexpr std::size_t kSide = 28;
constexpr std::size_t kValues = kSide * kSide;

// More than 80 characters for each number.
constexpr std::size_t kMaxBytes = 64U << 10U;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\r\v\f";

std::unexpected<Error> undecodable(std::string_view reason) {
  return fail(ErrorCode::undecodable, fmt::format("The text cannot be read as a picture: {}.", reason));
}

std::string quoted(std::string_view word) {
  constexpr std::size_t kShown = 20;
  std::string text(word.substr(0, kShown));
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return word.size() > kShown ? text + "..." : text;
}

struct Numbers {
  std::array<double, kValues> values{};
  std::size_t count = 0;       // may be more than are kept
  std::size_t full_lines = 0;  // that hold numbers
  std::size_t odd_line = 0;    // the first of them that does not hold 28, from 1; 0: there is none
  std::size_t odd_count = 0;   // of its numbers
  bool alone = true;           // no line holds more than one
};

std::optional<double> parse(std::string_view word) {
  if (word.size() > 1 && word[0] == '+' && word[1] != '-') word.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc::result_out_of_range && end == word.data() + word.size()) return HUGE_VAL;
  if (error != std::errc() || end != word.data() + word.size() || std::isnan(value)) return std::nullopt;
  return value;
}

// Reads words that are separated by blanks, by a comma, or both.
Result<void> read_line(std::string_view line, std::size_t line_number, Numbers& numbers) {
  const std::size_t before = numbers.count;
  bool after_number = numbers.count > 0;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (line.empty()) break;
    if (line.front() == ',') {
      if (!after_number) return undecodable(fmt::format("a comma in line {} has no number before it", line_number));
      after_number = false;
      line.remove_prefix(1);
      continue;
    }
    const std::string_view word = line.substr(0, line.find_first_of(" \t\r\v\f,"));
    line.remove_prefix(word.size());
    const std::optional<double> value = parse(word);
    if (!value) return undecodable(fmt::format("'{}' in line {} is not a number", quoted(word), line_number));
    if (!(*value >= 0 && *value <= 255)) {
      return undecodable(fmt::format("{} in line {} is out of range; the values are from 0 to 1 or from 0 to 255",
                                     quoted(word), line_number));
    }
    if (numbers.count < kValues) numbers.values[numbers.count] = *value;
    ++numbers.count;
    after_number = true;
  }
  const std::size_t found = numbers.count - before;
  if (found == 0) return {};
  ++numbers.full_lines;
  if (found > 1) numbers.alone = false;
  if (found != kSide && numbers.odd_line == 0) {
    numbers.odd_line = line_number;
    numbers.odd_count = found;
  }
  return {};
}

Result<Numbers> read_numbers(std::string_view text) {
  Numbers numbers;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (Result<void> read = read_line(text.substr(0, end), line_number, numbers); !read) return forward_error(read);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return numbers;
}

Result<void> check_arrangement(const Numbers& numbers) {
  if (numbers.full_lines == kSide && numbers.odd_line != 0) {
    return undecodable(fmt::format("line {} holds {} numbers, {} are expected in each of {} lines", numbers.odd_line,
                                   numbers.odd_count, kSide, kSide));
  }
  if (numbers.count != kValues) {
    const std::string found = numbers.count == 1 ? "1 number was" : fmt::format("{} numbers were", numbers.count);
    return undecodable(fmt::format("{} found, {} are expected ({}x{})", found, kValues, kSide, kSide));
  }
  if (numbers.full_lines == 1 || numbers.odd_line == 0 || numbers.alone) return {};
  return undecodable(fmt::format("{} numbers were found in {} lines; they are expected in one row or in {} lines of {}",
                                 numbers.count, numbers.full_lines, kSide, kSide));
}

// Whether it is a text that begins with a number.
bool is_txt(ByteView bytes) {
  constexpr std::size_t kLooked = 4096;
  std::string_view text = as_text(bytes).substr(0, kLooked);
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const bool control = std::ranges::any_of(text, [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return (code < ' ' && (code < '\t' || code > '\r')) || code == 0x7F;
  });
  if (control) return false;
  const std::size_t first = text.find_first_not_of(" \t\r\v\f\n,");
  return first != std::string_view::npos && std::string_view("0123456789.+-").find(text[first]) != std::string::npos;
}

struct TxtLayout {
  Header header{.width = kSide, .height = kSide, .memory = kValues};
};

Result<TxtLayout> inspect_txt(ByteView bytes) {
  if (bytes.size() > kMaxBytes) {
    return undecodable(fmt::format("it has {} bytes; {} numbers are expected ({}x{}), in at most {} bytes",
                                   bytes.size(), kValues, kSide, kSide, kMaxBytes));
  }
  return TxtLayout{};
}

Result<Image> decode_txt(ByteView bytes, const TxtLayout& /*layout*/) {
  const Result<Numbers> numbers = read_numbers(as_text(bytes));
  if (!numbers) return forward_error(numbers);
  if (Result<void> checked = check_arrangement(*numbers); !checked) return forward_error(checked);
  const double scale = *std::ranges::max_element(numbers->values) <= 1 ? 255 : 1;
  Image image = make_image(kSide, kSide, 1);
  std::ranges::transform(numbers->values, image.pixels.begin(),
                         [scale](double value) { return static_cast<std::uint8_t>(std::lround(value * scale)); });
  return image;
}

constexpr std::string_view kEndings[] = {"txt"};

}  // namespace

constinit const Format kTxt{.name = "TXT",
                            .media_type = "text/plain",
                            .endings = kEndings,
                            .kind = FormatKind::text,
                            .hint = "with 784 numbers",
                            .sniff = is_txt,
                            .open = open_whole<TxtLayout, inspect_txt, decode_txt>};

}  // namespace vidi::image

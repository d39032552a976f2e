#include "recognition/single_digit.hpp"

#include <vector>

#include "recognition/digit_pages.hpp"

namespace vidi::recognition {
namespace {

std::size_t count_of(const digits::Reading& reading) {
  std::size_t count = 0;
  for (const auto& line : reading.lines) count += line.size();
  return count;
}

// As if the model could not say that something is no digit.
digits::Reading read_as_digits(const DigitPage& page, const models::Description& description) {
  digits::OutputRules rules;
  rules.labels = description.labels.size();
  rules.has_none = description.has_none;
  std::vector<float> probabilities = page.probabilities;
  if (rules.has_none) {
    for (std::size_t i = rules.labels; i < probabilities.size(); i += rules.columns()) probabilities[i] = 0;
  }
  return digits::read(page.findings, probabilities, rules);
}

}  // namespace

Task<Result<std::optional<digits::Form>>> find_single_digit(ByteView picture, const models::LoadedModel& model,
                                                            image::DecodeLimits limits) {
  const auto file = image::PictureFile::open(picture, limits);
  if (!file) co_return forward_error(file);
  auto page = find_page(*file, false);
  if (!page) co_return forward_error(page);
  const std::vector<const digits::Form*> forms = digits::forms_of(page->findings);
  if (forms.empty()) co_return std::optional<digits::Form>();
  if (forms.size() == 1) co_return std::optional(*forms.front());
  const auto read = co_await read_page(*page, model);
  if (!read) co_return forward_error(read);
  digits::Reading reading = std::move(page->reading);
  if (count_of(reading) == 0) reading = read_as_digits(*page, model.description);
  if (count_of(reading) != 1) co_return std::optional<digits::Form>();
  co_return std::optional(*forms[reading.lines.front().front().candidate]);
}

}  // namespace vidi::recognition

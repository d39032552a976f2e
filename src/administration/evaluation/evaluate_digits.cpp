#include "evaluation/evaluate_digits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "datasets/accuracy.hpp"
#include "image/encode.hpp"

namespace vidi::evaluation {

MeasuredDigits evaluate_digits(recognition::Recognizer& recognizer, const datasets::LabeledImages& images,
                               const std::string& model) {
  MeasuredDigits measured;
  for (std::size_t i = 0; i < images.size(); ++i) {
    image::Image picture = image::make_image(static_cast<int>(images.columns), static_cast<int>(images.rows), 1);
    std::ranges::copy(images.image(i), picture.pixels.begin());
    recognition::Upload upload;
    upload.bytes = image::encode_png(picture);
    const auto prediction = run(recognizer.recognize(upload, model));
    if (!prediction) throw std::runtime_error(fmt::format("picture {}: {}", i, prediction.error().message));
    const std::string answer = prediction->result.value_or("");
    const bool is_digit = answer.size() == 1 && answer[0] >= '0' && answer[0] <= '9';
    const std::size_t column = is_digit ? static_cast<std::size_t>(answer[0] - '0') : kDigits;
    ++measured.confusion[images.labels[i]][column];
    if (column != images.labels[i]) measured.misreadings.push_back({i, images.labels[i], answer});
  }
  return measured;
}

std::string to_text(const Confusion& confusion) {
  datasets::Accuracy accuracy;
  for (std::size_t label = 0; label < kDigits; ++label) {
    accuracy.correct += confusion[label][label];
    for (const std::size_t count : confusion[label]) accuracy.count += count;
  }
  std::string text =
      fmt::format("accuracy: {}\n\nconfusion (rows: label, columns: answer)\n     ", datasets::describe(accuracy));
  for (std::size_t answer = 0; answer < kDigits; ++answer) text += fmt::format("{:>6}", answer);
  text += "  none\n";
  for (std::size_t label = 0; label < kDigits; ++label) {
    text += fmt::format("{:>5}", label);
    for (const std::size_t count : confusion[label]) text += fmt::format("{:>6}", count);
    text += '\n';
  }
  return text;
}

}  // namespace vidi::evaluation

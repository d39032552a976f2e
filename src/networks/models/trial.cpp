#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "inference/inspect.hpp"
#include "models/load.hpp"
#include "models/preprocess.hpp"

namespace vidi::models {
namespace {

using image::Image;
using inference::Tensor;

// How far two answers about one picture may lie apart, of what the largest of them is: batches add in another order,
// and bf16 keeps 8 binary digits.
constexpr double kTolerance = 0.05;

// A seven in white on black, as MNIST has them, `shift` pixels to the right.
Image draw_digit(int shift) {
  Image image = image::make_image(28, 28, 1);
  const auto set = [&](int x, int y) { image.row(y)[static_cast<std::size_t>(std::clamp(x + shift, 0, 27))] = 255; };
  for (int x = 8; x < 20; ++x) {
    for (int y = 5; y < 8; ++y) set(x, y);
  }
  for (int y = 8; y < 24; ++y) {
    for (int x = 0; x < 3; ++x) set(18 - (y - 8) / 2 + x, y);
  }
  return image;
}

// A disc on a ground that changes from corner to corner; `variant` changes its colors.
Image draw_scene(int variant) {
  Image image = image::make_image(160, 120, 3);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const bool is_disc = (x - 80) * (x - 80) + (y - 60) * (y - 60) < 40 * 40;
      const auto pixel = image.row(y).subspan(3 * static_cast<std::size_t>(x), 3);
      pixel[0] = static_cast<std::uint8_t>(is_disc ? 220 - 60 * variant : x);
      pixel[1] = static_cast<std::uint8_t>(is_disc ? 60 + 70 * variant : 255 - y);
      pixel[2] = static_cast<std::uint8_t>(is_disc ? 40 : (x + y) / 2);
    }
  }
  return image;
}

std::vector<float> values_of(const LoadedModel& model, int variant) {
  const InputDescription& input = model.description.input;
  std::vector<float> values;
  if (model.description.form == Form::digits) {
    append_values(draw_digit(variant), input, values);
  } else {
    append_values(fit_picture(draw_scene(variant), input), input, values);
  }
  return values;
}

Tensor batch_of(const LoadedModel& model, std::span<const int> variants) {
  Tensor tensor;
  tensor.shape = model.network->input().shape;
  tensor.shape.front() = static_cast<std::int64_t>(variants.size());
  for (const int variant : variants) {
    const std::vector<float> values = values_of(model, variant);
    tensor.values.insert(tensor.values.end(), values.begin(), values.end());
  }
  return tensor;
}

std::unexpected<Error> wrong(const LoadedModel& model, const std::string& what) {
  return fail(ErrorCode::invalid_argument,
              fmt::format("model {}, version {}: {}", model.description.name, model.version, what));
}

Result<Tensor> ask(const LoadedModel& model, std::span<const int> variants) {
  auto answer = run(model.network->infer(batch_of(model, variants)));
  if (!answer) return wrong(model, "its trial failed: " + answer.error().message);
  const std::vector<std::int64_t> expected{static_cast<std::int64_t>(variants.size()),
                                           static_cast<std::int64_t>(model.description.classes())};
  if (answer->shape != expected) {
    return wrong(model,
                 fmt::format("its trial gave an output '{}' of shape {} for {} pictures; with {} classes it must "
                             "be {}",
                             model.network->output().name, inference::shape_text(answer->shape), variants.size(),
                             model.description.classes(), inference::shape_text(expected)));
  }
  for (const float value : answer->values) {
    if (!std::isfinite(value)) return wrong(model, fmt::format("its trial gave {}, which is no number", value));
  }
  return answer;
}

// What does not lie between 0 and 1 is no probability.
Result<void> check_probabilities(const LoadedModel& model, const Tensor& answer) {
  if (model.description.output.kind != OutputKind::probabilities) return {};
  std::vector<float> values = answer.values;
  make_probabilities(values, model.description.classes(), model.description.output);
  for (const float value : values) {
    if (value >= -0.01F && value <= 1.01F) continue;
    return wrong(model,
                 fmt::format("its output '{}' gave {} in the trial, which is no probability; of scores say kind = "
                             "\"scores\" in [output], of whole numbers that stand for probabilities say their scale",
                             model.network->output().name, value));
  }
  return {};
}

}  // namespace

Result<void> try_out(const LoadedModel& model) {
  constexpr std::array kAlone{0};
  constexpr std::array kTogether{1, 0, 2};
  const auto alone = ask(model, kAlone);
  if (!alone) return forward_error(alone);
  if (auto checked = check_probabilities(model, *alone); !checked) return checked;
  const auto together = ask(model, kTogether);
  if (!together) return forward_error(together);
  const std::size_t columns = model.description.classes();
  double largest = 0;
  double difference = 0;
  for (std::size_t i = 0; i < columns; ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(alone->values[i])));
    difference = std::max(difference, std::abs(static_cast<double>(alone->values[i]) - together->values[columns + i]));
  }
  if (difference <= kTolerance * std::max(largest, 0.1)) return {};
  return wrong(model, fmt::format("its answer about a picture changes by {:.3f} when others are in the same batch; say "
                                  "max = 1 in [batch]",
                                  difference));
}

}  // namespace vidi::models

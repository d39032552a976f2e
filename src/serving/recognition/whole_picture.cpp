#include "recognition/whole_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "image/resample.hpp"
#include "models/preprocess.hpp"
#include "recognition/candidates.hpp"

namespace vidi::recognition {
namespace {

using telemetry::Stage;
using telemetry::Stopwatch;

// What a person can look at without a lens.
constexpr int kLookedAt = 224;

// A digit has been told from what is none by where it was found; a whole picture only by the class of none.
bool none_is_likelier(std::span<const float> probabilities, double best, const models::Description& description) {
  return description.form == models::Form::picture && description.has_none &&
         static_cast<double>(probabilities[description.labels.size()]) > best;
}

}  // namespace

Result<WholePicture> fit_to_network(const image::PictureFile& file, const models::InputDescription& input,
                                    telemetry::Stages* stages) {
  const auto header = file.header();
  if (!header) return forward_error(header);
  try {
    auto decoded = [&] {
      const Stopwatch watch(stages, Stage::decode);
      return file.decode_scaled(models::enough_pixels(header->width, header->height, input));
    }();
    if (!decoded) return forward_error(decoded);
    const Stopwatch watch(stages, Stage::prepare);
    WholePicture picture;
    picture.seen = models::fit_picture(std::move(decoded->image), input);
    return picture;
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal, fmt::format("the picture could not be resized: {}", error.what()));
  }
}

Task<Result<void>> classify(WholePicture& picture, const models::LoadedModel& model, telemetry::Stages* stages,
                            inference::Deadline deadline) {
  inference::Tensor input;
  {
    const Stopwatch watch(stages, Stage::prepare);
    input.shape = model.network->input().shape;
    input.shape.front() = 1;
    models::append_values(picture.seen, model.description.input, input.values);
  }
  Result<inference::Tensor> output;
  {
    const Stopwatch watch(stages, Stage::infer);
    output = co_await model.network->infer(std::move(input), deadline);
  }
  if (!output) co_return forward_error(output);
  picture.probabilities = std::move(output->values);
  models::make_probabilities(picture.probabilities, model.description.classes(), model.description.output);
  co_return Result<void>{};
}

void describe_picture(std::span<const float> probabilities, const models::Description& description,
                      std::size_t candidates, records::Prediction& prediction) {
  prediction.candidates = best_candidates(probabilities, description.labels, std::max<std::size_t>(1, candidates));
  const records::Candidate& best = prediction.candidates.front();
  const bool none_wins = none_is_likelier(probabilities, best.probability, description);
  if (best.probability >= description.least_probability && !none_wins) {
    prediction.result = best.label;
    prediction.confidence = best.probability;
    return;
  }
  prediction.confidence = 0;
  if (!description.unknown.empty()) {
    prediction.reason = unknown_text(description, "");
  } else if (none_wins) {
    prediction.reason = "the picture shows none of the model's labels";
  } else {
    prediction.reason = fmt::format(
        "the model is not sure enough: the likeliest label, {}, has a probability of {:.2f}, and an answer "
        "takes {:.2f}",
        best.label, best.probability, description.least_probability);
  }
}

std::string unknown_text(const models::Description& description, std::string_view language) {
  if (language.empty() && description.information != nullptr) language = description.information->languages.front();
  return std::string(models::text_in(description.unknown, language.empty() ? "en" : language));
}

image::Image explain_picture(const image::Image& seen) {
  const int larger = std::max(1, kLookedAt / std::max(seen.width, seen.height));
  const int channels = 3;
  image::Image picture = image::make_image(seen.width * larger, seen.height * larger, channels);
  for (int y = 0; y < picture.height; ++y) {
    const auto source = seen.row(y / larger);
    auto target = picture.row(y).begin();
    for (int x = 0; x < picture.width; ++x) {
      const std::size_t pixel = static_cast<std::size_t>(x / larger) * static_cast<std::size_t>(seen.channels);
      for (int c = 0; c < channels; ++c)
        *target++ = source[pixel + (seen.channels == 1 ? 0 : static_cast<std::size_t>(c))];
    }
  }
  return picture;
}

}  // namespace vidi::recognition

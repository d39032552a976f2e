#pragma once
// A picture as one thing that has one label: models of the form "picture".

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/task.hpp"
#include "image/picture_file.hpp"
#include "models/loaded_model.hpp"
#include "records/prediction.hpp"
#include "telemetry/request_record.hpp"

namespace vidi::recognition {

struct WholePicture {
  image::Image seen;                 // as the network sees it: its size, gray or red, green, blue
  std::vector<float> probabilities;  // of each class, filled in by classify()
};

// Decodes a picture file, upright, and brings it to the network's size: processor work.
// Errors: those of PictureFile::decode(); internal (a lack of memory). `stages` may be null, here and below.
Result<WholePicture> fit_to_network(const image::PictureFile& file, const models::InputDescription& input,
                                    telemetry::Stages* stages = nullptr);

// Asks the model. Errors: the model's. `picture` and `model` must outlive the task.
Task<Result<void>> classify(WholePicture& picture, const models::LoadedModel& model,
                            telemetry::Stages* stages = nullptr, inference::Deadline deadline = inference::kNoDeadline);

// Result, confidence and candidates (at most that many); where no label is likely enough, or none of them is likelier,
// the candidates and the reason: the model's own, where it has one.
void describe_picture(std::span<const float> probabilities, const models::Description& description,
                      std::size_t candidates, records::Prediction& prediction);

// What a model says of a picture without a result, in that language where it has it; the empty one is the language of
// records: the first of its information, else English. Its `unknown` is not empty.
std::string unknown_text(const models::Description& description, std::string_view language);

// What the network saw, in color, and large enough to look at.
image::Image explain_picture(const image::Image& seen);

}  // namespace vidi::recognition

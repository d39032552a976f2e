#pragma once
// The one digit of a picture in MNIST's form: what a data set is made of.

#include <optional>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/task.hpp"
#include "digits/form.hpp"
#include "image/picture_file.hpp"
#include "models/repository.hpp"

namespace vidi::recognition {

// Absent: there is not exactly one. Where several places may hold digits, the model chooses among them, be it as unsure
// of the digit as it may: what it was wrong about is what a data set is wanted for.
// Errors: those of image::decode(), the model's. `picture` and `model` must outlive the task.
Task<Result<std::optional<digits::Form>>> find_single_digit(ByteView picture, const models::LoadedModel& model,
                                                            image::DecodeLimits limits);

}  // namespace vidi::recognition

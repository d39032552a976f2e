#pragma once
// How one kind of model is trained: what `vidi train NAME` runs. job.hpp does the rest, from reading the data to
// writing the files. To add a recipe is to write one implementation and its line in apps/vidi-train.

#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "datasets/accuracy.hpp"
#include "recipes/image_range.hpp"
#include "recipes/model_card.hpp"
#include "recipes/training_loop.hpp"

namespace vidi::recipes {

// One thread at a time. Pictures are MNIST's.
class Recipe {
 public:
  virtual ~Recipe() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;   // of the recipe: "softmax"
  [[nodiscard]] virtual std::string_view model() const = 0;  // of the model's folder: "digits-softmax"

  // Every option that changes the model, as the command line takes them.
  [[nodiscard]] virtual std::string options() const = 0;

  // Choices that cannot be known from the training alone are made on `held_out`, which may be empty. When the session
  // is stopped, the model is of no use. Errors: invalid_argument (options or pictures), those of run_steps.
  virtual Result<void> train(const ImageRange& images, const ImageRange& held_out, const Session& session) = 0;

  // After train(), on the model as to_onnx() writes it.
  virtual datasets::Accuracy evaluate(const ImageRange& images) = 0;
  virtual Result<Bytes> to_onnx() = 0;

  // Fills in what the recipe knows of the model.
  virtual void describe(ModelCard& card) const = 0;
};

}  // namespace vidi::recipes

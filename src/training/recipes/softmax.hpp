#pragma once
// Softmax regression, as TensorFlow's "MNIST for ML beginners" trains it: y = softmax(x W + b), cross-entropy, plain
// gradient descent from zeros.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "datasets/accuracy.hpp"
#include "recipes/image_range.hpp"
#include "recipes/recipe.hpp"
#include "recipes/training_loop.hpp"

namespace vidi::recipes {

// How the learning rate changes from the first step to the last.
enum class Decay { none, linear };

struct SoftmaxOptions {
  std::size_t steps = 1000;
  double rate = 0.5;  // of the first step
  Decay decay = Decay::none;
  std::size_t batch = 100;
  double average = 0.0;  // the part of the steps, the last ones, whose weights are averaged; 0: the last step's alone
  std::uint64_t seed = 1;
};

struct SoftmaxRegression {
  std::vector<float> weights;  // kDigitPixels x kDigitClasses, the class changing fastest
  std::vector<float> biases;   // kDigitClasses
};

// The same images and options give the same model to the last bit, where the same BLAS is installed. A session that
// is stopped gives the model as far as it came. To be called before other threads
// start and before anything else computes with ATen: it chooses for the whole process how ATen computes.
// Errors: invalid_argument (options out of range, or pictures that are not 28x28), those of run_steps.
Result<SoftmaxRegression> train_softmax(const ImageRange& images, const SoftmaxOptions& options,
                                        const Session& session);

// How many of the pictures the model gets right.
datasets::Accuracy evaluate(const SoftmaxRegression& model, const ImageRange& images);

// Input `image` (n, 28, 28, 1), 0..1, light on dark; output `probabilities` (n, 10).
Result<Bytes> to_onnx(const SoftmaxRegression& model);

// All of that as `vidi train softmax`.
std::unique_ptr<Recipe> make_softmax_recipe(const SoftmaxOptions& options);

}  // namespace vidi::recipes

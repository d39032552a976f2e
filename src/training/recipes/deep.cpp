#include "recipes/deep.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>

#include "recipes/cascade.hpp"
#include "recipes/deep_network.hpp"
#include "recipes/rejection.hpp"
#include "recipes/schedule.hpp"
#include "recipes/tensors.hpp"
#include "samples/batch_queue.hpp"
#include "samples/sampler.hpp"

namespace vidi::recipes {
namespace {

using samples::Sample;

static_assert(samples::kNone == kDigitClasses);

// The first network is small and answers alone when it is sure, so it is shown a bit of everything. The further ones
// are asked about what is left; they are wider, and see more of MNIST: networks that were shown different things err on
// different digits, and are right more often together. The last quarter of a training is calmer, and nearer to MNIST.
constexpr std::size_t kFirstChannels = 32;
constexpr std::size_t kFurtherChannels = 48;
constexpr double kCalmFrom = 0.75;
constexpr samples::Mix kNearMix{.scenes = 18, .strangers = 12, .none = 14};
constexpr samples::Mix kFarMix{};
constexpr samples::Mix kCalmNearMix{.scenes = 14, .strangers = 9, .none = 11, .untouched = 0.25, .gentle = 0.6};
constexpr samples::Mix kCalmFarMix{.scenes = 20, .strangers = 14, .none = 14, .untouched = 0.25, .gentle = 0.6};

samples::Handwriting handwriting_of(const ImageRange& images) {
  samples::Handwriting handwriting;
  for (std::size_t i = 0; i < images.count; ++i) {
    handwriting.digits.push_back({images.image(i).data(), images.label(i)});
  }
  return handwriting;
}

at::Tensor pixels_of(std::span<const Sample> batch) {
  at::Tensor pixels = at::empty({std::ssize(batch), static_cast<std::int64_t>(kDigitPixels)}, at::kFloat);
  auto* pixel = pixels.data_ptr<float>();
  for (const Sample& sample : batch) {
    pixel = std::ranges::transform(sample.form, pixel, [](std::uint8_t value) {
              return static_cast<float>(value) * (1.0F / 255.0F);
            }).out;
  }
  return pixels;
}

at::Tensor labels_of(std::span<const Sample> batch) {
  at::Tensor labels = at::empty({std::ssize(batch)}, at::kLong);
  std::ranges::transform(batch, labels.data_ptr<std::int64_t>(),
                         [](const Sample& sample) { return std::int64_t{sample.label}; });
  return labels;
}

Cascade cascade_of(std::span<const std::unique_ptr<DeepNetwork>> members) {
  std::vector<FoldedNetwork> folded;
  for (const auto& member : members) folded.push_back(member->fold());
  return Cascade(std::move(folded));
}

datasets::Accuracy evaluate(const Cascade& network, const ImageRange& images) {
  return measure(images, [&](const at::Tensor& pixels) {
    return network.ask(pixels).probabilities.narrow(1, 0, static_cast<std::int64_t>(kDigitClasses));
  });
}

// Which networks learn when: the first two side by side, so that a cascade is there early, then each further one by
// itself. So a training of more networks begins as a training of fewer.
class Rounds {
 public:
  Rounds(std::size_t members, std::size_t steps)
      : first_(std::min<std::size_t>(members, 2)), members_(members), steps_(steps) {}

  struct Turn {
    std::size_t member = 0;
    std::size_t step = 0;  // of the member
  };

  [[nodiscard]] std::size_t steps_of_member() const { return steps_; }
  [[nodiscard]] std::size_t steps() const { return steps_ * (members_ - first_ + 1); }

  // The members that learn in that step of the training: so many, from that one on.
  [[nodiscard]] std::size_t first_in(std::size_t step) const { return step < steps_ ? 0 : first_ + step / steps_ - 1; }
  [[nodiscard]] std::size_t count_in(std::size_t step) const { return step < steps_ ? first_ : 1; }

  // How many batches are taken before that step.
  [[nodiscard]] std::size_t batches_before(std::size_t step) const {
    return step < steps_ ? step * first_ : steps_ * (first_ - 1) + step;
  }

  // Whose that batch is.
  [[nodiscard]] Turn turn(std::size_t batch) const {
    if (batch < steps_ * first_) return {.member = batch % first_, .step = batch / first_};
    const std::size_t later = batch - steps_ * first_;
    return {.member = first_ + later / steps_, .step = later % steps_};
  }

 private:
  const std::size_t first_;
  const std::size_t members_;
  const std::size_t steps_;
};

class DeepTrainee final : public Trainee {
 public:
  DeepTrainee(const ImageRange& images, const ImageRange& held_out, const samples::Sampler& sampler,
              const samples::Library& library, const DeepOptions& options, ProgressReporter& progress)
      : held_out_(held_out),
        sampler_(sampler),
        library_(library),
        options_(options),
        progress_(progress),
        epoch_steps_(std::max<std::size_t>(images.count / options.batch, 1)),
        rounds_(options.members, epoch_steps_ * options.epochs) {
    for (std::size_t i = 0; i < options.members; ++i) {
      members_.push_back(std::make_unique<DeepNetwork>(options.seed + i, i == 0 ? kFirstChannels : kFurtherChannels));
    }
  }

  [[nodiscard]] std::size_t steps() const { return rounds_.steps(); }
  [[nodiscard]] std::span<const std::unique_ptr<DeepNetwork>> members() const { return members_; }

  Result<StepResult> step(std::size_t number) override {
    if (!queue_) start_drawing(number);
    const std::size_t first = rounds_.first_in(number);
    const std::size_t count = rounds_.count_in(number);
    const std::size_t own_step = number % rounds_.steps_of_member();
    StepResult mean{};
    for (const auto& member : std::span(members_).subspan(first, count)) {
      const StepResult result = step_of(*member, own_step);
      mean.loss += result.loss / static_cast<double>(count);
      mean.accuracy += result.accuracy / static_cast<double>(count);
    }
    if ((number + 1) % epoch_steps_ == 0) note_epoch((number + 1) / epoch_steps_, first + count);
    return mean;
  }

  std::vector<NamedValues> state() override {
    std::vector<NamedValues> state;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      for (NamedValues& values : members_[i]->state()) {
        values.name = fmt::format("member_{}_{}", i + 1, values.name);
        state.push_back(std::move(values));
      }
    }
    return state;
  }

 private:
  StepResult step_of(DeepNetwork& member, std::size_t own_step) {
    const std::vector<Sample> batch = queue_->take();
    const at::Tensor labels = labels_of(batch);
    const at::Tensor scores = member.scores(pixels_of(batch), options_.bfloat16);
    constexpr std::int64_t kMeanOfBatch = 1;  // at::Reduction::Mean
    constexpr std::int64_t kIgnoreNothing = -100;
    const at::Tensor loss =
        at::cross_entropy_loss(scores, labels, {}, kMeanOfBatch, kIgnoreNothing, options_.smoothing);
    loss.backward();
    // The running mean follows quickly at first, when there is nothing to remember.
    const auto done = static_cast<double>(own_step);
    const double mean_decay = std::min(0.999, (1.0 + done) / (10.0 + done));
    member.descend({.rate = rate_at(own_step), .mean_decay = mean_decay});
    return {.loss = loss.item<float>(), .accuracy = accuracy_of(scores, labels)};
  }

  void start_drawing(std::size_t step) {
    const auto draw = [this](std::uint64_t batch) {
      const auto [member, own_step] = rounds_.turn(batch);
      const bool calm = static_cast<double>(own_step) >= kCalmFrom * static_cast<double>(rounds_.steps_of_member());
      const bool near = member > 0;
      const samples::Mix& mix = near ? (calm ? kCalmNearMix : kNearMix) : (calm ? kCalmFarMix : kFarMix);
      return sampler_.draw(options_.batch, mix, library_, options_.seed, batch);
    };
    queue_.emplace(draw, rounds_.batches_before(step), options_.data_threads);
  }

  // Up in a twentieth of the steps, then down along a cosine (Loshchilov and Hutter 2017).
  [[nodiscard]] double rate_at(std::size_t step) const {
    const double done = (static_cast<double>(step) + 1.0) / static_cast<double>(rounds_.steps_of_member());
    constexpr double kRise = 0.05;
    if (done < kRise) return options_.rate * done / kRise;
    return options_.rate * 0.5 * (1.0 + std::cos(std::numbers::pi * (done - kRise) / (1.0 - kRise)));
  }

  // Of the cascade of the networks that have learnt.
  void note_epoch(std::size_t epoch, std::size_t members) {
    const datasets::Accuracy accuracy = evaluate(cascade_of(std::span(members_).first(members)), held_out_);
    progress_.note(fmt::format("epoch {} of {}: {:.2f} % of the {} held-out images", epoch, steps() / epoch_steps_,
                               100.0 * accuracy.fraction(), datasets::with_thousands(accuracy.count)));
  }

  const ImageRange held_out_;
  const samples::Sampler& sampler_;
  const samples::Library& library_;
  const DeepOptions options_;
  ProgressReporter& progress_;
  const std::size_t epoch_steps_;
  const Rounds rounds_;
  std::vector<std::unique_ptr<DeepNetwork>> members_;
  std::optional<samples::BatchQueue> queue_;
};

HeldOutAnswer answer_of(const float* probabilities, std::uint8_t label) {
  const float* likeliest = std::max_element(probabilities, probabilities + kDigitClasses);
  return {.label = label, .likeliest = static_cast<std::uint8_t>(likeliest - probabilities), .probability = *likeliest};
}

struct Judgment {
  std::vector<HeldOutAnswer> answers;
  double unsure = 0;  // the part of which the first network is not sure
};

Judgment judge(const Cascade& network, std::span<const Sample> batch) {
  Judgment judgment;
  std::size_t unsure = 0;
  constexpr std::size_t kChunk = 1000;
  for (std::size_t first = 0; first < batch.size(); first += kChunk) {
    const auto part = batch.subspan(first, std::min(kChunk, batch.size() - first));
    const Cascade::Answers answers = network.ask(pixels_of(part));
    unsure += answers.unsure;
    const at::Tensor probabilities = answers.probabilities.contiguous();
    const auto* row = probabilities.data_ptr<float>();
    for (const Sample& sample : part) {
      judgment.answers.push_back(answer_of(row, sample.label));
      row += kDeepClasses;
    }
  }
  if (!batch.empty()) judgment.unsure = static_cast<double>(unsure) / static_cast<double>(batch.size());
  return judgment;
}

// While nothing else is computed.
std::size_t threads(const DeepOptions& options) {
  return std::max(static_cast<std::size_t>(options.threads), options.data_threads);
}

// What the threshold is, and what it does to held-out samples.
struct Calibration {
  double least_probability = 0;
  double plain_unsure = 0;   // of MNIST's pictures: more than the first network was asked about them
  double found_unsure = 0;   // of digits in pictures
  double plain_lost = 0;     // of MNIST's pictures
  double found_lost = 0;     // of digits in pictures
  double found_right = 0;    // of digits in pictures that were accepted
  double none_accepted = 0;  // of what is no digit
};

Calibration calibrate(const Cascade& network, const ImageRange& held_out, const std::vector<samples::Font>& fonts,
                      const DeepOptions& options) {
  std::vector<Sample> plain(held_out.count);
  for (std::size_t i = 0; i < held_out.count; ++i) {
    std::ranges::copy(held_out.image(i), plain[i].form.begin());
    plain[i].label = held_out.label(i);
  }
  const samples::Handwriting handwriting = handwriting_of(held_out);
  samples::Library found =
      samples::Sampler(handwriting, fonts).fill_library(options.library / 8, ~options.seed, threads(options));
  found.scenes.insert(found.scenes.end(), found.strangers.begin(), found.strangers.end());
  const auto [plain_digits, plain_unsure] = judge(network, plain);
  const auto [found_digits, found_unsure] = judge(network, found.scenes);
  const std::vector<HeldOutAnswer> none = judge(network, found.none).answers;
  const std::array<Limit, 2> limits{{{plain_digits, 0.002}, {found_digits, 0.005}}};
  Calibration calibration{.least_probability = recipes::calibrate(limits)};
  calibration.plain_unsure = plain_unsure;
  calibration.found_unsure = found_unsure;
  calibration.plain_lost = 1.0 - accepted_part(plain_digits, calibration.least_probability);
  calibration.found_lost = 1.0 - accepted_part(found_digits, calibration.least_probability);
  calibration.none_accepted = accepted_part(none, calibration.least_probability);
  std::vector<HeldOutAnswer> kept;
  std::ranges::copy_if(found_digits, std::back_inserter(kept),
                       [&](const HeldOutAnswer& answer) { return accepted(answer, calibration.least_probability); });
  const auto right =
      std::ranges::count_if(kept, [](const HeldOutAnswer& answer) { return answer.likeliest == answer.label; });
  calibration.found_right = kept.empty() ? 0 : static_cast<double>(right) / static_cast<double>(kept.size());
  return calibration;
}

Result<void> check(const ImageRange& images, const ImageRange& held_out, const DeepOptions& options) {
  const auto refuse = [](const std::string& message) { return fail(ErrorCode::invalid_argument, message); };
  if (auto good = check_steps("epochs", options.epochs); !good) return good;
  if (auto good = check_rate(options.rate); !good) return good;
  if (options.members == 0) return refuse("no networks to train: at least 1 member is needed");
  if (!(options.smoothing >= 0.0 && options.smoothing < 1.0)) {
    return refuse(fmt::format("the smoothing is {}; it must be from 0 to less than 1", options.smoothing));
  }
  if (auto good = check_batch(options.batch, 2, images.count); !good) return good;
  if (held_out.count == 0) return refuse("some images must be held out: they decide how sure a digit must be");
  return {};
}

class DeepRecipe final : public Recipe {
 public:
  explicit DeepRecipe(DeepOptions options) : options_(std::move(options)) {}

  [[nodiscard]] std::string_view name() const override { return "deep"; }
  [[nodiscard]] std::string_view model() const override { return "digits"; }

  [[nodiscard]] std::string options() const override {
    std::string text = fmt::format(" --epochs {} --rate {} --batch {} --smoothing {} --library {}", options_.epochs,
                                   options_.rate, options_.batch, options_.smoothing, options_.library);
    text += fmt::format(" --members {}", options_.members);
    if (options_.bfloat16) text += " --bfloat16";
    return text + fmt::format(" --seed {}", options_.seed);
  }

  Result<void> train(const ImageRange& images, const ImageRange& held_out, const Session& session) override {
    if (auto good = check(images, held_out, options_); !good) return good;
    auto fonts = samples::load_fonts(options_.fonts.empty() ? samples::default_font_folders() : options_.fonts);
    if (!fonts) return forward_error(fonts);
    fonts_ = fonts->size();
    at::set_num_threads(options_.threads);
    const samples::Handwriting handwriting = handwriting_of(images);
    const samples::Sampler sampler(handwriting, *fonts);
    session.progress.note(fmt::format("drawing pictures until they hold {} forms, in {} fonts",
                                      datasets::with_thousands(options_.library), fonts_));
    const samples::Library library = sampler.fill_library(options_.library, options_.seed, threads(options_));
    session.progress.note(fmt::format("found {} digits, and {} of what is none",
                                      datasets::with_thousands(library.scenes.size() + library.strangers.size()),
                                      datasets::with_thousands(library.none.size())));
    DeepTrainee trainee(images, held_out, sampler, library, options_, session.progress);
    steps_ = trainee.steps();
    if (auto done = run_steps(trainee, steps_, session); !done) return done;
    if (session.stop) return {};
    network_ = std::make_unique<Cascade>(cascade_of(trainee.members()));
    calibration_ = calibrate(*network_, held_out, *fonts, options_);
    return {};
  }

  datasets::Accuracy evaluate(const ImageRange& images) override { return recipes::evaluate(*network_, images); }

  Result<Bytes> to_onnx() override { return network_->to_onnx("digits"); }

  void describe(ModelCard& card) const override {
    card.description = "Deep convolutional network, trained on MNIST and on drawn, printed and photographed digits";
    card.rejection = {.none = true, .least_probability = calibration_.least_probability};
    card.training.seed = options_.seed;
    card.training.steps = steps_;
    card.training.figures = {{"fonts", static_cast<double>(fonts_)},
                             {"validation_unsure", calibration_.plain_unsure},
                             {"validation_scene_unsure", calibration_.found_unsure},
                             {"validation_lost", calibration_.plain_lost},
                             {"validation_scene_lost", calibration_.found_lost},
                             {"validation_scene_accuracy", calibration_.found_right},
                             {"validation_none_accepted", calibration_.none_accepted}};
  }

 private:
  const DeepOptions options_;
  std::size_t fonts_ = 0;
  std::size_t steps_ = 0;
  std::unique_ptr<Cascade> network_;
  Calibration calibration_;
};

}  // namespace

std::unique_ptr<Recipe> make_deep_recipe(const DeepOptions& options) { return std::make_unique<DeepRecipe>(options); }

}  // namespace vidi::recipes

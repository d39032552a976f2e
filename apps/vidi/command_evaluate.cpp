#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "commands.hpp"
#include "datasets/accuracy.hpp"
#include "datasets/mnist.hpp"
#include "image/encode.hpp"
#include "program_settings.hpp"

namespace vidi::app {
namespace {

constexpr std::size_t kDigits = 10;

// confusion[label][answer]; the last column counts pictures without an answer.
using Confusion = std::array<std::array<std::size_t, kDigits + 1>, kDigits>;

// Every picture takes the whole way that an uploaded one takes, from the bytes of a PNG file on.
Confusion measure(recognition::Recognizer& recognizer, const datasets::LabelledImages& images,
                  const std::string& model) {
  Confusion confusion{};
  for (std::size_t i = 0; i < images.size(); ++i) {
    image::Image picture = image::make_image(static_cast<int>(images.columns), static_cast<int>(images.rows), 1);
    std::ranges::copy(images.image(i), picture.pixels.begin());
    recognition::Upload upload;
    upload.bytes = image::encode_png(picture);
    const auto prediction = run(recognizer.recognize(upload, model));
    if (!prediction) throw std::runtime_error(fmt::format("picture {}: {}", i, prediction.error().message));
    const std::string answer = prediction->result.value_or("");
    const bool is_digit = answer.size() == 1 && answer[0] >= '0' && answer[0] <= '9';
    ++confusion[images.labels[i]][is_digit ? static_cast<std::size_t>(answer[0] - '0') : kDigits];
  }
  return confusion;
}

void print(const Confusion& confusion) {
  datasets::Accuracy accuracy;
  for (std::size_t label = 0; label < kDigits; ++label) {
    accuracy.correct += confusion[label][label];
    for (const std::size_t count : confusion[label]) accuracy.count += count;
  }
  fmt::print("accuracy: {}\n\nconfusion (rows: label, columns: answer)\n     ", datasets::describe(accuracy));
  for (std::size_t answer = 0; answer < kDigits; ++answer) fmt::print("{:>6}", answer);
  fmt::print("  none\n");
  for (std::size_t label = 0; label < kDigits; ++label) {
    fmt::print("{:>5}", label);
    for (const std::size_t count : confusion[label]) fmt::print("{:>6}", count);
    fmt::print("\n");
  }
}

int evaluate(const std::string& folder, const Settings& settings) {
  const auto images = datasets::load_mnist(folder, datasets::Split::test);
  if (!images) throw std::runtime_error(images.error().message);
  recognition::Recognizer recognizer(open_models(settings), recognizer_options(settings));
  print(measure(recognizer, *images, settings.text("model")));
  return 0;
}

}  // namespace

Command add_evaluate(CLI::App& program) {
  CLI::App* command = program.add_subcommand("evaluate", "Measure a model on MNIST's test images");
  auto folder = std::make_shared<std::string>();
  command->add_option("--data", *folder, "Folder with MNIST's t10k files, plain or gzipped")->required();
  auto flags = std::make_shared<SettingFlags>(*command, std::vector<std::string_view>{"model", "models"});
  return [folder, flags] { return evaluate(*folder, flags->read()); };
}

}  // namespace vidi::app

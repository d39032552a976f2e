#include "models/suggest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "inference/load.hpp"
#include "models/folder_state.hpp"
#include "models/network_file.hpp"

namespace vidi::models {
namespace {

namespace fs = std::filesystem;
using inference::Port;
using inference::Ports;

// What the shape of an input says of the pictures it takes.
struct Guess {
  std::string layout = "NHWC";
  std::int64_t width = 224;
  std::int64_t height = 224;
  std::int64_t channels = 3;
};

Guess guess_of(const std::vector<std::int64_t>& shape) {
  Guess guess;
  const auto size = [](std::int64_t found) { return found > 0 ? found : 224; };
  if (shape.size() == 4 && (shape[1] == 1 || shape[1] == 3) && shape[3] != 1 && shape[3] != 3) {
    return {.layout = "NCHW", .width = size(shape[3]), .height = size(shape[2]), .channels = shape[1]};
  }
  if (shape.size() == 4) {
    return {.width = size(shape[2]), .height = size(shape[1]), .channels = shape[3] == 1 ? 1 : 3};
  }
  if (shape.size() == 3) return {.width = size(shape[2]), .height = size(shape[1]), .channels = 1};
  if (shape.size() == 2 && shape[1] == 784) return {.width = 28, .height = 28, .channels = 1};
  return guess;
}

// The one that a picture can be fed to; the others need constants.
std::optional<Port> picture_input(const Ports& ports) {
  for (const Port& port : ports.inputs) {
    if (port.shape && (port.shape->size() == 4 || port.shape->size() == 3)) return port;
  }
  for (const Port& port : ports.inputs) {
    if (port.shape && port.shape->size() == 2 && (*port.shape)[1] != 1) return port;
  }
  return std::nullopt;
}

// Of a graph with its training, the outputs that a person would name.
bool is_of_training(const std::string& name) {
  for (const char* part : {"gradients/", "save/", "init", "Gradient", "Adam", "Mean"}) {
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

bool sounds_like_classes(const std::string& name) {
  for (const char* part : {"logit", "prob", "soft", "score", "class", "pred"}) {
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

std::optional<Port> class_output(const Ports& ports) {
  for (const Port& port : ports.outputs) {
    if (port.shape && port.shape->size() == 2 && sounds_like_classes(port.name) && !is_of_training(port.name))
      return port;
  }
  for (const Port& port : ports.outputs) {
    if (port.shape && port.shape->size() == 2 && !is_of_training(port.name)) return port;
  }
  for (const Port& port : ports.outputs) {
    if (!is_of_training(port.name)) return port;
  }
  return std::nullopt;
}

std::string constants_of(const Ports& ports, const Port& input) {
  std::string text;
  for (const Port& port : ports.inputs) {
    const bool is_number = !port.shape || port.shape->empty();
    if (port.name != input.name && is_number) text += fmt::format("\"{}\" = 1.0\n", port.name);
  }
  return text.empty() ? "" : "\n[input.constants]\n" + text;
}

std::string other_outputs(const Ports& ports, const Port& output) {
  std::vector<std::string> names;
  for (const Port& port : ports.outputs) {
    if (port.name != output.name && !is_of_training(port.name)) names.push_back(port.name);
  }
  return names.empty() ? "" : fmt::format("  # there are also {}", fmt::join(names, ", "));
}

std::string write_description(const std::string& name, const Ports& ports, const Port& input, const Port& output) {
  const Guess guess = guess_of(*input.shape);
  const bool is_digits = guess.width == 28 && guess.height == 28 && guess.channels == 1;
  const bool is_float = input.type.starts_with('f');
  const std::int64_t classes = output.shape && output.shape->size() == 2 ? (*output.shape)[1] : -1;
  return fmt::format(
      "format = 1\nname = \"{}\"\nform = \"{}\"\nlabels_file = \"labels.txt\"  # {} lines, one for each class of the "
      "output\n\n[input]\nname = \"{}\"\nlayout = \"{}\"\nwidth = {}\nheight = {}\nchannels = {}\nscale = {}  # the "
      "network "
      "sees value * scale + offset, values from 0 to 255\noffset = 0.0\n{}\n[output]\nname = \"{}\"{}\nkind = \"{}\"  "
      "# or "
      "\"{}\"\n",
      name, is_digits ? "digits" : "picture", classes > 0 ? std::to_string(classes) : "as many", input.name,
      guess.layout, guess.width, guess.height, guess.channels, is_float ? "0.00392156862745098" : "1.0",
      constants_of(ports, input), output.name, other_outputs(ports, output),
      output.is_softmax ? "probabilities" : "scores", output.is_softmax ? "scores" : "probabilities");
}

}  // namespace

std::string suggestion(const fs::path& folder) {
  const auto state = look_at_model(folder);
  if (!state || state->versions.empty()) return "";
  const auto file = find_network(folder / std::to_string(state->versions.rbegin()->first));
  if (!file) return "; besides, " + file.error().message;
  const auto ports = inference::list_ports(file->path.string());
  if (!ports) return "; besides, " + ports.error().message;
  const auto input = picture_input(*ports);
  const auto output = class_output(*ports);
  if (!input || !output) return "; the network has no input that takes pictures, or no output of classes";
  return "; it could begin as this one:\n\n" + write_description(folder.filename().string(), *ports, *input, *output);
}

}  // namespace vidi::models

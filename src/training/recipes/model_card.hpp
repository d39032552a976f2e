#pragma once
// What a model is, how it takes its input and where it comes from: the content of NAME/model.toml.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/digest.hpp"
#include "datasets/accuracy.hpp"

namespace vidi::recipes {

// A model of digits that takes MNIST's form.
struct ModelCard {
  struct Training {
    std::string recipe;
    std::string command;  // what trains it again, with DIR for the data's folder
    std::uint64_t seed = 0;
    std::size_t steps = 0;
    std::string data;
    Digest data_digest;
    std::optional<datasets::Accuracy> validation;  // absent when nothing was held out
    datasets::Accuracy test;
    std::vector<std::pair<std::string, double>> figures;  // what else was measured on held-out images
  };
  struct Rejection {
    bool none = false;             // after the labels the output has one more class
    double least_probability = 0;  // of the likeliest label
  };

  std::string name;
  std::string description;
  std::string form = "digits";
  std::vector<std::string> labels;
  std::optional<Rejection> rejection;
  Training training;
};

// The text of model.toml, the same on every machine.
std::string to_toml(const ModelCard& card);

}  // namespace vidi::recipes

#pragma once
// What a model is, how it takes its input and where it comes from: the content of NAME/model.toml.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "datasets/accuracy.hpp"

namespace vidi::training {

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
  };

  std::string name;
  std::string description;
  std::string form = "digits";
  std::vector<std::string> labels;
  Training training;
};

// The text of model.toml, the same on every machine.
std::string to_toml(const ModelCard& card);

}  // namespace vidi::training

#pragma once
// The model.toml of a classifier of pictures.

#include <filesystem>
#include <optional>
#include <string>

#include "classifier/classifier.hpp"
#include "classifier/evaluation.hpp"
#include "classifier/feature_table.hpp"
#include "core/result.hpp"

namespace vidi::classifier {

// What the backbone says of itself in FOLDER/model.toml.
struct BackboneCard {
  std::string input;   // its table [input], with that heading, as text
  std::string output;  // the name of the features; empty: it has one output
};

// Error invalid_argument: there is no such file, or it has no [input].
Result<BackboneCard> read_backbone_card(const std::filesystem::path& folder);

struct Card {
  std::string name;
  std::string description;
  std::string unknown;      // what is said of a picture of none
  std::string information;  // a file beside it; empty: none
  BackboneCard backbone;
  std::string command;
  const Origin& origin;
  const Trained& trained;
  std::uint64_t seed = 0;
  std::size_t folds = 0;
  const Origin* test_origin = nullptr;  // with `test`
  const Evaluation* test = nullptr;
};

// The text of model.toml, the same on every machine.
std::string to_toml(const Card& card);

}  // namespace vidi::classifier

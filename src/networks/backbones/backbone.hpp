#pragma once
// Networks that make features of pictures, as ONNX models: ResNet50 with Keras' weights, what ships with vidi, and any
// ONNX file with a model.toml.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "models/description.hpp"

namespace vidi::backbones {

struct Backbone {
  std::string name;                // "resnet50", or what its model.toml says
  Bytes onnx;                      // one input of pictures, float32, the batch first and of any size
  models::InputDescription input;  // what that input takes: models::append_values makes it of a fitted picture
  std::string output;              // float32 (n, columns)
  std::size_t columns = 0;
  std::string weights;  // where they are from, for people: "imagenet", "none, seed 7", "resnet50.h5, SHA-256 ..."
};

struct Choice {
  // "resnet50"; the name of a folder in `folders`; or a path: an ONNX file with a model.toml beside it or above its
  // version's folder, or the folder of that model.toml, of which the latest version is taken.
  std::string backbone = "resnet50";
  // Only of resnet50. "imagenet" (also where it is empty): Keras' own, downloaded once into `cache`; "none": drawn as
  // Keras draws them, from `seed`; else a file that Keras wrote: .h5, .weights.h5 or .keras.
  std::string weights;
  std::uint64_t seed = 0;
  std::string pooling;  // only of resnet50: "max" (also where it is empty) or "avg", over all places of the picture
  int width = 0;        // only of resnet50, pixels, 32 to 4096; 0: 224
  int height = 0;
  std::filesystem::path cache;  // a folder, made when it is needed
  std::string weights_home;     // where "imagenet" is downloaded from, with the last slash; empty: Keras' own home
  std::vector<std::filesystem::path> folders;  // where backbones are looked for by name, in this order
};

// Reads, downloads or makes the network. ResNet50 takes less than a second and up to 350 MB while it is made.
// Errors: not_found (no such backbone or file), invalid_argument (the choice contradicts itself, or the file does not
// hold those weights), undecodable (a damaged file), and those of net::download_file.
Result<Backbone> open_backbone(const Choice& choice);

// Writes FOLDER/model.toml and FOLDER/1/model.onnx, which open_backbone reads as the path FOLDER. What is there is
// replaced; model.toml comes last.
Result<void> save_backbone(const Backbone& backbone, const std::filesystem::path& folder);

}  // namespace vidi::backbones

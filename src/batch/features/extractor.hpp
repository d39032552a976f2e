#pragma once
// Features of pictures that are in memory, for those who bring their own: the executors of a cluster, notebooks.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backbones/backbone.hpp"
#include "core/bytes.hpp"
#include "core/result.hpp"
#include "features/precision_check.hpp"
#include "features/prepare.hpp"
#include "inference/picture_network.hpp"

namespace vidi::features {

struct ExtractorOptions {
  backbones::Choice backbone;
  inference::Precision precision = inference::Precision::f32;
  std::size_t batch = 0;                  // pictures inferred together; 0: chosen
  std::size_t threads = 1;                // that decode and infer; 0: one a processor
  std::size_t variants = 1;               // rows for each picture, itself among them
  std::uint64_t seed = 0;                 // of the variants
  image::DecodeLimits limits;             // of a picture
  std::vector<std::uint8_t> calibration;  // for int8: pictures one behind the other, as prepare() gives them
};

// Any number of threads may use one; each call works on threads of its own.
class Extractor {
 public:
  // A picture's file. `key` names it, and chooses its variants.
  struct File {
    ByteView bytes;
    std::string_view key;
  };
  // A picture without features.
  struct Rejection {
    std::size_t index = 0;  // among the files
    std::string reason;     // one word: rejection_reason()
    std::string detail;     // the same as a sentence
  };

  // Errors: those of backbones::open_backbone and inference::compile_picture_network.
  static Result<std::unique_ptr<Extractor>> open(const ExtractorOptions& options);

  // Makes variants() rows of columns() numbers of each file, in their order; those of a rejected file are 0. `rows`
  // holds as many. Returns the rejections by rising index. Errors: invalid_argument (another size of `rows`), internal.
  Result<std::vector<Rejection>> extract(std::span<const File> files, std::span<float> rows) const;

  // The pictures that the network sees of a file. Errors: as features::prepare().
  [[nodiscard]] Result<std::vector<std::uint8_t>> prepare(const File& file) const;

  // How far this precision is from float32 on such pictures; compiles the network once more. Errors: invalid_argument
  // (none, or part of one), and those of the networks.
  [[nodiscard]] Result<PrecisionCheck> check_precision(std::span<const std::uint8_t> pictures) const;

  [[nodiscard]] std::size_t columns() const { return network_->columns(); }
  [[nodiscard]] std::size_t variants() const { return preparing_.variants; }
  [[nodiscard]] const backbones::Backbone& backbone() const { return backbone_; }
  [[nodiscard]] const inference::PictureNetwork& network() const { return *network_; }

 private:
  class Extraction;

  Extractor() = default;

  backbones::Backbone backbone_;
  PrepareOptions preparing_;
  std::size_t threads_ = 1;
  std::unique_ptr<inference::PictureNetwork> network_;
};

}  // namespace vidi::features

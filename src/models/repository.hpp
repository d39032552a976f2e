#pragma once
// The models of a folder: NAME/model.toml and NAME/VERSION/model.onnx, VERSION a whole number.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "inference/model.hpp"
#include "models/description.hpp"

namespace vidi::models {

// One version of a model, ready to run. Shared by whoever uses it; immutable.
struct LoadedModel {
  Description description;
  std::string version;
  std::unique_ptr<inference::Model> network;
};

class Repository {
 public:
  // Loads the latest version of every model in `folder`. Errors: not_found (no such folder, or no model in it),
  // invalid_argument (a model that cannot be loaded; the message names it and says why).
  static Result<Repository> open(const std::string& folder);

  // Models made by the caller, for tests.
  explicit Repository(std::vector<std::shared_ptr<const LoadedModel>> models);

  // Error not_found names the model and those that there are. Any thread.
  [[nodiscard]] Result<std::shared_ptr<const LoadedModel>> find(std::string_view name) const;

  // In alphabetical order.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::map<std::string, std::shared_ptr<const LoadedModel>, std::less<>> models_;
};

}  // namespace vidi::models

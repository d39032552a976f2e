#pragma once
// The models of a folder: NAME/model.toml and NAME/VERSION/ with a network, VERSION a whole number. What changes there
// takes effect while requests are answered.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "models/loaded_model.hpp"

namespace vidi::models {

enum class VersionState {
  ready,        // answers
  loading,      // is being loaded and tried out
  unloading,    // answers no new requests, and is freed after the last that it has
  unavailable,  // was refused, or unloaded on request; the reason says which
};

// As the protocol's repository index writes it: "READY".
std::string_view name(VersionState state);

struct IndexEntry {
  std::string name;
  std::string version;  // empty: the model as a whole, of which no version could be looked for
  VersionState state = VersionState::unavailable;
  std::string reason;  // of one that is ready: why what was changed since does not answer
};

struct WatchOptions {
  std::chrono::milliseconds settle{1000};  // how long nothing may have changed before what did is loaded
  std::chrono::milliseconds poll{30'000};  // how often to look where the system tells nothing; 0: only where it cannot
};

// Every method may be called from any thread.
class Repository {
 public:
  // Loads what the folder holds. A model that cannot be loaded is left out, and the log and index() say why.
  // Errors: not_found (no such folder, or no model in it), invalid_argument (no model could be loaded).
  static Result<Repository> open(const std::string& folder);

  // Models made by the caller, for tests.
  explicit Repository(const std::vector<std::shared_ptr<const LoadedModel>>& models);

  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;
  ~Repository();

  // The version that answers by default, which is the greatest of those that are served. Error not_found names the
  // model and those that there are.
  [[nodiscard]] Result<std::shared_ptr<const LoadedModel>> find(std::string_view name) const;
  // That version. Error not_found names the version and those that there are.
  [[nodiscard]] Result<std::shared_ptr<const LoadedModel>> find(std::string_view name, std::string_view version) const;

  // Of the models that answer, in alphabetical order.
  [[nodiscard]] std::vector<std::string> names() const;

  // Of models by name, then of versions in ascending order.
  [[nodiscard]] std::vector<IndexEntry> index() const;

  // Watches the folder from now on, on a thread of its own, until the repository is destroyed: what appears, changes or
  // goes is loaded, replaced or unloaded once it has settled. Called once.
  void watch(const WatchOptions& options);

  // Looks at the model's folder now, and loads what is new or was unloaded or refused before. Returns when it answers;
  // takes as long as loading does. Errors: not_found (no such model in the folder), invalid_argument (a version was
  // refused; what answered before goes on).
  Result<void> load(std::string_view name);

  // The model answers no more, until load() or until something in its folder changes. Error not_found: there is no such
  // model.
  Result<void> unload(std::string_view name);

 private:
  class Implementation;
  explicit Repository(std::unique_ptr<Implementation> implementation);

  std::unique_ptr<Implementation> implementation_;
};

}  // namespace vidi::models

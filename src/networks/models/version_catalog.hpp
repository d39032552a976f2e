#pragma once
// What is known of every model: which versions answer, which were refused and why, which are on their way in or out.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "models/folder_state.hpp"
#include "models/loaded_model.hpp"
#include "models/repository.hpp"

namespace vidi::models {

using Versions = std::map<std::uint64_t, std::shared_ptr<const LoadedModel>>;

// What requests see: never changed once it is published. No model in it is without versions.
using Snapshot = std::map<std::string, Versions, std::less<>>;

// What a version was made from: its own files, and those of the model.
struct Origin {
  Fingerprint model = 0;
  Fingerprint version = 0;
  bool operator==(const Origin&) const = default;
};

struct Served {
  std::shared_ptr<const LoadedModel> model;
  Origin origin;
};
using AllServed = std::map<std::uint64_t, Served>;

struct Refused {
  std::string reason;
  std::optional<Origin> origin;  // absent: it is tried again whenever something changes
};
using AllRefused = std::map<std::uint64_t, Refused>;

// The version under which a problem of the whole model is noted where it has none.
constexpr std::uint64_t kNoVersion = UINT64_MAX;

// Any thread; every method takes moments only.
class VersionCatalog {
 public:
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const;
  [[nodiscard]] std::vector<IndexEntry> index() const;

  // Of the first model that has one.
  [[nodiscard]] std::optional<std::string> first_reason() const;

  [[nodiscard]] AllServed served(const std::string& name) const;
  [[nodiscard]] AllRefused refused(const std::string& name) const;

  void begin_loading(const std::string& name, std::uint64_t version);
  void end_loading(const std::string& name, std::uint64_t version);

  // From here on new requests are answered by `served`; the others drain. The versions that answer no more.
  std::vector<std::uint64_t> replace(const std::string& name, AllServed served, AllRefused refused);

  // What answers goes on; the reason is noted for each of its versions and for `latest`, if there is one.
  void refuse_all(const std::string& name, std::optional<std::uint64_t> latest, const std::string& reason);

  // The model is gone. False: it was not known.
  bool forget(const std::string& name);

  // The model answers no more, and its folder holds `files`. False: it is not known.
  bool unload(const std::string& name, Fingerprint files);
  // Whether it was unloaded when its folder held `files`.
  [[nodiscard]] bool is_unloaded(const std::string& name, Fingerprint files) const;
  void forget_unloading(const std::string& name);

  // Takes those out that drain and that nobody uses any more; whoever destroys them frees them.
  std::vector<Served> take_drained();
  [[nodiscard]] bool is_draining() const;

 private:
  struct Model {
    AllServed served;
    AllRefused refused;
    std::set<std::uint64_t> loading;
    std::optional<Fingerprint> unloaded_at;  // what the folder held when it was unloaded on request
    std::set<std::uint64_t> unloaded;
  };

  void drain(AllServed& served);  // with mutex_ held
  void publish();                 // with mutex_ held

  mutable std::mutex mutex_;  // before snapshot_mutex_
  std::map<std::string, Model> models_;
  std::vector<Served> draining_;

  mutable std::mutex snapshot_mutex_;  // held for the copy of a pointer
  std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<Snapshot>();
};

}  // namespace vidi::models

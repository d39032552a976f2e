#pragma once
// Which predictions somebody may see and change.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "records/prediction.hpp"
#include "records/record_store.hpp"

namespace vidi::records {

// All of them, those of one user, or none; none unless it says otherwise, so that what is forgotten shows too little
// instead of too much. A value; safe to copy.
class Visibility {
 public:
  Visibility() = default;
  static Visibility all() { return Visibility(Extent::all, {}); }
  static Visibility own(std::string user) { return Visibility(Extent::own, std::move(user)); }
  static Visibility none() { return {}; }

  [[nodiscard]] bool is_all() const { return extent_ == Extent::all; }

  [[nodiscard]] bool shows(const Prediction& prediction) const { return shows_user(prediction.user); }

  // The query, narrowed to what may be seen; absent: nothing that it asks for may.
  [[nodiscard]] std::optional<Query> narrow(Query query) const {
    if (is_all()) return query;
    if (extent_ == Extent::none || (query.user && !shows_user(*query.user))) return std::nullopt;
    query.user = user_;
    return query;
  }

  bool operator==(const Visibility&) const = default;

 private:
  enum class Extent { none, own, all };

  Visibility(Extent extent, std::string user) : extent_(extent), user_(std::move(user)) {}

  [[nodiscard]] bool shows_user(std::string_view user) const {
    return is_all() || (extent_ == Extent::own && user == user_);
  }

  Extent extent_ = Extent::none;
  std::string user_;  // whose, of Extent::own
};

}  // namespace vidi::records

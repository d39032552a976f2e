#include "records/sqlite/row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "records/packing/packing.hpp"

namespace vidi::records::sqlite {
namespace {

constexpr std::array<std::string_view, 3> kPartsOfCorrection{"label", "user", "time"};

std::vector<std::string> columns() {
  std::vector<std::string> names;
  for_each_field([&]<typename Value>(const Field<Value>& field) {
    if constexpr (std::same_as<Value, std::optional<Correction>>) {
      for (const std::string_view part : kPartsOfCorrection) names.push_back(fmt::format("{}_{}", field.column, part));
    } else {
      names.emplace_back(field.column);
    }
  });
  return names;
}

std::string select(std::string_view rows) {
  return fmt::format("SELECT {} FROM predictions {}", fmt::join(columns(), ", "), rows);
}

// Binds one value after another, each by its type.
class Binder {
 public:
  Binder(Statement& insert, PackedRow& packed) : insert_(insert), packed_(packed) {}

  void bind(const std::string& value) { insert_.bind(next_++, value); }
  void bind(double value) { insert_.bind(next_++, value); }
  void bind(const Uuid& value) { insert_.bind(next_++, value); }
  void bind(const Digest& value) { insert_.bind(next_++, ByteView(value.bytes)); }
  void bind(Timestamp value) { bind(value.time_since_epoch()); }
  void bind(std::chrono::microseconds value) { insert_.bind(next_++, static_cast<std::int64_t>(value.count())); }
  void bind(const std::vector<Candidate>& value) { bind_packed(value, packed_.candidates); }
  void bind(const std::vector<Digit>& value) { bind_packed(value, packed_.digits); }

  template <typename Value>
  void bind(const std::optional<Value>& value) {
    if (value) {
      bind(*value);
    } else {
      insert_.bind_null(next_++);
    }
  }

  void bind(const std::optional<Correction>& value) {
    if (!value) {
      for (std::size_t i = 0; i < kPartsOfCorrection.size(); ++i) insert_.bind_null(next_++);
      return;
    }
    bind(value->label);
    bind(value->user);
    bind(value->time);
  }

 private:
  template <typename List>
  void bind_packed(const List& list, Bytes& blob) {
    pack(list, blob);
    insert_.bind(next_++, ByteView(blob));
  }

  Statement& insert_;
  PackedRow& packed_;
  int next_ = 1;  // parameter
};

// Reads one value after another, each by its type.
class RowReader {
 public:
  explicit RowReader(const Statement& statement) : statement_(statement) {}

  void read(std::string& value) { value = statement_.text(next_++); }
  void read(double& value) { value = statement_.real(next_++); }
  void read(Uuid& value) { value = statement_.id(next_++); }
  void read(Digest& value) { take(digest_from(statement_.blob(next_++)), value); }
  void read(std::chrono::microseconds& value) { value = std::chrono::microseconds(statement_.integer(next_++)); }
  void read(std::vector<Candidate>& value) { take(unpack_candidates(statement_.blob(next_++)), value); }
  void read(std::vector<Digit>& value) { take(unpack_digits(statement_.blob(next_++)), value); }

  void read(Timestamp& value) {
    std::chrono::microseconds since_epoch{};
    read(since_epoch);
    value = Timestamp(since_epoch);
  }

  template <typename Value>
  void read(std::optional<Value>& value) {
    if (statement_.is_null(next_)) {
      ++next_;
    } else {
      read(value.emplace());
    }
  }

  void read(std::optional<Correction>& value) {
    if (statement_.is_null(next_)) {
      next_ += static_cast<int>(kPartsOfCorrection.size());
      return;
    }
    Correction& correction = value.emplace();
    read(correction.label);
    read(correction.user);
    read(correction.time);
  }

  [[nodiscard]] bool good() const { return good_; }

 private:
  template <typename Value>
  void take(std::optional<Value> from, Value& value) {
    good_ = good_ && from;
    if (from) value = std::move(*from);
  }

  const Statement& statement_;
  int next_ = 0;  // column
  bool good_ = true;
};

}  // namespace

std::string insert_statement() {
  const std::vector<std::string> names = columns();
  const std::vector<std::string_view> marks(names.size(), "?");
  return fmt::format("INSERT INTO predictions ({}) VALUES ({}) ON CONFLICT (id) DO NOTHING", fmt::join(names, ", "),
                     fmt::join(marks, ","));
}

std::string select_by_id_statement() { return select("WHERE id = ?"); }

std::string select_range_statement() { return select("WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"); }

void bind_row(Statement& insert, const Prediction& prediction, PackedRow& packed) {
  Binder binder(insert, packed);
  for_each_field(prediction, [&](const auto&, const auto& value) { binder.bind(value); });
}

std::optional<Digest> digest_from(ByteView bytes) {
  Digest digest;
  if (bytes.size() != digest.bytes.size()) return std::nullopt;
  std::ranges::copy(bytes, digest.bytes.begin());
  return digest;
}

std::optional<Prediction> read_row(const Statement& statement) {
  RowReader reader(statement);
  Prediction prediction;
  for_each_field(prediction, [&](const auto&, auto& value) { reader.read(value); });
  if (!reader.good()) return std::nullopt;
  return prediction;
}

}  // namespace vidi::records::sqlite

#pragma once
// Values as Apache Cassandra's native protocol writes them (version 4, section 6): each its length in four bytes, most
// significant first, and its bytes; the length -1 says that there is none.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/time.hpp"
#include "core/uuid.hpp"

namespace vidi::cassandra {

// The values of a statement, in the order of its question marks.
class CellWriter {
 public:
  CellWriter& null();
  CellWriter& text(std::string_view value);
  CellWriter& text_or_null(const std::optional<std::string>& value);
  CellWriter& blob(ByteView value);
  CellWriter& uuid(const Uuid& value);
  CellWriter& tinyint(std::int8_t value);
  CellWriter& integer(std::int32_t value);
  CellWriter& bigint(std::int64_t value);
  CellWriter& real(double value);
  CellWriter& date(std::chrono::sys_days value);
  CellWriter& timestamp(Timestamp value);  // to the millisecond, as Cassandra keeps it

  [[nodiscard]] ByteView bytes() const { return bytes_; }

 private:
  template <typename Value>
  CellWriter& number(Value value);

  Bytes bytes_;
};

// Takes cells from the front of a row, in the order of the columns. A cell that is missing, null where that is not
// expected, or of another size makes good() false, and every value from then on empty.
class CellReader {
 public:
  explicit CellReader(ByteView row) : rest_(row) {}

  std::optional<ByteView> cell();  // absent: null
  std::string text();
  std::optional<std::string> text_or_null();
  ByteView blob();
  Uuid uuid();
  std::int8_t tinyint();
  std::int32_t integer();
  std::int64_t bigint();
  double real();
  std::chrono::sys_days date();
  Timestamp timestamp();
  std::optional<Timestamp> timestamp_or_null();

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] ByteView rest() const { return rest_; }

 private:
  template <typename Value>
  Value number();

  ByteView rest_;
  bool good_ = true;
};

}  // namespace vidi::cassandra

#pragma once
// Arrow's data across the C data interface (https://arrow.apache.org/docs/format/CDataInterface.html, PyCapsules as in
// CDataInterface/PyCapsuleInterface.html): no library of Arrow is linked, so that any version of pyarrow may be in the
// same process.

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"

// The two structures of the interface: names, order and types are fixed there.
extern "C" {
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};
}

namespace vidi::python {

// A column of bytes or text, borrowed from whoever gave the array.
class ByteColumn {
 public:
  // Of an array with `format` "z", "Z", "u" or "U", seen through its parent's `offset` and `length`.
  ByteColumn(std::string_view format, const ArrowArray& array, std::int64_t offset, std::int64_t length);

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(length_); }
  [[nodiscard]] bool is_null(std::size_t row) const;
  [[nodiscard]] ByteView at(std::size_t row) const;

 private:
  bool is_large_;
  const std::uint8_t* validity_;
  const void* offsets_;
  const std::byte* values_;
  std::int64_t offset_;
  std::int64_t length_;
};

// What an object with __arrow_c_array__ holds; keeps it alive. With the interpreter's lock.
class ArrowInput {
 public:
  // Raises TypeError when the object has no such method.
  explicit ArrowInput(nanobind::handle object);

  // A column of a record batch. Raises InvalidArgument where there is none of that name, or of another type.
  [[nodiscard]] ByteColumn bytes(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;

 private:
  nanobind::object schema_capsule_;
  nanobind::object array_capsule_;
  const ArrowSchema* schema_;
  const ArrowArray* array_;
};

// Lists of `columns` floats, which the consumer owns without a copy. Some of them are null.
class FloatLists {
 public:
  FloatLists(std::size_t rows, std::size_t columns) : columns_(columns), values_(rows * columns), nulls_(rows) {}

  [[nodiscard]] std::vector<float>& values() { return values_; }
  [[nodiscard]] std::size_t rows() const { return nulls_.size(); }
  [[nodiscard]] std::size_t columns() const { return columns_; }
  void set_null(std::size_t row) { nulls_[row] = true; }

  // The capsules "arrow_schema" and "arrow_array" of fixed-size lists of float32.
  static nanobind::tuple export_array(const std::shared_ptr<FloatLists>& lists);

 private:
  std::size_t columns_;
  std::vector<float> values_;
  std::vector<bool> nulls_;
};

}  // namespace vidi::python

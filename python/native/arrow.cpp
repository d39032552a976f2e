#include "arrow.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <utility>

#include "errors.hpp"

namespace nb = nanobind;

namespace vidi::python {
namespace {

constexpr std::int64_t kNullable = 2;  // ARROW_FLAG_NULLABLE

bool is_set(const std::uint8_t* bits, std::int64_t at) { return (bits[at / 8] >> (at % 8) & 1) != 0; }

// What an exported array or schema lives on; its structures are freed with it.
struct ExportedSchema {
  std::string format;
  ArrowSchema child{};
  std::array<ArrowSchema*, 1> children{&child};
};

struct ExportedArray {
  std::shared_ptr<FloatLists> lists;
  std::vector<std::uint8_t> validity;  // a bit a row
  std::array<const void*, 1> list_buffers{};
  std::array<const void*, 2> value_buffers{};
  ArrowArray child{};
  std::array<ArrowArray*, 1> children{&child};
};

void release_child_schema(ArrowSchema* schema) { schema->release = nullptr; }
void release_child_array(ArrowArray* array) { array->release = nullptr; }

void release_schema(ArrowSchema* schema) {
  auto* exported = static_cast<ExportedSchema*>(schema->private_data);
  if (exported->child.release != nullptr) exported->child.release(&exported->child);
  delete exported;
  schema->release = nullptr;
}

void release_array(ArrowArray* array) {
  auto* exported = static_cast<ExportedArray*>(array->private_data);
  if (exported->child.release != nullptr) exported->child.release(&exported->child);
  delete exported;
  array->release = nullptr;
}

// A consumer that moves the structure's content out of the capsule leaves `release` null behind.
template <typename Structure>
nb::object make_capsule(std::unique_ptr<Structure> structure, const char* name) {
  const auto destroy = [](PyObject* capsule) {
    auto* held = static_cast<Structure*>(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
    if (held->release != nullptr) held->release(held);
    delete held;
  };
  PyObject* capsule = PyCapsule_New(structure.get(), name, destroy);
  if (capsule == nullptr) throw nb::python_error();
  structure.release();
  return nb::steal(capsule);
}

nb::object make_schema(std::size_t columns) {
  auto exported = std::make_unique<ExportedSchema>();
  exported->format = fmt::format("+w:{}", columns);
  exported->child = {.format = "f", .name = "item", .flags = 0, .release = release_child_schema};
  auto schema = std::make_unique<ArrowSchema>();
  *schema = {.format = exported->format.c_str(),
             .name = "",
             .flags = kNullable,
             .n_children = 1,
             .children = exported->children.data(),
             .release = release_schema};
  schema->private_data = exported.release();
  return make_capsule(std::move(schema), "arrow_schema");
}

}  // namespace

ByteColumn::ByteColumn(std::string_view format, const ArrowArray& array, std::int64_t offset, std::int64_t length)
    : is_large_(format == "Z" || format == "U"),
      validity_(array.null_count != 0 ? static_cast<const std::uint8_t*>(array.buffers[0]) : nullptr),
      offsets_(array.buffers[1]),
      values_(static_cast<const std::byte*>(array.buffers[2])),
      offset_(array.offset + offset),
      length_(length) {}

bool ByteColumn::is_null(std::size_t row) const {
  return validity_ != nullptr && !is_set(validity_, offset_ + static_cast<std::int64_t>(row));
}

ByteView ByteColumn::at(std::size_t row) const {
  const std::int64_t at = offset_ + static_cast<std::int64_t>(row);
  if (is_large_) {
    const auto* offsets = static_cast<const std::int64_t*>(offsets_);
    return {values_ + offsets[at], static_cast<std::size_t>(offsets[at + 1] - offsets[at])};
  }
  const auto* offsets = static_cast<const std::int32_t*>(offsets_);
  return {values_ + offsets[at], static_cast<std::size_t>(offsets[at + 1] - offsets[at])};
}

ArrowInput::ArrowInput(nb::handle object) {
  if (!nb::hasattr(object, "__arrow_c_array__")) {
    throw nb::type_error("expected a record batch of Arrow: an object with __arrow_c_array__");
  }
  const nb::object pair = object.attr("__arrow_c_array__")();
  schema_capsule_ = pair[0];
  array_capsule_ = pair[1];
  schema_ = static_cast<const ArrowSchema*>(PyCapsule_GetPointer(schema_capsule_.ptr(), "arrow_schema"));
  array_ = static_cast<const ArrowArray*>(PyCapsule_GetPointer(array_capsule_.ptr(), "arrow_array"));
  if (schema_ == nullptr || array_ == nullptr) throw nb::python_error();
  if (std::string_view(schema_->format) != "+s") {
    raise({ErrorCode::invalid_argument,
           fmt::format("an array of Arrow's format '{}' is no record batch, which has '+s'", schema_->format)});
  }
}

bool ArrowInput::has(std::string_view name) const {
  for (std::int64_t i = 0; i < schema_->n_children; ++i) {
    if (schema_->children[i]->name == name) return true;
  }
  return false;
}

ByteColumn ArrowInput::bytes(std::string_view name) const {
  for (std::int64_t i = 0; i < schema_->n_children; ++i) {
    if (schema_->children[i]->name != name) continue;
    const std::string_view format = schema_->children[i]->format;
    if (format == "z" || format == "Z" || format == "u" || format == "U") {
      return {format, *array_->children[i], array_->offset, array_->length};
    }
    raise(
        {ErrorCode::invalid_argument,
         fmt::format("column '{}' has Arrow's format '{}': expected binary, large_binary or a string", name, format)});
  }
  raise({ErrorCode::invalid_argument, fmt::format("the record batch has no column '{}'", name)});
}

nb::tuple FloatLists::export_array(const std::shared_ptr<FloatLists>& lists) {
  auto exported = std::make_unique<ExportedArray>();
  const std::size_t rows = lists->rows();
  std::int64_t nulls = 0;
  exported->validity.assign((rows + 7) / 8, 0);
  for (std::size_t row = 0; row < rows; ++row) {
    if (lists->nulls_[row]) {
      ++nulls;
    } else {
      exported->validity[row / 8] |= static_cast<std::uint8_t>(1U << (row % 8));
    }
  }
  exported->list_buffers = {nulls != 0 ? exported->validity.data() : nullptr};
  exported->value_buffers = {nullptr, lists->values().data()};
  exported->child = {.length = static_cast<std::int64_t>(lists->values().size()),
                     .n_buffers = 2,
                     .buffers = exported->value_buffers.data(),
                     .release = release_child_array};
  exported->lists = lists;
  auto array = std::make_unique<ArrowArray>();
  *array = {.length = static_cast<std::int64_t>(rows),
            .null_count = nulls,
            .n_buffers = 1,
            .n_children = 1,
            .buffers = exported->list_buffers.data(),
            .children = exported->children.data(),
            .release = release_array};
  array->private_data = exported.release();
  return nb::make_tuple(make_schema(lists->columns()), make_capsule(std::move(array), "arrow_array"));
}

}  // namespace vidi::python

#include "tables/labeled_pictures.hpp"

#include <arrow/builder.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/table_builder.h>
#include <arrow/type.h>

#include <utility>

#include "parquet_tables/table_writer.hpp"
#include "records/packing/text.hpp"

namespace vidi::tables {
namespace {

constexpr std::size_t kGroupBytes = std::size_t{64} << 20U;

std::shared_ptr<arrow::Schema> schema() {
  return arrow::schema({arrow::field("id", arrow::utf8()), arrow::field("label", arrow::utf8()),
                        arrow::field("media_type", arrow::utf8()), arrow::field("image", arrow::binary())});
}

std::unexpected<Error> failure_of(const arrow::Status& status) {
  return fail(ErrorCode::internal, "the table cannot be written: " + status.message());
}

}  // namespace

struct LabeledPictureWriter::State {
  parquet_tables::TableWriter file;
  std::unique_ptr<arrow::RecordBatchBuilder> columns;
  std::size_t bytes = 0;  // of the rows that are not yet in the file

  arrow::Status append(const LabeledPicture& picture) {
    const auto text = [this](int column, const std::string& value) {
      return columns->GetFieldAs<arrow::StringBuilder>(column)->Append(value);
    };
    ARROW_RETURN_NOT_OK(text(0, to_string(picture.id)));
    ARROW_RETURN_NOT_OK(text(1, records::to_text(picture.label)));
    ARROW_RETURN_NOT_OK(text(2, records::to_text(picture.media_type)));
    return columns->GetFieldAs<arrow::BinaryBuilder>(3)->Append(as_text(picture.image));
  }

  Result<void> write_group() {
    if (bytes == 0) return {};
    const auto group = columns->Flush();
    if (!group.ok()) return failure_of(group.status());
    bytes = 0;
    return file.write(*group);
  }
};

LabeledPictureWriter::LabeledPictureWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
LabeledPictureWriter::LabeledPictureWriter(LabeledPictureWriter&&) noexcept = default;
LabeledPictureWriter& LabeledPictureWriter::operator=(LabeledPictureWriter&&) noexcept = default;
LabeledPictureWriter::~LabeledPictureWriter() = default;

Result<LabeledPictureWriter> LabeledPictureWriter::create(const std::filesystem::path& path) {
  auto columns = arrow::RecordBatchBuilder::Make(schema(), arrow::default_memory_pool());
  if (!columns.ok()) return failure_of(columns.status());
  auto file = parquet_tables::TableWriter::create(path, schema(), {.compressed_already = {"image"}});
  if (!file) return forward_error(file);
  return LabeledPictureWriter(std::make_unique<State>(std::move(*file), std::move(*columns)));
}

Result<void> LabeledPictureWriter::add(const LabeledPicture& picture) {
  const arrow::Status status = state_->append(picture);
  if (!status.ok()) return failure_of(status);
  state_->bytes += 64 + picture.label.size() + picture.image.size();
  if (state_->bytes < kGroupBytes) return {};
  return state_->write_group();
}

Result<void> LabeledPictureWriter::finish() {
  if (auto written = state_->write_group(); !written) return written;
  return state_->file.finish();
}

}  // namespace vidi::tables

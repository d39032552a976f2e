#include "parquet_tables/table_writer.hpp"

#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/table.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "files/atomic_file.hpp"

namespace vidi::parquet_tables {
namespace {

constexpr const char* kWhat = "the table";

// Hands what Arrow writes to a file, and remembers why the disk did not take it.
class Sink final : public arrow::io::OutputStream {
 public:
  explicit Sink(files::AtomicFile file) : file_(std::move(file)) {}

  arrow::Status Write(const void* data, std::int64_t count) override {
    const ByteView bytes(static_cast<const std::byte*>(data), static_cast<std::size_t>(count));
    const auto written = file_.write(bytes);
    if (!written) {
      failure_ = written.error();
      return arrow::Status::IOError("the disk did not take it");
    }
    return arrow::Status::OK();
  }

  arrow::Result<std::int64_t> Tell() const override { return static_cast<std::int64_t>(file_.size()); }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  [[nodiscard]] bool closed() const override { return closed_; }

  files::Outcome<void> commit() { return file_.commit(); }
  [[nodiscard]] const std::optional<files::Failure>& failure() const { return failure_; }

 private:
  files::AtomicFile file_;
  bool closed_ = false;
  std::optional<files::Failure> failure_;
};

std::shared_ptr<parquet::WriterProperties> properties_of(const TableWriterOptions& options) {
  parquet::WriterProperties::Builder builder;
  builder.compression(parquet::Compression::ZSTD)->enable_page_checksum()->created_by("vidi");
  for (const std::string& column : options.compressed_already) {
    builder.compression(column, parquet::Compression::UNCOMPRESSED)->disable_dictionary(column);
    builder.disable_statistics(column);
  }
  return builder.build();
}

}  // namespace

struct TableWriter::State {
  std::shared_ptr<Sink> sink;
  std::unique_ptr<parquet::arrow::FileWriter> writer;

  [[nodiscard]] Result<void> result_of(const arrow::Status& status) const {
    if (status.ok()) return {};
    if (sink->failure()) return std::unexpected(files::explain(*sink->failure(), kWhat));
    return fail(ErrorCode::internal, "the table cannot be written: " + status.message());
  }
};

TableWriter::TableWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
TableWriter::TableWriter(TableWriter&&) noexcept = default;
TableWriter& TableWriter::operator=(TableWriter&&) noexcept = default;
TableWriter::~TableWriter() = default;

Result<TableWriter> TableWriter::create(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema,
                                        const TableWriterOptions& options) {
  auto file = files::AtomicFile::create(path);
  if (!file) {
    const Error why = files::explain(file.error(), kWhat);
    return fail(why.code, fmt::format("{} cannot be written: {}", path.string(), why.message));
  }
  auto state = std::make_unique<State>();
  state->sink = std::make_shared<Sink>(std::move(*file));
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  auto writer = parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), state->sink,
                                                 properties_of(options), arrow_properties);
  TableWriter result(std::move(state));
  if (auto opened = result.state_->result_of(writer.status()); !opened) return forward_error(opened);
  result.state_->writer = std::move(*writer);
  return result;
}

Result<void> TableWriter::write(const std::shared_ptr<arrow::RecordBatch>& rows) {
  const auto table = arrow::Table::FromRecordBatches({rows});
  if (!table.ok()) return state_->result_of(table.status());
  return state_->result_of(state_->writer->WriteTable(**table, std::max<std::int64_t>(rows->num_rows(), 1)));
}

Result<void> TableWriter::finish() {
  if (auto closed = state_->result_of(state_->writer->Close()); !closed) return closed;
  if (const auto named = state_->sink->commit(); !named) return std::unexpected(files::explain(named.error(), kWhat));
  return {};
}

}  // namespace vidi::parquet_tables

#include "parquet_tables/table_writer.hpp"

#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/table.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "files/file.hpp"

namespace vidi::parquet_tables {
namespace {

constexpr const char* kWhat = "the table";

// Hands what Arrow writes to a file, and remembers why the disk did not take it.
class Sink final : public arrow::io::OutputStream {
 public:
  explicit Sink(files::File file) : file_(std::move(file)) {}

  arrow::Status Write(const void* data, std::int64_t count) override {
    const ByteView bytes(static_cast<const std::byte*>(data), static_cast<std::size_t>(count));
    const auto written = file_.write(bytes, position_);
    if (!written) {
      failure_ = written.error();
      return arrow::Status::IOError("the disk did not take it");
    }
    position_ += bytes.size();
    return arrow::Status::OK();
  }

  arrow::Result<std::int64_t> Tell() const override { return static_cast<std::int64_t>(position_); }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  [[nodiscard]] bool closed() const override { return closed_; }

  files::Outcome<void> synchronize() { return file_.synchronize(); }
  [[nodiscard]] const std::optional<files::Failure>& failure() const { return failure_; }

 private:
  files::File file_;
  std::uint64_t position_ = 0;
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
  std::filesystem::path path;
  std::filesystem::path temporary;
  std::shared_ptr<Sink> sink;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
  bool finished = false;

  [[nodiscard]] Result<void> result_of(const arrow::Status& status) const {
    if (status.ok()) return {};
    if (sink->failure()) return std::unexpected(files::explain(*sink->failure(), kWhat));
    return fail(ErrorCode::internal, "the table cannot be written: " + status.message());
  }
};

TableWriter::TableWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
TableWriter::TableWriter(TableWriter&&) noexcept = default;
TableWriter& TableWriter::operator=(TableWriter&&) noexcept = default;

TableWriter::~TableWriter() {
  if (state_ && !state_->finished) ::unlink(state_->temporary.c_str());
}

Result<TableWriter> TableWriter::create(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema,
                                        const TableWriterOptions& options) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->temporary = path.parent_path() / fmt::format(".{}.{}.tmp", path.filename().string(), ::getpid());
  auto file = files::File::open(state->temporary, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) {
    const Error why = files::explain(file.error(), kWhat);
    return fail(why.code, fmt::format("{} cannot be written: {}", path.string(), why.message));
  }
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
  if (const auto kept = state_->sink->synchronize(); !kept) return std::unexpected(files::explain(kept.error(), kWhat));
  if (::rename(state_->temporary.c_str(), state_->path.c_str()) != 0) {
    const files::Failure failure{.code = errno};
    return std::unexpected(files::explain(failure, kWhat));
  }
  state_->finished = true;
  const std::filesystem::path folder = state_->path.parent_path();
  const auto named = files::synchronize_folder(folder.empty() ? "." : folder);
  if (!named) return std::unexpected(files::explain(named.error(), kWhat));
  return {};
}

}  // namespace vidi::parquet_tables

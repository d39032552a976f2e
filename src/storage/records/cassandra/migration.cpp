#include "records/cassandra/migration.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace vidi::records::cassandra {
namespace {

using vidi::cassandra::CellReader;
using vidi::cassandra::CellWriter;
using vidi::cassandra::Rows;
using vidi::cassandra::Session;
using vidi::cassandra::Write;

class Rewriter {
 public:
  Rewriter(Session& session, const Statements& statements, const Layout& layout)
      : session_(session), statements_(statements), layout_(layout) {}

  Task<Result<std::size_t>> rewrite() {
    auto partitions = co_await list_days();
    if (!partitions) co_return forward_error(partitions);
    for (const Partition& partition : *partitions) {
      const auto done = co_await rewrite_partition(partition);
      if (!done) co_return forward_error(done);
    }
    co_return count_;
  }

 private:
  Task<Result<std::vector<Partition>>> list_days() {
    std::vector<Partition> partitions;
    Bytes next;
    do {
      auto rows = co_await session_.execute(statements_.list_days, CellWriter(), std::move(next));
      if (!rows) co_return forward_error(rows);
      CellReader reader(rows->cells);
      for (std::size_t i = 0; i < rows->count; ++i) {
        Partition partition;
        partition.period = reader.date();
        partition.shard = reader.tinyint();
        partitions.push_back(std::move(partition));
      }
      if (!reader.good()) co_return fail(ErrorCode::internal, "the table prediction_by_day is damaged");
      next = std::move(rows->next);
    } while (!next.empty());
    co_return partitions;
  }

  Task<Result<void>> rewrite_partition(const Partition& partition) {
    Uuid last;
    last.bytes.fill(std::byte{0xff});
    CellWriter values;
    add_key(partition, values);
    values.uuid(Uuid()).uuid(last);
    Bytes next;
    do {
      auto rows = co_await session_.execute(statements_.by_day.select.back(), values, std::move(next));
      if (!rows) co_return forward_error(rows);
      const auto written = co_await rewrite_page(*rows);
      if (!written) co_return written;
      next = std::move(rows->next);
    } while (!next.empty());
    co_return Result<void>();
  }

  Task<Result<void>> rewrite_page(const Rows& rows) {
    std::vector<Write> writes;
    CellReader reader(rows.cells);
    for (std::size_t i = 0; i < rows.count; ++i) {
      const auto prediction = read_row(reader);
      if (!prediction) co_return forward_error(prediction);
      if (!*prediction) continue;
      add(writes, writes_to_append(**prediction, statements_, layout_));
      const auto& correction = (*prediction)->correction;
      if (correction) add(writes, writes_to_correct(**prediction, *correction, statements_, layout_));
      for (const Listing& listing : listings_of(**prediction)) writes.push_back(write_to_list(listing, statements_));
      constexpr std::size_t kSaid = 100'000;
      if (++count_ % kSaid == 0) spdlog::info("records: {} predictions have been brought up to date", count_);
    }
    co_return co_await session_.execute_all(std::move(writes));
  }

  static void add(std::vector<Write>& writes, std::vector<Write> more) {
    std::ranges::move(more, std::back_inserter(writes));
  }

  Session& session_;
  const Statements& statements_;
  const Layout& layout_;
  std::size_t count_ = 0;
};

}  // namespace

Task<Result<std::size_t>> rewrite_all(Session& session, const Statements& statements, const Layout& layout) {
  Rewriter rewriter(session, statements, layout);
  co_return co_await rewriter.rewrite();
}

}  // namespace vidi::records::cassandra

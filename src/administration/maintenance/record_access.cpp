#include "maintenance/record_access.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "cassandra/address.hpp"
#include "cassandra/session.hpp"
#include "core/value_of.hpp"
#include "objects/cassandra/cassandra_store.hpp"
#include "records/cassandra/schema.hpp"

namespace vidi::maintenance {
namespace {

template <typename Store>
  requires requires(Store& store) { run(store.check()); }
void wait_until_it_answers(Store& store) {
  constexpr std::chrono::seconds kLongest(15);
  const auto deadline = std::chrono::steady_clock::now() + kLongest;
  while (true) {
    const auto ready = run(store.check());
    if (ready) return;
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error(ready.error().message);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

using HasTables = Task<Result<bool>>(cassandra::Session& session, std::string keyspace);

// `what` of vidi the keyspace may hold.
void check_tables(const std::string& url, const cassandra::Access& access, HasTables& has_tables,
                  std::string_view what) {
  auto address = value_of(cassandra::parse_address(url));
  address.cluster.access = access;
  const auto session = value_of(run(cassandra::Session::connect(address.cluster)));
  if (!value_of(run(has_tables(*session, address.keyspace)))) {
    throw std::runtime_error(fmt::format("the keyspace {} holds no {} of vidi", address.keyspace, what));
  }
}

}  // namespace

void check_records_exist(const std::string& url, const cassandra::Access& access) {
  if (records::is_remote(url)) check_tables(url, access, records::cassandra::has_tables, "records");
  constexpr std::string_view kSqlite = "sqlite:";
  if (!url.starts_with(kSqlite)) return;
  const std::string path = url.substr(kSqlite.size());
  if (!std::filesystem::exists(path)) throw std::runtime_error(fmt::format("there is no database {}", path));
}

void check_objects_exist(const std::string& url, const cassandra::Access& access) {
  if (url.starts_with("cassandra:")) check_tables(url, access, objects::cassandra::has_tables, "pictures");
}

void wait_until_ready(records::RecordStore& store) { wait_until_it_answers(store); }
void wait_until_ready(objects::ObjectStore& store) { wait_until_it_answers(store); }

bool for_each(records::RecordStore& store, records::Query query,
              const std::function<bool(records::Prediction&)>& visit) {
  do {
    records::Query copy = query;
    records::Page page = value_of(run(store.list(std::move(copy))));
    for (records::Prediction& prediction : page.predictions) {
      if (!visit(prediction)) return &prediction == &page.predictions.back() && !page.next;
    }
    query.cursor = std::move(page.next);
  } while (query.cursor);
  return true;
}

}  // namespace vidi::maintenance

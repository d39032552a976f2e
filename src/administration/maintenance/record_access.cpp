#include "maintenance/record_access.hpp"

#include <chrono>
#include <thread>

#include "core/value_of.hpp"
#include "objects/open.hpp"
#include "records/open.hpp"

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

}  // namespace

void check_records_exist(const std::string& url, const Secrets& secrets) {
  const records::Kind& kind = records::kind_of(url);
  if (kind.check_exists != nullptr) kind.check_exists(url, secrets);
}

void check_objects_exist(const std::string& url, const Secrets& secrets) {
  const objects::Kind& kind = objects::kind_of(url);
  if (kind.check_exists != nullptr) kind.check_exists(url, secrets);
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

#include "spool/dispatcher.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <utility>

#include "core/deadline.hpp"
#include "core/task.hpp"
#include "core/when_all.hpp"
#include "files/atomic_file.hpp"
#include "files/file.hpp"

namespace vidi::spool {
namespace {

// Whether trying again later may help.
bool may_pass(const Error& error) {
  return error.code == ErrorCode::unavailable || error.code == ErrorCode::overloaded ||
         error.code == ErrorCode::deadline_exceeded || error.code == ErrorCode::forbidden;
}

}  // namespace

Dispatcher::Dispatcher(Options options, Store store)
    : options_(std::move(options)),
      store_(std::move(store)),
      journal_(options_.folder, options_.limits),
      usual_(options_.patience) {
  if (const Depth depth = journal_.depth(); depth.entries > 0) {
    spdlog::info("{}: {} entries of the spool wait to be handed over", store_.name, depth.entries);
    answering_ = false;
  }
  spawn(background_.get_executor(), run());
  thread_ = std::jthread([this] { background_.run(); });
}

Dispatcher::~Dispatcher() {
  boost::asio::post(background_, [this] {
    stopping_ = true;
    pause_.cancel();
  });
  thread_.join();
}

Task<std::optional<Result<void>>> Dispatcher::ask(std::function<Task<Result<void>>()> work) {
  if (!answering_) co_return std::nullopt;
  const auto begin = std::chrono::steady_clock::now();
  auto done = co_await within(patience(), work());
  if (done && (*done || !may_pass(done->error()))) {
    note_time(std::chrono::steady_clock::now() - begin);
    // Written only when it changes: every request comes by here.
    if (!connected_) connected_ = true;
    co_return done;
  }
  stop_asking(done ? done->error().message : "it takes too long");
  co_return std::nullopt;
}

Task<void> Dispatcher::run() {
  while (!stopping_) {
    const bool more = co_await hand_over();
    if (more || stopping_) continue;
    pause_.expires_after(options_.pause);
    boost::system::error_code cancelled;
    co_await pause_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
  }
}

// False: nothing waits, or the store does not take it.
Task<bool> Dispatcher::hand_over() {
  auto entries = journal_.read(options_.together);
  if (!entries) {
    spdlog::error("{}: {}", store_.name, entries.error().message);
    co_return false;
  }
  if (entries->empty()) {
    co_await look_at_store();
    co_return false;
  }
  std::vector<Task<Result<void>>> tasks;
  for (const Entry& entry : *entries) tasks.push_back(store_.deliver(entry));
  const auto results = co_await when_all(std::move(tasks));
  const auto failed = std::ranges::find_if(results, [](const auto& one) { return !one && may_pass(one.error()); });
  if (failed != results.end()) {
    stop_asking(failed->error().message);
    co_return false;
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i]) set_aside((*entries)[i], results[i].error().message);
  }
  connected_ = true;
  journal_.done(entries->back().number);
  for (const Entry& entry : *entries) store_.delivered(entry);
  if (journal_.depth().entries == 0) ask_again();
  co_return true;
}

// A store that is away is looked for without end; of one that is there it is seen when it goes, without any request.
Task<void> Dispatcher::look_at_store() {
  const auto time = std::chrono::steady_clock::now();
  if (answering_ && connected_ && time - looked_ < options_.look) co_return;
  looked_ = time;
  const auto good = co_await store_.check();
  connected_ = good.has_value();
  if (good) ask_again();
}

// Many times what is usual is a sign that nobody is there, long before it is the most that anybody should wait.
std::chrono::milliseconds Dispatcher::patience() const {
  const auto several = std::chrono::ceil<std::chrono::milliseconds>(10 * usual_.load());
  return std::clamp(several, std::min(options_.least_patience, options_.patience), options_.patience);
}

void Dispatcher::note_time(std::chrono::steady_clock::duration taken) {
  const auto usual = usual_.load();
  usual_ = usual + (std::chrono::duration_cast<std::chrono::microseconds>(taken) - usual) / 16;
}

void Dispatcher::stop_asking(const std::string& why) {
  connected_ = false;
  if (!answering_.exchange(false)) return;
  spdlog::warn("{}: the store does not answer ({}); what it should keep is kept on this machine until it does",
               store_.name, why);
}

void Dispatcher::ask_again() {
  if (!answering_.exchange(true)) spdlog::info("{}: the store answers again", store_.name);
}

// What no store will ever take is kept for a person to look at.
void Dispatcher::set_aside(const Entry& entry, const std::string& why) const {
  const auto time = entry.time.time_since_epoch().count();
  const std::filesystem::path path = options_.folder / fmt::format("refused-{}-{}", time, entry.number);
  const auto kept = files::write_whole(path, entry.payload, {.temporary = options_.folder / "refused-new"});
  spdlog::error("{}: entry {} of the spool cannot be stored ({}); {} {}", store_.name, entry.number, why,
                kept ? "it is now in" : "it could not be written to", path.string());
}

}  // namespace vidi::spool

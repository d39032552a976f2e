#pragma once
// What the spools have in common: a store that is asked while it answers, a journal of what it does not take, and a
// thread that hands that over when it answers again.

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "core/result.hpp"
#include "core/task.hpp"
#include "spool/journal.hpp"

namespace vidi::spool {

struct Options {
  std::filesystem::path folder;
  Limits limits;
  // What takes the store longer is spooled as well; done twice, it is once. A store that usually answers sooner is
  // given ten times what it usually takes, and at least `least_patience`: for work that always takes about the same.
  std::chrono::milliseconds patience{250};
  std::chrono::milliseconds least_patience = patience;
  std::chrono::milliseconds pause{500};  // before a store that failed is tried again
  std::chrono::milliseconds look{5000};  // how often a store is asked whether it is there when nothing waits for it
  std::size_t together = 256;            // entries handed over at the same time
};

// ask(), enqueue(), depth() and connected(): any thread. The functions are called on the dispatcher's thread.
class Dispatcher {
 public:
  struct Store {
    std::string name;                                  // for the log: "records"
    std::function<Task<Result<void>>(Entry)> deliver;  // hands an entry over; may be called again for the same one
    std::function<Task<Result<void>>()> check;         // whether it answers
    std::function<void(const Entry&)> delivered;       // the entry is off the disk
  };

  // Throws std::runtime_error when the folder cannot be used.
  Dispatcher(Options options, Store store);
  // What the store is doing is waited for.
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  Dispatcher(Dispatcher&&) = delete;
  Dispatcher& operator=(Dispatcher&&) = delete;

  // What the store says to that, when it takes it or never will. Absent: it is to be kept.
  Task<std::optional<Result<void>>> ask(std::function<Task<Result<void>>()> work);

  // Durable when it returns. As Journal::append.
  Task<Result<void>> enqueue(Bytes payload, std::uint64_t beside = 0) {
    return journal_.append(std::move(payload), beside);
  }

  [[nodiscard]] Depth depth() const { return journal_.depth(); }
  // Whether the store answered when it was last asked for anything.
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] Result<void> room_for(std::uint64_t bytes) const { return journal_.room_for(bytes); }

 private:
  Task<void> run();
  Task<bool> hand_over();
  Task<void> look_at_store();
  [[nodiscard]] std::chrono::milliseconds patience() const;
  void note_time(std::chrono::steady_clock::duration taken);
  void stop_asking(const std::string& why);
  void ask_again();
  void set_aside(const Entry& entry, const std::string& why) const;

  const Options options_;
  const Store store_;
  Journal journal_;
  std::atomic<bool> answering_ = true;
  std::atomic<std::chrono::microseconds> usual_;  // what the store takes: a moving average
  std::atomic<bool> connected_ = false;
  std::chrono::steady_clock::time_point looked_;  // of the background's thread
  boost::asio::io_context background_{1};
  boost::asio::steady_timer pause_{background_};  // of the background's thread, as is `stopping_`
  bool stopping_ = false;
  std::jthread thread_;
};

}  // namespace vidi::spool

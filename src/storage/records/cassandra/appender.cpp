#include "records/cassandra/appender.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <iterator>
#include <utility>

#include "core/task.hpp"
#include "records/cassandra/tallies.hpp"

namespace vidi::records::cassandra {
namespace {

using vidi::cassandra::Write;

// Groups on their way at the same time: all others wait until one of them is there.
constexpr std::size_t kGroups = 2;

// Predictions of a group.
constexpr std::size_t kLargestGroup = 512;

void move_to(std::vector<Write>& writes, std::vector<Write> more) {
  std::ranges::move(more, std::back_inserter(writes));
}

}  // namespace

Task<Result<void>> Appender::append(std::shared_ptr<const Connection> connection, Prediction prediction) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto wait = [&](Completion<Result<void>> done) {
    submit({executor, std::move(connection), std::move(prediction), std::move(done)});
  };
  co_return co_await wait_for<Result<void>>(wait);
}

void Appender::submit(Request request) {
  Group group;
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(std::move(request));
    if (sending_ >= kGroups) return;
    ++sending_;
    group = next_group();
  }
  start(std::move(group));
}

// Where the first of the group waits: that task, and so the appender, is there until the group has been sent.
void Appender::start(Group group) {
  const auto executor = group.front().executor;
  spawn(executor, send(std::move(group)));
}

// Needs the mutex.
Appender::Group Appender::next_group() {
  Group group;
  if (waiting_.size() <= kLargestGroup) {
    group.swap(waiting_);
    return group;
  }
  const auto end = waiting_.begin() + kLargestGroup;
  std::move(waiting_.begin(), end, std::back_inserter(group));
  waiting_.erase(waiting_.begin(), end);
  return group;
}

Task<void> Appender::send(Group group) {
  const auto written = co_await write(group);
  Group next;
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.empty()) {
      --sending_;
    } else {
      next = next_group();
    }
  }
  if (!next.empty()) start(std::move(next));
  const bool refused = !written && written.error().code == ErrorCode::invalid_argument;
  for (Request& request : group) {
    if (refused && group.size() > 1) {
      // One of them cannot be recorded: the others can.
      const auto executor = request.executor;
      spawn(executor, send_alone(std::move(request)));
    } else {
      request.done(written);
    }
  }
}

Task<void> Appender::send_alone(Request request) {
  Group group;
  group.push_back(std::move(request));
  const auto written = co_await write(group);
  group.front().done(written);
}

Task<Result<void>> Appender::write(const Group& group) {
  const std::shared_ptr<const Connection> connection = group.front().connection;
  const auto& [session, layout, statements] = *connection;
  std::vector<Write> writes;
  std::set<Listing> listings;
  std::set<Hour> late;
  const Timestamp time = now();
  for (const Request& request : group) {
    const Prediction& prediction = request.prediction;
    if (const auto hour = hour_if_late(prediction, time)) late.insert(*hour);
    move_to(writes, writes_to_append(prediction, statements, layout));
    if (prediction.correction) {
      move_to(writes, writes_to_correct(prediction, *prediction.correction, statements, layout));
    }
    std::ranges::move(listings_of(prediction), std::inserter(listings, listings.end()));
  }
  {
    const std::scoped_lock lock(mutex_);
    std::erase_if(listings, [&](const Listing& listing) { return listed_.contains(listing); });
  }
  for (const Listing& listing : listings) writes.push_back(write_to_list(listing, statements));
  auto written = co_await session->execute_all(std::move(writes));
  if (written && !late.empty()) written = co_await mark_changed(*session, statements, std::move(late));
  if (written && !listings.empty()) {
    constexpr std::size_t kMost = 100'000;
    const std::scoped_lock lock(mutex_);
    if (listed_.size() > kMost) listed_.clear();
    listed_.merge(listings);
  }
  co_return written;
}

}  // namespace vidi::records::cassandra

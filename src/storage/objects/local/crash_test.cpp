#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "contract/killed_process.hpp"
#include "contract/sample_pictures.hpp"
#include "core/task.hpp"
#include "objects/local/local_store.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::objects::local {
namespace {

using Report = std::function<void(const std::array<std::byte, 32>&)>;

// Segments short enough that kills meet closing ones too.
constexpr Options kOptions{.segment_size = 200'000, .segment_entries = 500};

Task<void> put_for_ever(ObjectStore& store, unsigned& next, const Report& report) {
  while (true) {
    const unsigned number = next++;
    const Bytes picture = sample_picture(number % 100 == 0 ? 80'000 : 300, number);
    const Digest digest = sha256(picture);
    const auto done = co_await store.put(digest, picture);
    if (done) report(digest.bytes);
  }
}

void put_until_killed(const std::string& folder, unsigned first, const Report& report) {
  const auto store = open_store(folder, kOptions);
  boost::asio::io_context context(1);
  unsigned next = first;
  for (int task = 0; task < 32; ++task) {
    spawn(context.get_executor(), put_for_ever(*store, next, report));
  }
  context.run();
}

TEST(LocalStoreKilled, HasEveryPictureThatWasAcknowledged) {
  const FreshFolder fresh;
  const std::filesystem::path& folder = fresh.path();
  int acknowledged = 0;
  for (unsigned round = 0; round < 8; ++round) {
    const auto work = [&](const Report& report) { put_until_killed(folder.string(), round * 10'000'000, report); };
    const auto reports = kill_in_the_middle<32>(std::chrono::milliseconds(20 + 37 * round), work);
    ASSERT_FALSE(reports.empty());
    acknowledged += static_cast<int>(reports.size());
    const auto store = open_store(folder.string(), kOptions);
    for (const auto& bytes : reports) {
      const auto found = run(store->get(Digest{bytes}));
      ASSERT_TRUE(found) << found.error().message;
      ASSERT_TRUE(*found) << "lost in round " << round;
    }
  }
  RecordProperty("acknowledged", acknowledged);
}

}  // namespace
}  // namespace vidi::objects::local

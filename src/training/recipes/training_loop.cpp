#include "recipes/training_loop.hpp"

#include <fmt/format.h>

namespace vidi::recipes {

Result<void> run_steps(Trainee& trainee, std::size_t steps, const Session& session) {
  const std::vector<NamedValues> state = trainee.state();
  std::size_t done = 0;
  if (session.checkpoint != nullptr) {
    auto loaded = session.checkpoint->load(state);
    if (!loaded) return forward_error(loaded);
    if (*loaded) {
      done = **loaded;
      session.progress.note(fmt::format("going on from the checkpoint after step {} of {}", done, steps));
    }
  }
  std::size_t saved = done;
  auto saved_at = std::chrono::steady_clock::now();
  const auto save = [&]() -> Result<void> {
    if (session.checkpoint == nullptr || saved == done) return {};
    saved = done;
    saved_at = std::chrono::steady_clock::now();
    return session.checkpoint->save(done, state);
  };
  while (done < steps && !session.stop) {
    auto result = trainee.step(done);
    if (!result) return forward_error(result);
    ++done;
    session.progress.report({.step = done, .steps = steps, .loss = result->loss, .accuracy = result->accuracy});
    if (std::chrono::steady_clock::now() - saved_at < session.interval) continue;
    if (auto written = save(); !written) return written;
  }
  session.progress.finish();
  return save();
}

}  // namespace vidi::recipes

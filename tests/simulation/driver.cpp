// A simulated cluster, seed by seed: nodes with clocks of their own and a sight of their own of the
// endpoints, a server whose state changes all the time, streams that delay and break, and sessions
// on them. No time passes, nothing is random but by the seed.
//
//   simulation [--first=N] [--seeds=N] [--steps=N]   that many, from the first on
//   simulation --seed=N [--steps=N]                  one of them, step by step in words
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/text.h"
#include "tests/simulation/traffic.h"

namespace limpet::simulation {
namespace {

struct Options {
  uint64_t first = 0;
  uint64_t seeds = 2000;
  size_t steps = 50;
  bool tell = false;
};

struct Totals {
  Tally tally;
  Coupling::Counts stream;
  uint64_t seeds = 0;
  size_t keys_turned = 0;
  size_t keys_gone = 0;
};

constexpr size_t kMaxRequests = 11;  // per step

// What went wrong; empty: nothing.
std::string run(uint64_t seed, const Options& options, const Cluster::Say& say, Totals& totals) {
  Cluster cluster(seed, totals.stream, say);
  Traffic traffic(cluster, totals.tally, say);
  for (size_t step = 0; step < options.steps; ++step) {
    cluster.pass(cluster.draw(16) == 0 ? 100 + static_cast<int64_t>(cluster.draw(500))
                                       : static_cast<int64_t>(cluster.draw(20)));
    if (cluster.draw(2) == 0) cluster.event();
    cluster.pump();
    for (size_t i = cluster.draw(kMaxRequests); i > 0 && !traffic.problem(); --i) traffic.step();
    if (traffic.problem()) {
      return str_cat("(", size_t{traffic.problem()->invariant}, ") ",
                     kInvariantNames[traffic.problem()->invariant], ": ", traffic.problem()->text);
    }
    if (!cluster.problem().empty()) return cluster.problem();
    if (totals.stream.rejected != 0) return "a node was sent what it may not take";
    if (::testing::Test::HasFailure()) return "the streams are not as they must be (above)";
  }
  ++totals.seeds;
  totals.keys_turned += cluster.keys_turned();
  totals.keys_gone += cluster.keys_gone();
  return {};
}

void tell(uint64_t seed, const Options& options) {
  Totals totals;
  size_t line = 0;
  const std::string problem = run(
      seed, options,
      [&](const std::string& words) { std::printf("%5zu  %s\n", ++line, words.c_str()); }, totals);
  if (!problem.empty()) ADD_FAILURE() << problem;
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
              problem.empty() ? "nothing is wrong" : problem.c_str());
}

constexpr const char* kReasons[] = {"gone",       "unavailable", "expired",       "idle",
                                    "evicted",    "drained",     "key lost",      "binding dropped",
                                    "lost race",  "behind",      "scope changed", "home again"};
constexpr const char* kOfVerdicts[] = {Traffic::kMoved, Traffic::kElsewhere, Traffic::kWaits,
                                       Traffic::kBack, Traffic::kDoubted};
constexpr char kNotSimulated[] =
    "not simulated: waiting for a revision; and, as there is no such thing yet, rebalanced\n";
constexpr uint64_t kEnoughSeeds = 1000;  // for each thing to have happened

void print(const Totals& totals) {
  const Tally& tally = totals.tally;
  std::printf("%llu seeds, %zu requests, %zu states taken by nodes (%zu of another epoch)\n",
              static_cast<unsigned long long>(totals.seeds), tally.requests,
              totals.stream.activated, totals.stream.left_epochs);
  std::printf("another key came to mint %zu times, %zu keys were gone\n", totals.keys_turned,
              totals.keys_gone);
  std::printf("comparisons:\n");
  for (size_t i = 1; i < kInvariants; ++i) {
    std::printf("  (%zu) %-36s %10zu\n", i, kInvariantNames[i], tally.compared[i]);
  }
  std::printf("moves, by reason:\n");
  for (const auto& [reason, count] : tally.moves) {
    std::printf("  %-40s %10zu\n", reason.c_str(), count);
  }
  std::printf("requests, by what there was to say of them:\n");
  for (const auto& [what, count] : tally.others) {
    std::printf("  %-40s %10zu\n", what.c_str(), count);
  }
  const Ranking::Spread& spread = tally.spread;
  std::printf("sessions one after the other that rank two endpoints otherwise: %zu of %zu\n",
              spread.differ, spread.pairs);
  std::printf("choices of the one with the greater weight: %.0f of %zu, expected %.0f\n%s",
              spread.observed, spread.unlike, spread.expected, kNotSimulated);
}

// A test of nothing is none.
void expect_enough(const Tally& tally) {
  for (const char* reason : kReasons) EXPECT_TRUE(tally.moves.contains(reason)) << reason;
  for (const char* what : kOfVerdicts) EXPECT_TRUE(tally.others.contains(what)) << what;
  for (size_t i = 1; i < kInvariants; ++i) EXPECT_GT(tally.compared[i], 1000U) << i;
  const Ranking::Spread& spread = tally.spread;
  // Choices of different sessions have nothing to do with one another, and follow the weights.
  EXPECT_NEAR(static_cast<double>(spread.differ) / static_cast<double>(spread.pairs), 0.5, 0.05);
  EXPECT_NEAR(spread.observed / spread.expected, 1, 0.05);
}

Options options;

TEST(Simulation, NoSessionMovesWithoutAReason) {
  if (options.tell) return tell(options.first, options);
  Totals totals;
  for (uint64_t seed = options.first; seed < options.first + options.seeds; ++seed) {
    const std::string problem = run(seed, options, nullptr, totals);
    if (problem.empty()) continue;
    tell(seed, options);
    FAIL() << "seed " << seed << ": " << problem << "\nagain with --seed=" << seed;
  }
  print(totals);
  if (options.seeds < kEnoughSeeds) return;
  expect_enough(totals.tally);
  EXPECT_GT(totals.keys_turned, 100U);
  EXPECT_GT(totals.keys_gone, 10U);
}

}  // namespace
}  // namespace limpet::simulation

int main(int argc, char** argv) {
  using limpet::simulation::options;
  ::testing::InitGoogleTest(&argc, argv);
  for (const std::string& argument : std::vector<std::string>(argv + 1, argv + argc)) {
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const uint64_t value =
        equals == std::string::npos ? 0 : std::strtoull(argument.c_str() + equals + 1, nullptr, 10);
    if (name == "--first") {
      options.first = value;
    } else if (name == "--seeds") {
      options.seeds = value;
    } else if (name == "--steps") {
      options.steps = value;
    } else if (name == "--seed") {
      options.first = value;
      options.seeds = 1;
      options.tell = true;
    } else {
      std::fprintf(stderr, "simulation: no such option: %s\n", argument.c_str());
      return 2;
    }
  }
  return RUN_ALL_TESTS();
}

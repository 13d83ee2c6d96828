#include "proxy/upstream/connection_gate.h"

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace limpet {
namespace {

using Entry = ConnectionGate::Entry;
using Place = ConnectionGate::Place;
using Waiter = ConnectionGate::Waiter;

class ConnectionGateTest : public ::testing::Test {
 protected:
  Entry enter(Place& place, Waiter* waiter = nullptr) {
    return ConnectionGate::enter(gate_, limits_, place, waiter);
  }

  GateLimits limits_;
  const std::shared_ptr<ConnectionGate> gate_ = std::make_shared<ConnectionGate>();
};

TEST_F(ConnectionGateTest, HasNoLimitWithoutOne) {
  std::vector<Place> places(100);
  for (Place& place : places) EXPECT_EQ(enter(place), Entry::kEntered);
  EXPECT_EQ(gate_->connections(), 100U);
  places.clear();
  EXPECT_EQ(gate_->connections(), 0U);
  EXPECT_EQ(gate_->requests(), 0U);
}

TEST_F(ConnectionGateTest, RefusesBeyondItsLimits) {
  limits_.connections = 2;
  Place one, two, three;
  EXPECT_EQ(enter(one), Entry::kEntered);
  EXPECT_EQ(enter(two), Entry::kEntered);
  Waiter waiter([] {});
  EXPECT_EQ(enter(three, &waiter), Entry::kFull) << "nothing waits unless the limits say so";
  two.leave();
  EXPECT_EQ(enter(three), Entry::kEntered);
  limits_ = {.connections = 0, .requests = 2, .pending = 5};
  EXPECT_EQ(enter(two, &waiter), Entry::kFull) << "requests are not waited for";
  EXPECT_EQ(gate_->pending(), 0U);
}

TEST_F(ConnectionGateTest, AConnectionThatGoesOnIsNoRequest) {
  limits_ = {.connections = 3, .requests = 1};
  Place tunnel, other;
  EXPECT_EQ(enter(tunnel), Entry::kEntered);
  EXPECT_EQ(enter(other), Entry::kFull);
  tunnel.end_request();
  EXPECT_EQ(enter(other), Entry::kEntered);
  EXPECT_EQ(gate_->connections(), 2U);
  tunnel.leave();
  EXPECT_EQ(gate_->connections(), 1U);
  EXPECT_EQ(gate_->requests(), 1U);
}

TEST_F(ConnectionGateTest, WaitersHaveTheirTurnInOrder) {
  limits_ = {.connections = 1, .pending = 2};
  std::vector<int> woken;
  Place held, none, late;
  EXPECT_EQ(enter(held), Entry::kEntered);
  Waiter first([&] { woken.push_back(1); });
  Waiter second([&] { woken.push_back(2); });
  Waiter third([&] { woken.push_back(3); });
  EXPECT_EQ(enter(none, &first), Entry::kWaiting);
  EXPECT_EQ(enter(none, &second), Entry::kWaiting);
  EXPECT_EQ(enter(none, &third), Entry::kFull);
  EXPECT_FALSE(first.take());
  held.leave();
  EXPECT_EQ(woken, (std::vector<int>{1}));
  EXPECT_EQ(enter(late, nullptr), Entry::kFull) << "nobody is overtaken";
  EXPECT_FALSE(second.take());
  Place its = first.take();
  ASSERT_TRUE(its);
  its.leave();
  EXPECT_EQ(woken, (std::vector<int>{1, 2}));
  its = second.take();
  ASSERT_TRUE(its);
  EXPECT_EQ(gate_->pending(), 0U);
  EXPECT_EQ(gate_->connections(), 1U);
}

TEST_F(ConnectionGateTest, WhoGivesUpLeavesItsPlaceToTheNext) {
  limits_ = {.connections = 1, .pending = 3};
  Place held, none;
  EXPECT_EQ(enter(held), Entry::kEntered);
  std::optional<Waiter> gone(std::in_place, [] {});
  std::optional<Waiter> granted(std::in_place, [] {});
  int woken = 0;
  Waiter last([&] { ++woken; });
  EXPECT_EQ(enter(none, &*gone), Entry::kWaiting);
  EXPECT_EQ(enter(none, &*granted), Entry::kWaiting);
  EXPECT_EQ(enter(none, &last), Entry::kWaiting);
  gone.reset();
  EXPECT_EQ(gate_->pending(), 2U);
  held.leave();
  EXPECT_EQ(woken, 0);
  granted.reset();
  EXPECT_EQ(woken, 1);
  EXPECT_TRUE(last.take());
  EXPECT_EQ(gate_->connections(), 0U) << "the place was dropped at once";
  EXPECT_EQ(gate_->requests(), 0U);
}

TEST_F(ConnectionGateTest, AHigherLimitLetsThoseInThatWait) {
  limits_ = {.connections = 1, .pending = 1};
  Place held, none, more;
  EXPECT_EQ(enter(held), Entry::kEntered);
  int woken = 0;
  Waiter waiter([&] { ++woken; });
  EXPECT_EQ(enter(none, &waiter), Entry::kWaiting);
  limits_.connections = 3;
  EXPECT_EQ(enter(more), Entry::kEntered);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(gate_->connections(), 3U);
}

TEST_F(ConnectionGateTest, CountsOpenConnections) {
  ConnectionGate::OpenConnection one(gate_);
  {
    const ConnectionGate::OpenConnection two(gate_);
    EXPECT_EQ(gate_->open(), 2U);
  }
  ConnectionGate::OpenConnection moved(std::move(one));
  EXPECT_EQ(gate_->open(), 1U);
  moved = ConnectionGate::OpenConnection();
  EXPECT_EQ(gate_->open(), 0U);
}

// Whatever the interleaving, nobody is over the limit, nobody waits for ever, nothing is left.
TEST_F(ConnectionGateTest, ThreadsAreCountedExactly) {
  limits_ = {.connections = 3, .pending = 100};
  std::atomic<uint32_t> inside{0};
  std::atomic<bool> exceeded{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2000; ++round) {
        std::atomic<bool> woken{false};
        Waiter waiter([&] {
          woken = true;
          woken.notify_one();
        });
        Place place;
        if (enter(place, &waiter) == Entry::kWaiting) {
          woken.wait(false);
          place = waiter.take();
        }
        if (!place || ++inside > limits_.connections) exceeded = true;
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(gate_->connections(), 0U);
  EXPECT_EQ(gate_->requests(), 0U);
  EXPECT_EQ(gate_->pending(), 0U);
}

}  // namespace
}  // namespace limpet

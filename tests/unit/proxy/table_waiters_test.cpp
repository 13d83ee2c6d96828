#include "proxy/table_waiters.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

// Counts its turns, and stops the loop at the last that is expected.
class Waiter : public EventHandler {
 public:
  Waiter(Reactor& reactor, int expected) : reactor_(reactor), expected_(expected) {}
  void on_events(uint32_t) override { take_turn(turns); }
  void on_timer() override { take_turn(timers); }

  int turns = 0;
  int timers = 0;

 private:
  void take_turn(int& count) {
    ++count;
    if (turns + timers == expected_) reactor_.stop();
  }
  Reactor& reactor_;
  const int expected_;
};

class TableWaitersTest : public ::testing::Test {
 protected:
  void run() {
    reactor_.run([] {});
  }
  Reactor reactor_;
  TableWaiters waiters_{reactor_};
};

TEST_F(TableWaitersTest, AllHaveATurnWhenATableComes) {
  Waiter one(reactor_, 1);
  Waiter gone(reactor_, 1);
  const int64_t far_ms = reactor_.now_ms() + 1'000'000;
  waiters_.add(&one, far_ms);
  waiters_.add(&gone, far_ms);
  waiters_.remove(&gone);
  EXPECT_TRUE(waiters_.contains(&one));
  waiters_.on_table();
  EXPECT_FALSE(waiters_.contains(&one));
  run();
  EXPECT_EQ(one.turns, 1);
  EXPECT_EQ(gone.turns, 0);
}

TEST_F(TableWaitersTest, OneIsStillContainedWhenItsTimeHasPassed) {
  Waiter one(reactor_, 1);
  waiters_.add(&one, reactor_.now_ms() + 1);
  run();
  EXPECT_EQ(one.timers, 1);
  EXPECT_TRUE(waiters_.contains(&one));
}

TEST_F(TableWaitersTest, NobodyWaitsAfterOneHasInVain) {
  Waiter one(reactor_, 1);
  EXPECT_TRUE(waiters_.may_wait());
  waiters_.add(&one, reactor_.now_ms() + 1);
  waiters_.give_up(&one);
  EXPECT_FALSE(waiters_.contains(&one));
  EXPECT_FALSE(waiters_.may_wait());
  waiters_.on_table();
  EXPECT_TRUE(waiters_.may_wait()) << "tables come again";
}

}  // namespace
}  // namespace limpet

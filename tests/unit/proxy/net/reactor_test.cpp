#include "proxy/net/reactor.h"

#include <string>

#include <gtest/gtest.h>

namespace limpet {
namespace {

// Notes its name when its time has come, and stops the loop after the last.
class Sleeper : public EventHandler {
 public:
  Sleeper(Reactor& reactor, std::string& order, char name, bool last = false)
      : reactor_(reactor), order_(order), name_(name), last_(last) {}
  void on_events(uint32_t) override {}
  void on_timer() override {
    order_ += name_;
    if (last_) reactor_.stop();
  }

 private:
  Reactor& reactor_;
  std::string& order_;
  const char name_;
  const bool last_;
};

class ReactorTimers : public ::testing::Test {
 protected:
  std::string run() {
    reactor_.run([] {});
    return order_;
  }
  Reactor reactor_;
  std::string order_;
  Sleeper a_{reactor_, order_, 'a'};
  Sleeper b_{reactor_, order_, 'b'};
  Sleeper last_{reactor_, order_, '!', true};
  const int64_t now_ms_ = reactor_.now_ms();
};

TEST_F(ReactorTimers, ComeInTheOrderOfTheirTimes) {
  reactor_.wake_at(&last_, now_ms_ + 60);
  reactor_.wake_at(&b_, now_ms_ + 40);
  reactor_.wake_at(&a_, now_ms_ + 20);
  EXPECT_EQ(run(), "ab!");
}

TEST_F(ReactorTimers, ALaterTimeReplacesTheOneBefore) {
  reactor_.wake_at(&a_, now_ms_ + 5);
  reactor_.wake_at(&b_, now_ms_ + 20);
  reactor_.wake_at(&a_, now_ms_ + 40);
  reactor_.wake_at(&last_, now_ms_ + 60);
  EXPECT_EQ(run(), "ba!");
}

TEST_F(ReactorTimers, AnEarlierTimeReplacesTheOneBefore) {
  reactor_.wake_at(&a_, now_ms_ + 40);
  reactor_.wake_at(&b_, now_ms_ + 20);
  reactor_.wake_at(&a_, now_ms_ + 5);
  reactor_.wake_at(&last_, now_ms_ + 60);
  EXPECT_EQ(run(), "ab!") << "and once";
}

TEST_F(ReactorTimers, WhoHasGoneIsNotCalled) {
  auto gone = std::make_unique<Sleeper>(reactor_, order_, 'x');
  reactor_.wake_at(gone.get(), now_ms_ + 10);
  reactor_.wake_at(&a_, now_ms_ + 20);
  reactor_.wake_at(&last_, now_ms_ + 30);
  reactor_.retire(std::move(gone));
  EXPECT_EQ(run(), "a!");
}

}  // namespace
}  // namespace limpet

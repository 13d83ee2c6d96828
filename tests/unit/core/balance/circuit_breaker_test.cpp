#include "core/balance/circuit_breaker.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

constexpr int64_t kNow = 1'000'000;

class CircuitBreakerTest : public ::testing::Test {
 protected:
  CircuitBreakerTest() {
    settings_.min_requests = 4;
    settings_.window_ms = 1'000;
    settings_.open_ms = 5'000;
  }
  // One request, begun and ended at that time. False: it is refused.
  bool request(bool error, int64_t now_ms, int64_t took_ms = 1) {
    CircuitBreaker::Pass pass = breaker_.admit(settings_, now_ms);
    if (pass) breaker_.note(pass, settings_, {error, took_ms}, now_ms);
    return static_cast<bool>(pass);
  }
  bool good(int64_t now_ms) { return request(false, now_ms); }
  bool bad(int64_t now_ms) { return request(true, now_ms); }
  void open_at(int64_t now_ms) {
    settings_.error_amount = 4;
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(bad(now_ms));
    ASSERT_FALSE(breaker_.is_closed());
  }

  BreakerSettings settings_;
  CircuitBreaker breaker_;
};

TEST_F(CircuitBreakerTest, NeverOpensWithoutAThreshold) {
  EXPECT_FALSE(settings_.has_threshold());
  settings_.slow_ms = 10;
  EXPECT_FALSE(settings_.has_threshold()) << "a time alone is none";
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(request(true, kNow, 1'000));
}

TEST_F(CircuitBreakerTest, OpensAtAnAmountOfErrors) {
  settings_.error_amount = 3;
  EXPECT_TRUE(bad(kNow));
  EXPECT_TRUE(good(kNow));
  EXPECT_TRUE(bad(kNow + 500));
  EXPECT_TRUE(bad(kNow + 900));
  EXPECT_FALSE(good(kNow + 901));
}

TEST_F(CircuitBreakerTest, WaitsForEnoughRequests) {
  settings_.error_amount = 1;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bad(kNow));
  EXPECT_TRUE(breaker_.is_closed());
  EXPECT_TRUE(bad(kNow));
  EXPECT_FALSE(breaker_.is_closed());
}

TEST_F(CircuitBreakerTest, OpensAtARatioOfErrors) {
  settings_.error_ratio = 0.5;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(good(kNow));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(bad(kNow));
  EXPECT_TRUE(breaker_.is_closed());
  EXPECT_TRUE(bad(kNow));
  EXPECT_FALSE(breaker_.is_closed());
}

TEST_F(CircuitBreakerTest, OpensAtSlowRequests) {
  settings_.slow_ms = 100;
  settings_.slow_ratio = 0.5;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(request(false, kNow, 99));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(request(false, kNow, 100));
  EXPECT_TRUE(breaker_.is_closed());
  EXPECT_TRUE(request(false, kNow, 5'000));
  EXPECT_FALSE(breaker_.is_closed());
}

TEST_F(CircuitBreakerTest, ARatioOfZeroNeedsOneAllTheSame) {
  settings_.error_ratio = 0;
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(good(kNow));
  EXPECT_TRUE(bad(kNow));
  EXPECT_FALSE(breaker_.is_closed());
}

TEST_F(CircuitBreakerTest, ForgetsWhatIsOlderThanTheWindow) {
  settings_.error_amount = 4;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bad(kNow));
  EXPECT_TRUE(bad(kNow + 1'000));
  EXPECT_TRUE(breaker_.is_closed());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(bad(kNow + 1'900));
  EXPECT_TRUE(breaker_.is_closed());
  EXPECT_TRUE(bad(kNow + 1'950));
  EXPECT_FALSE(breaker_.is_closed()) << "four in the last second";
}

TEST_F(CircuitBreakerTest, OneRequestTriesAfterTheTime) {
  open_at(kNow);
  EXPECT_FALSE(good(kNow + 4'999));
  CircuitBreaker::Pass trial = breaker_.admit(settings_, kNow + 5'000);
  ASSERT_TRUE(trial);
  EXPECT_FALSE(breaker_.admit(settings_, kNow + 5'000)) << "others wait for it";
  EXPECT_FALSE(breaker_.admit(settings_, kNow + 9'999));
  EXPECT_TRUE(breaker_.still_admits(trial));
  breaker_.note(trial, settings_, {false, 1}, kNow + 9'999);
  EXPECT_TRUE(breaker_.is_closed());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bad(kNow + 9'999)) << "the window begins empty";
  EXPECT_TRUE(breaker_.is_closed());
}

TEST_F(CircuitBreakerTest, ATrialWithoutAnEndHoldsUpNobody) {
  open_at(kNow);
  CircuitBreaker::Pass endless = breaker_.admit(settings_, kNow + 5'000);
  CircuitBreaker::Pass next = breaker_.admit(settings_, kNow + 10'000);
  ASSERT_TRUE(next);
  EXPECT_FALSE(breaker_.still_admits(endless));
  breaker_.note(endless, settings_, {true, 1}, kNow + 10'001);
  EXPECT_TRUE(breaker_.still_admits(next)) << "its word counts no more";
  { const CircuitBreaker::Pass gone(std::move(endless)); }
  EXPECT_TRUE(breaker_.still_admits(next));
  breaker_.note(next, settings_, {false, 1}, kNow + 10'002);
  EXPECT_TRUE(breaker_.is_closed());
}

TEST_F(CircuitBreakerTest, TheWindowBeginsEmptySoonAfterTheClockDid) {
  settings_.window_ms = 3'600'000;
  settings_.error_amount = 4;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(bad(10'000));
  EXPECT_TRUE(good(20'000));
  ASSERT_TRUE(breaker_.is_closed());
  EXPECT_TRUE(bad(400'000)) << "in another slot";
  EXPECT_TRUE(breaker_.is_closed());
}

TEST_F(CircuitBreakerTest, AFailedTrialOpensAgain) {
  open_at(kNow);
  EXPECT_TRUE(bad(kNow + 6'000));
  EXPECT_FALSE(good(kNow + 10'999));
  EXPECT_TRUE(good(kNow + 11'000));
  EXPECT_TRUE(breaker_.is_closed());
}

TEST_F(CircuitBreakerTest, ASlowTrialOpensAgainWhereSlownessCounts) {
  settings_.slow_ms = 100;
  settings_.slow_amount = 50;
  open_at(kNow);
  EXPECT_TRUE(request(false, kNow + 6'000, 200));
  EXPECT_FALSE(breaker_.is_closed());
}

TEST_F(CircuitBreakerTest, ATrialThatSaysNothingMakesWayForAnother) {
  open_at(kNow);
  {
    const CircuitBreaker::Pass gone = breaker_.admit(settings_, kNow + 5'000);
    ASSERT_TRUE(gone);
  }
  CircuitBreaker::Pass second = breaker_.admit(settings_, kNow + 5'001);
  ASSERT_TRUE(second);
  CircuitBreaker::Pass moved(std::move(second));
  EXPECT_FALSE(breaker_.admit(settings_, kNow + 5'002));
  breaker_.note(moved, settings_, {false, 1}, kNow + 5'003);
  EXPECT_TRUE(good(kNow + 5'004));
}

TEST_F(CircuitBreakerTest, WhatWasLetThroughBeforeSaysNothingAfterwards) {
  std::vector<CircuitBreaker::Pass> old;
  for (int i = 0; i < 10; ++i) old.push_back(breaker_.admit(settings_, kNow));
  open_at(kNow);
  for (int i = 0; i < 5; ++i) breaker_.note(old[i], settings_, {false, 1}, kNow + 1);
  EXPECT_FALSE(breaker_.is_closed()) << "only the trial closes it";
  EXPECT_TRUE(good(kNow + 5'000));
  for (int i = 5; i < 10; ++i) breaker_.note(old[i], settings_, {true, 1}, kNow + 5'001);
  EXPECT_TRUE(breaker_.is_closed()) << "nor do they open it";
}

TEST_F(CircuitBreakerTest, TakesAnotherWindowMeanwhile) {
  settings_.error_amount = 4;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bad(kNow));
  settings_.window_ms = 3'600'000;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bad(kNow));
  EXPECT_TRUE(bad(kNow + 1'000'000));
  EXPECT_FALSE(breaker_.is_closed());
}

}  // namespace
}  // namespace limpet

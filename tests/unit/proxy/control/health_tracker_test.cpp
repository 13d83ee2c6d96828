#include "proxy/control/health_tracker.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

using Health = HealthTracker::Health;

class HealthTrackerTest : public ::testing::Test {
 protected:
  bool pass() { return tracker_.note_try(settings_, "", now_ms_); }
  bool fail(const char* problem = "status 503") {
    return tracker_.note_try(settings_, problem, now_ms_);
  }
  bool fail_request() { return tracker_.note_request_failure(settings_, now_ms_); }
  void go_down() {
    for (uint32_t i = 0; i < settings_.max_fails; ++i) fail();
    ASSERT_EQ(tracker_.health(), Health::kDown);
  }

  HealthSettings settings_;  // interval 5 s, 3 fails, 2 passes
  HealthTracker tracker_;
  int64_t now_ms_ = 1'000'000;
};

TEST_F(HealthTrackerTest, OnePassMakesAnUnknownEndpointUp) {
  EXPECT_EQ(tracker_.health(), Health::kUntried);
  EXPECT_TRUE(pass());
  EXPECT_EQ(tracker_.health(), Health::kUp);
  EXPECT_FALSE(pass()) << "nothing has changed";
}

TEST_F(HealthTrackerTest, MaxFailsInARowMakeItDown) {
  EXPECT_FALSE(fail());
  EXPECT_FALSE(fail());
  EXPECT_EQ(tracker_.health(), Health::kUntried) << "of one that was never up, too";
  EXPECT_TRUE(fail("status 500"));
  EXPECT_EQ(tracker_.health(), Health::kDown);
  EXPECT_EQ(tracker_.problem(), "status 500");
  EXPECT_FALSE(fail("connection refused"));
  EXPECT_EQ(tracker_.problem(), "status 500");
}

TEST_F(HealthTrackerTest, APassBetweenBeginsTheRowAnew) {
  pass();
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(fail() || fail() || pass());
    EXPECT_EQ(tracker_.health(), Health::kUp);
  }
}

TEST_F(HealthTrackerTest, MinPassesInARowBringItBack) {
  go_down();
  EXPECT_FALSE(pass() || fail() || pass());
  EXPECT_EQ(tracker_.health(), Health::kDown);
  EXPECT_TRUE(pass());
  EXPECT_EQ(tracker_.health(), Health::kUp);
  EXPECT_EQ(tracker_.problem(), "");
}

TEST_F(HealthTrackerTest, NotBeforeFailTimeout) {
  settings_.fail_timeout_ms = 30'000;
  go_down();
  now_ms_ += 29'999;
  EXPECT_FALSE(pass() || pass() || pass());
  now_ms_ += 1;
  EXPECT_TRUE(pass());
}

TEST_F(HealthTrackerTest, OneFailIsEnoughWhereThePolicySaysSo) {
  settings_.max_fails = settings_.min_passes = 1;
  EXPECT_TRUE(fail());
  EXPECT_TRUE(pass());
  EXPECT_TRUE(fail());
}

TEST_F(HealthTrackerTest, WhatWasNotTriedForLongIsUnknown) {
  go_down();
  now_ms_ += HealthTracker::kFreshMs - 1;
  EXPECT_FALSE(tracker_.expire(settings_, now_ms_));
  now_ms_ += 1;
  EXPECT_TRUE(tracker_.expire(settings_, now_ms_));
  EXPECT_EQ(tracker_.health(), Health::kUntried);
  EXPECT_FALSE(tracker_.expire(settings_, now_ms_)) << "nothing has changed";
  EXPECT_FALSE(fail() || fail()) << "what failed before is forgotten";
  settings_.interval_ms = 60'000;
  pass();
  now_ms_ += 119'999;
  EXPECT_FALSE(tracker_.expire(settings_, now_ms_));
  now_ms_ += 1;
  EXPECT_TRUE(tracker_.expire(settings_, now_ms_));
}

TEST_F(HealthTrackerTest, RequestsThatFailAtOneMomentAreOneFail) {
  pass();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(fail_request());
  now_ms_ += 1'665;  // not yet a third of the interval
  EXPECT_FALSE(fail_request());
  now_ms_ += 1;
  EXPECT_TRUE(fail_request()) << "one more, and it is down";
  EXPECT_TRUE(fail());
}

TEST_F(HealthTrackerTest, RequestsAloneDoNotFindAnEndpointDown) {
  pass();
  for (int i = 0; i < 100; ++i) {
    now_ms_ += 5'000;
    fail_request();
    EXPECT_EQ(tracker_.health(), HealthTracker::Health::kUp);
  }
  EXPECT_FALSE(pass()) << "the endpoint answers";
  EXPECT_FALSE(fail() || fail());
  EXPECT_TRUE(fail());
}

TEST_F(HealthTrackerTest, ARequestsFailureEndsARowOfPasses) {
  pass();
  EXPECT_FALSE(fail() || fail());
  EXPECT_TRUE(fail());
  EXPECT_FALSE(pass());
  now_ms_ += 5'000;
  EXPECT_FALSE(fail_request());
  EXPECT_FALSE(pass());
  EXPECT_TRUE(pass());
}

}  // namespace
}  // namespace limpet

#include "proxy/upstream/ejections.h"

#include <gtest/gtest.h>

#include "core/base/text.h"

namespace limpet {
namespace {

using Failure = Ejections::Failure;
using Verdict = Ejections::Verdict;

class EjectionsTest : public ::testing::Test {
 protected:
  const SocketAddress address_ = *SocketAddress::parse("10.0.0.1", 80);
  Ejections ejections_;
};

TEST_F(EjectionsTest, OneThatCannotBeReachedIsPassedOverForAWhile) {
  ejections_.note_failure(address_, Failure::kRefused, 5'000);
  EXPECT_EQ(ejections_.judge(address_, 5'000), Verdict::kPassOver);
  EXPECT_EQ(ejections_.judge(address_, 5'999), Verdict::kPassOver);
  EXPECT_EQ(ejections_.judge(address_, 6'000), Verdict::kUse);
  EXPECT_EQ(ejections_.judge(*SocketAddress::parse("10.0.0.1", 81), 5'000), Verdict::kUse);
}

TEST_F(EjectionsTest, OneThatDoesNotEvenRefuseIsAvoided) {
  ejections_.note_failure(address_, Failure::kTimedOut, 0);
  EXPECT_EQ(ejections_.judge(address_, 1), Verdict::kAvoid);
}

TEST_F(EjectionsTest, ATrialThatIsRefusedIsFollowedByAnotherSoon) {
  ejections_.note_failure(address_, Failure::kRefused, 0);
  for (int64_t now = 1'000; now < 10'000; now += 1'000) {
    EXPECT_EQ(ejections_.judge(address_, now), Verdict::kUse);
    EXPECT_EQ(ejections_.judge(address_, now), Verdict::kPassOver) << "others wait";
    ejections_.note_failure(address_, Failure::kRefused, now);
    EXPECT_EQ(ejections_.judge(address_, now + 999), Verdict::kPassOver);
  }
}

TEST_F(EjectionsTest, ATrialThatTakesTimeIsRepeatedMoreAndMoreSeldom) {
  ejections_.note_failure(address_, Failure::kTimedOut, 0);
  int64_t now = 1'000;
  for (const int64_t length : {2'000, 4'000, 8'000, 16'000, 30'000, 30'000}) {
    EXPECT_EQ(ejections_.judge(address_, now), Verdict::kUse);
    EXPECT_EQ(ejections_.judge(address_, now), Verdict::kAvoid) << "others wait";
    ejections_.note_failure(address_, Failure::kTimedOut, now);
    EXPECT_EQ(ejections_.judge(address_, now + length - 1), Verdict::kAvoid);
    now += length;
  }
}

TEST_F(EjectionsTest, FailuresOfThoseUnderWayDoNotCountAgain) {
  for (int i = 0; i < 50; ++i) ejections_.note_failure(address_, Failure::kRefused, 0);
  EXPECT_EQ(ejections_.judge(address_, 1'000), Verdict::kUse);
}

TEST_F(EjectionsTest, AnAnswerForgivesAll) {
  ejections_.note_failure(address_, Failure::kRefused, 0);
  ejections_.note_answer(address_);
  EXPECT_EQ(ejections_.judge(address_, 0), Verdict::kUse);
  EXPECT_EQ(ejections_.size(), 0U);
}

TEST_F(EjectionsTest, ConnectionsClosedWithoutAnswerCountFromTheThirdInARow) {
  ejections_.note_failure(address_, Failure::kBroken, 0);
  ejections_.note_failure(address_, Failure::kBroken, 0);
  EXPECT_EQ(ejections_.judge(address_, 0), Verdict::kUse);
  ejections_.note_answer(address_);
  ejections_.note_failure(address_, Failure::kBroken, 0);
  ejections_.note_failure(address_, Failure::kBroken, 0);
  EXPECT_EQ(ejections_.judge(address_, 0), Verdict::kUse);
  ejections_.note_failure(address_, Failure::kBroken, 0);
  EXPECT_EQ(ejections_.judge(address_, 0), Verdict::kPassOver);
}

TEST_F(EjectionsTest, WhatIsLongOverIsForgottenAndTheirNumberIsLimited) {
  for (size_t i = 0; i < Ejections::kMaxAddresses + 10; ++i) {
    ejections_.note_failure(
        *SocketAddress::parse(str_cat("10.1.", i / 256, ".", i % 256), 80), Failure::kRefused, 0);
  }
  EXPECT_EQ(ejections_.size(), Ejections::kMaxAddresses);
  ejections_.sweep(Ejections::kFirstMs + Ejections::kLongestMs);
  EXPECT_EQ(ejections_.size(), Ejections::kMaxAddresses);
  ejections_.sweep(Ejections::kFirstMs + Ejections::kLongestMs + 1);
  EXPECT_EQ(ejections_.size(), 0U);
}

}  // namespace
}  // namespace limpet

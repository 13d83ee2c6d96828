#include "core/base/byte_patch.h"

#include <random>

#include <gtest/gtest.h>

#include "core/base/text.h"

namespace limpet {
namespace {

// A thousand records like endpoints', numbered.
std::string records(int count, int changed = -1) {
  std::string text = "generation 1 ";
  for (int i = 0; i < count; ++i) {
    text += str_cat("[address 10.0.", i / 256, ".", i % 256,
                    i == changed ? " ready: false" : " ready: true", "]");
  }
  return text;
}

TEST(BytePatch, OneChangeOfMuchIsLittle) {
  const std::string before = records(1'000);
  std::string after = records(1'000, 500);
  after[11] = '2';
  const auto patch = make_patch(before, after);
  EXPECT_EQ(apply_patch(before, patch, after.size()), after);
  EXPECT_LT(wire_size(patch), 200U);
}

TEST(BytePatch, RemovedAddedAndMovedPiecesAreFound) {
  const std::string before = records(300);
  for (const std::string& after :
       {before.substr(0, 5'000) + before.substr(5'100), before + before.substr(40, 3'000),
        before.substr(3'000) + before.substr(0, 3'000),
        before.substr(0, 700) + "something new" + before.substr(700)}) {
    const auto patch = make_patch(before, after);
    EXPECT_EQ(apply_patch(before, patch, after.size()), after);
    EXPECT_LT(wire_size(patch), 200U);
  }
}

TEST(BytePatch, AnyBytesToAnyBytes) {
  std::mt19937 random(6);
  for (int round = 0; round < 2'000; ++round) {
    std::string before(random() % 200, '\0');
    for (char& c : before) c = static_cast<char>('a' + random() % 3);
    std::string after = before;
    for (unsigned i = 0; i < random() % 6; ++i) {
      const size_t at = after.empty() ? 0 : random() % after.size();
      if (random() % 2 == 0) {
        after.insert(at, random() % 40, static_cast<char>('a' + random() % 3));
      } else {
        after.erase(at, random() % 40);
      }
    }
    ASSERT_EQ(apply_patch(before, make_patch(before, after), after.size()), after);
  }
}

TEST(BytePatch, WhatDoesNotFitIsRefused) {
  EXPECT_EQ(apply_patch("abc", {{1, 3, ""}}, 100), std::nullopt);
  EXPECT_EQ(apply_patch("abc", {{4, 0, ""}}, 100), std::nullopt);
  EXPECT_EQ(apply_patch("abc", {{0xFFFFFFFF, 0xFFFFFFFF, ""}}, 100), std::nullopt);
  EXPECT_EQ(apply_patch("abc", {{0, 3, "d"}}, 3), std::nullopt);
  EXPECT_EQ(apply_patch("abc", {{0, 3, "d"}}, 4), "abcd");
}

}  // namespace
}  // namespace limpet

#include "core/sticky/session_record.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

Binding binding(uint64_t scope, uint32_t created) {
  Binding made;
  made.scope = scope;
  made.endpoint = scope * 10;
  made.created_unix_s = made.last_seen_unix_s = created;
  return made;
}

TEST(SessionRecord, OneBindingPerScope) {
  SessionRecord record(1);
  record.put(binding(5, 100));
  record.put(binding(5, 200));
  ASSERT_EQ(record.bindings().size(), 1U);
  EXPECT_EQ(record.find(5)->created_unix_s, 200U);
  EXPECT_EQ(record.find(6), nullptr);
  EXPECT_EQ(record.latest_unix_s(), 200U);
}

TEST(SessionRecord, TheOldestMakesRoom) {
  SessionRecord record(1);
  for (uint32_t scope = 1; scope <= 9; ++scope) record.put(binding(scope, 1000 - scope));
  EXPECT_EQ(record.bindings().size(), SessionRecord::kMaxBindings);
  EXPECT_EQ(record.find(8), nullptr) << "created first of those that were there";
  EXPECT_NE(record.find(9), nullptr);
  EXPECT_NE(record.find(1), nullptr);
  record.erase(1);
  EXPECT_EQ(record.find(1), nullptr);
  EXPECT_EQ(record.bindings().size(), SessionRecord::kMaxBindings - 1);
}

// A stand-in takes room of its own in a token.
TEST(SessionRecord, OthersMakeRoomForAStandInBeTheyYounger) {
  SessionRecord record(1);
  for (uint32_t scope = 1; scope <= 8; ++scope) record.put(binding(scope, scope));
  Binding oldest = *record.find(1);
  oldest.temporary = 7;
  record.put(oldest);
  EXPECT_EQ(record.bindings().size(), 7U);
  EXPECT_EQ(*record.find(1), oldest);
  EXPECT_EQ(record.find(2), nullptr) << "the oldest of the others";
}

}  // namespace
}  // namespace limpet

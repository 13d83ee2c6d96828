#include "core/snapshot/digest.h"

#include <gtest/gtest.h>

#include "core/snapshot/snapshot.h"

namespace limpet {
namespace {

Digest of(const std::string& name) { return Digest::of(Entry{{"Service", "", name}, 1, "x"}); }

TEST(Digest, SumsAreUndoneInAnyOrder) {
  Digest sum;
  for (int i = 0; i < 200; ++i) sum += of(std::to_string(i));
  for (int i = 199; i >= 0; --i) sum -= of(std::to_string(i));
  EXPECT_EQ(sum, Digest());
  sum -= of("a");  // below zero wraps around
  sum += of("a");
  EXPECT_EQ(sum, Digest());
}

TEST(Digest, SurvivesItsBytes) {
  const Digest digest = of("a");
  EXPECT_EQ(digest.to_bytes().size(), 32U);
  EXPECT_EQ(Digest::from_bytes(digest.to_bytes()), digest);
  EXPECT_EQ(Digest::from_bytes("short"), std::nullopt);
  EXPECT_EQ(digest.to_hex().size(), 16U);
}

TEST(Digest, EachPartOfAnEntryCounts) {
  const Entry entry{{"Service", "shop", "web"}, 1, "bytes"};
  Entry changed = entry;
  changed.key.ns = "other";
  EXPECT_FALSE(Digest::of(changed) == Digest::of(entry));
  changed = entry;
  changed.bytes = "Bytes";
  EXPECT_FALSE(Digest::of(changed) == Digest::of(entry));
  changed = entry;
  changed.revision = 9;
  EXPECT_EQ(Digest::of(changed), Digest::of(entry));
}

}  // namespace
}  // namespace limpet

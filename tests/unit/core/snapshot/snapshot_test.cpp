#include "core/snapshot/snapshot.h"

#include <random>

#include <gtest/gtest.h>

namespace limpet {
namespace {

EntryPtr entry(const std::string& name, const std::string& bytes, uint64_t revision = 1) {
  return std::make_shared<const Entry>(Entry{{"Service", "shop", name}, revision, bytes});
}

const Epoch kEpoch = Epoch::make(1'700'000'000'000, 1);

TEST(Snapshot, AppliesUpsertsAndRemovals) {
  const Snapshot one = Snapshot().apply({{entry("a", "1"), entry("b", "1")}, {}}, kEpoch, 1);
  const Snapshot two = one.apply({{entry("a", "2", 2)}, {{"Service", "shop", "b"}}}, kEpoch, 2);
  EXPECT_EQ(one.size(), 2U);
  EXPECT_EQ(two.size(), 1U);
  EXPECT_EQ(two.id().revision, 2U);
  EXPECT_EQ(two.find({"Service", "shop", "a"})->bytes, "2");
  EXPECT_EQ(two.find({"Service", "shop", "b"}), nullptr);
  EXPECT_EQ(one.find({"Service", "shop", "a"})->bytes, "1");
}

TEST(Snapshot, DigestDependsOnTheEntriesAlone) {
  std::mt19937 random(3);
  Snapshot wandering;
  for (uint64_t revision = 1; revision <= 300; ++revision) {
    const std::string name = std::to_string(random() % 40);
    Delta delta;
    if (random() % 3 == 0) {
      delta.removed.push_back({"Service", "shop", name});
    } else {
      delta.upserts.push_back(entry(name, std::to_string(random() % 5), revision));
    }
    wandering = wandering.apply(delta, kEpoch, revision);
  }
  Delta all;
  wandering.for_each([&](const EntryPtr& each) { all.upserts.push_back(each); });
  const Snapshot direct = Snapshot().apply(all, kEpoch, 300);
  EXPECT_EQ(direct.id(), wandering.id());
  EXPECT_FALSE(direct.id().digest == Digest());
}

TEST(Snapshot, DiffAppliedGivesTheOther) {
  const Snapshot one = Snapshot().apply({{entry("a", "1"), entry("b", "1")}, {}}, kEpoch, 1);
  const Snapshot two =
      one.apply({{entry("a", "2", 2), entry("c", "1", 2)}, {{"Service", "shop", "b"}}}, kEpoch, 2);
  const Delta delta = Snapshot::diff(one, two);
  EXPECT_EQ(delta.upserts.size(), 2U);
  EXPECT_EQ(delta.removed.size(), 1U);
  EXPECT_EQ(one.apply(delta, kEpoch, 2).id(), two.id());
  EXPECT_TRUE(Snapshot::diff(two, two).empty());
  EXPECT_EQ(Snapshot::diff(two, Snapshot()).removed.size(), 2U);
}

TEST(Snapshot, EqualBytesAreNoDifference) {
  const Snapshot one = Snapshot().apply({{entry("a", "1")}, {}}, kEpoch, 1);
  const Snapshot two = one.apply({{entry("a", "1", 2)}, {}}, kEpoch, 2);
  EXPECT_TRUE(Snapshot::diff(one, two).empty());
  EXPECT_EQ(one.id().digest, two.id().digest);
}

TEST(Snapshot, KindsAndNamespacesAreToldApart) {
  const auto gateway = std::make_shared<const Entry>(Entry{{"Gateway", "shop", "a"}, 1, "g"});
  const auto other = std::make_shared<const Entry>(Entry{{"Service", "other", "a"}, 1, "o"});
  const Snapshot snapshot =
      Snapshot().apply({{entry("a", "1"), gateway, other}, {}}, kEpoch, 1);
  EXPECT_EQ(snapshot.find({"Gateway", "shop", "a"})->bytes, "g");
  EXPECT_EQ(snapshot.find({"Service", "other", "a"})->bytes, "o");
  int services = 0;
  snapshot.for_each("Service", [&](const EntryPtr&) { ++services; });
  EXPECT_EQ(services, 2);
}

}  // namespace
}  // namespace limpet

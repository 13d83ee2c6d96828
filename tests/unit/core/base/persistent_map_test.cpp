#include "core/base/persistent_map.h"

#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace limpet {
namespace {

using Map = PersistentMap<std::string, int>;
using Reference = std::map<std::string, int>;

// A key of which many collide, in the whole hash.
struct Colliding {
  int value;
  friend bool operator==(const Colliding&, const Colliding&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Colliding& key) {
    return H::combine(std::move(h), key.value % 3);
  }
};

Reference contents(const Map& map) {
  Reference all;
  map.for_each([&](const std::string& key, int value) { all[key] = value; });
  return all;
}

TEST(PersistentMap, FindsWhatWasSetByStringAndByView) {
  const Map map = Map().set("a", 1).set("", 2);
  ASSERT_NE(map.find(std::string("a")), nullptr);
  EXPECT_EQ(*map.find(std::string_view("a")), 1);
  EXPECT_EQ(*map.find(std::string_view()), 2);
  EXPECT_EQ(*map.find("a"), 1);
  EXPECT_EQ(map.find("b"), nullptr);
}

TEST(PersistentMap, OldMapsKeepTheirContents) {
  const Map one = Map().set("a", 1);
  const Map two = one.set("a", 2).set("b", 3);
  const Map three = two.erase("a");
  EXPECT_EQ(contents(one), (Reference{{"a", 1}}));
  EXPECT_EQ(contents(two), (Reference{{"a", 2}, {"b", 3}}));
  EXPECT_EQ(contents(three), (Reference{{"b", 3}}));
}

TEST(PersistentMap, ErasingTheLastAndTheAbsentIsFine) {
  const Map one = Map().set("a", 1);
  EXPECT_TRUE(one.erase("a").empty());
  EXPECT_EQ(one.erase("b").size(), 1U);
  EXPECT_TRUE(Map().erase("a").empty());
}

TEST(PersistentMap, AgreesWithAnOrdinaryMapUnderRandomChanges) {
  std::mt19937 random(1);
  Map map;
  Reference reference;
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = std::to_string(random() % 3'000);
    if (random() % 3 == 0) {
      map = map.erase(key);
      reference.erase(key);
    } else {
      map = map.set(key, i);
      reference[key] = i;
    }
    ASSERT_EQ(map.size(), reference.size());
  }
  EXPECT_EQ(contents(map), reference);
}

TEST(PersistentMap, DiffIsTheWayFromOneToTheOther) {
  std::mt19937 random(2);
  for (int round = 0; round < 50; ++round) {
    Map from;
    const unsigned size = random() % 400;
    for (unsigned i = 0; i < size; ++i) from = from.set(std::to_string(random() % 500), 0);
    Map to = from;
    for (int i = 1; i < 40; ++i) {
      const std::string key = std::to_string(random() % 500);
      to = random() % 2 == 0 ? to.erase(key) : to.set(key, i);
    }
    Reference patched = contents(from);
    Map::diff(from, to, [&](const std::string& key, const int* before, const int* after) {
      EXPECT_EQ(before != nullptr, patched.contains(key)) << key;
      if (after == nullptr) {
        patched.erase(key);
      } else {
        patched[key] = *after;
      }
    });
    EXPECT_EQ(patched, contents(to));
  }
}

TEST(PersistentMap, DiffVisitsOnlyWhatIsNotShared) {
  Map from;
  for (int i = 0; i < 10'000; ++i) from = from.set(std::to_string(i), i);
  int visited = 0;
  Map::diff(from, from.set("77", -1), [&](const std::string& key, const int*, const int* after) {
    ++visited;
    EXPECT_EQ(key, "77");
    EXPECT_EQ(*after, -1);
  });
  EXPECT_EQ(visited, 1);
}

TEST(PersistentMap, KeysWhoseHashesCollideAreToldApart) {
  PersistentMap<Colliding, int> map;
  for (int i = 0; i < 30; ++i) map = map.set(Colliding{i}, i);
  for (int i = 0; i < 30; i += 2) map = map.erase(Colliding{i});
  EXPECT_EQ(map.size(), 15U);
  for (int i = 0; i < 30; ++i) {
    const int* value = map.find(Colliding{i});
    ASSERT_EQ(value != nullptr, i % 2 == 1) << i;
    EXPECT_TRUE(value == nullptr || *value == i);
  }
  std::map<int, int> changes;
  decltype(map)::diff(map, map.set(Colliding{1}, 100).erase(Colliding{3}),
                      [&](const Colliding& key, const int*, const int* after) {
                        changes[key.value] = after == nullptr ? -1 : *after;
                      });
  EXPECT_EQ(changes, (std::map<int, int>{{1, 100}, {3, -1}}));
}

}  // namespace
}  // namespace limpet

#include "core/base/persistent_map.h"

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

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
  map.for_each([&](std::string_view key, int value) { all[std::string(key)] = value; });
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
    Map::diff(from, to, [&](std::string_view text, const int* before, const int* after) {
      const std::string key(text);
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
  Map::diff(from, from.set("77", -1), [&](std::string_view key, const int*, const int* after) {
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

// Old maps are kept and dropped in any order, so that some changes are made in place and others
// are not; a value that the count goes wrong of is never freed, or twice.
TEST(PersistentMap, HoldsItsValuesAsLongAsSomeMapHasThem) {
  std::mt19937 random(3);
  const auto value = std::make_shared<int>(0);
  using Values = PersistentMap<Colliding, std::shared_ptr<int>>;
  std::array<Values, 5> maps;
  std::array<std::map<int, int>, 5> references;
  for (int i = 0; i < 20'000; ++i) {
    const size_t which = random() % maps.size();
    const int key = static_cast<int>(random() % 40);
    switch (random() % 5) {
      case 0: {
        const size_t from = random() % maps.size();
        maps[which] = maps[from];
        references[which] = references[from];
        break;
      }
      case 1:
        maps[which] = maps[which].erase(Colliding{key});
        references[which].erase(key);
        break;
      case 2:
        maps[which] = maps[which].set(Colliding{key}, value);
        references[which][key] = 1;
        break;
      default:
        maps[which] = std::move(maps[which]).set(Colliding{key}, value);
        references[which][key] = 1;
    }
    std::map<int, int> found;
    maps[which].for_each([&](const Colliding& held, const auto&) { found[held.value] = 1; });
    ASSERT_EQ(found, references[which]) << i;
    ASSERT_EQ(maps[which].size(), found.size());
  }
  maps.fill(Values());
  EXPECT_EQ(value.use_count(), 1);
}

TEST(PersistentMap, AChangeInPlaceIsSeenByNoOtherMap) {
  Map map;
  for (int i = 0; i < 5'000; ++i) map = std::move(map).set(std::to_string(i), i);
  const Map kept = map;
  for (int i = 0; i < 5'000; ++i) map = std::move(map).set(std::to_string(i), -i);
  for (int i = 0; i < 5'000; ++i) {
    EXPECT_EQ(*kept.find(std::to_string(i)), i);
    EXPECT_EQ(*map.find(std::to_string(i)), -i);
  }
}

// Whatever way a map was reached, its shape is the same: so two that were made apart differ in
// their leaves alone, and what they do not share is all told.
TEST(PersistentMap, DiffOfMapsThatShareNothingTellsAll) {
  Map up;
  Map down;
  for (int i = 0; i < 1'000; ++i) up = up.set(std::to_string(i), i);
  for (int i = 2'000; i-- > 500;) down = std::move(down).set(std::to_string(i), i);
  for (int i = 1'500; i < 2'000; ++i) down = down.erase(std::to_string(i));
  std::map<std::string, int> seen;
  Map::diff(up, down, [&](std::string_view key, const int* before, const int* after) {
    EXPECT_EQ(before != nullptr, std::stoi(std::string(key)) < 1'000);
    EXPECT_EQ(after != nullptr, std::stoi(std::string(key)) >= 500);
    ++seen[std::string(key)];
  });
  EXPECT_EQ(seen.size(), 1'500U);
  for (const auto& [key, times] : seen) EXPECT_EQ(times, 1) << key;
}

// A value that names itself.
struct Named {
  std::string name;
  int number = 0;
};
struct NameOf {
  static std::string_view of(const std::shared_ptr<const Named>& value) { return value->name; }
};

TEST(PersistentMap, KeysAreReadOutOfValues) {
  using ByName = PersistentMap<std::string_view, std::shared_ptr<const Named>, NameOf>;
  ByName map;
  for (int i = 0; i < 100; ++i) {
    map = std::move(map).set(std::make_shared<const Named>(Named{std::to_string(i), i}));
  }
  const ByName changed =
      map.erase("7").set(std::make_shared<const Named>(Named{"8", 800}));
  EXPECT_EQ((*map.find("7"))->number, 7);
  EXPECT_EQ(changed.find("7"), nullptr);
  EXPECT_EQ((*changed.find(std::string("8")))->number, 800);
  EXPECT_EQ(changed.size(), 99U);
  std::map<std::string, int> changes;
  ByName::diff(map, changed, [&](std::string_view name, const auto*, const auto* after) {
    changes[std::string(name)] = after == nullptr ? -1 : (*after)->number;
  });
  EXPECT_EQ(changes, (std::map<std::string, int>{{"7", -1}, {"8", 800}}));
}

TEST(PersistentMap, ASetOfTextsHasNoValues) {
  PersistentMap<std::string, Nothing> set;
  set = set.set("", Nothing()).set("a name that is longer than a short string", Nothing());
  EXPECT_NE(set.find(""), nullptr);
  EXPECT_NE(set.find("a name that is longer than a short string"), nullptr);
  EXPECT_EQ(set.find("a"), nullptr);
}

// As tables are: one thread makes new ones of the newest, others read and drop what they got.
TEST(PersistentMap, ThreadsCopyAndDropWhatTheyShare) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 2'000;
  Map shared;
  for (int i = 0; i < 500; ++i) shared = std::move(shared).set(std::to_string(i), i);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&wrong, thread, mine = shared]() mutable {
      const Map first = mine;
      std::mt19937 random(static_cast<unsigned>(thread));
      for (int i = 0; i < kRounds; ++i) {
        const std::string key = std::to_string(random() % 500);
        if (i % 100 == 99) mine = first;
        mine = i % 7 == 0 ? mine.erase(key) : std::move(mine).set(key, i);
        const int* now = mine.find(key);
        if ((i % 7 == 0) != (now == nullptr) || *first.find(key) != std::stoi(key)) ++wrong;
      }
    });
  }
  shared = Map();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace limpet

#include "core/routing/host_map.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace limpet {
namespace {

using Map = HostMap<std::string>;

Map map_of(const std::vector<std::string>& patterns) {
  Map map;
  for (const std::string& pattern : patterns) map.set(pattern, pattern);
  return map;
}

std::vector<std::string> covering(const Map& map, std::string_view host) {
  std::vector<std::string> all;
  map.visit_covering(host, [&](const std::string& pattern) {
    all.push_back(pattern);
    return false;
  });
  return all;
}

TEST(HostMap, MostSpecificFirst) {
  const Map map = map_of({"", "*.com", "*.example.com", "shop.example.com"});
  EXPECT_EQ(covering(map, "shop.example.com"),
            (std::vector<std::string>{"shop.example.com", "*.example.com", "*.com", ""}));
  EXPECT_EQ(covering(map, "a.b.example.com"),
            (std::vector<std::string>{"*.example.com", "*.com", ""}));
  EXPECT_EQ(covering(map, "example.com"), (std::vector<std::string>{"*.com", ""}));
  EXPECT_EQ(covering(map, ""), (std::vector<std::string>{""}));
}

TEST(HostMap, AWildcardNeedsALabelOfItsOwn) {
  const Map map = map_of({"*.example.com"});
  EXPECT_TRUE(covering(map, "example.com").empty());
  EXPECT_TRUE(covering(map, ".example.com").empty());
  EXPECT_TRUE(covering(map, "badexample.com").empty());
}

TEST(HostMap, AtIsExact) {
  const Map map = map_of({"*.example.com", "example.com"});
  EXPECT_EQ(*map.at("*.example.com"), "*.example.com");
  EXPECT_EQ(*map.at("example.com"), "example.com");
  EXPECT_EQ(map.at(""), nullptr);
  EXPECT_EQ(map.at("shop.example.com"), nullptr);
}

TEST(HostMap, ACopyIsNotChangedWithTheOther) {
  const Map before = map_of({"", "*.example.com", "example.com", "shop.example.com"});
  Map after = before;
  EXPECT_EQ(Map::count_changes(before, after), 0U);
  after.set("", "other");
  after.set("*.example.com", "other");
  after.erase("example.com");
  EXPECT_EQ(Map::count_changes(before, after), 3U);
  EXPECT_EQ(*before.at(""), "");
  EXPECT_EQ(*before.at("*.example.com"), "*.example.com");
  EXPECT_EQ(*before.at("example.com"), "example.com");
  EXPECT_EQ(before.at("shop.example.com"), after.at("shop.example.com"));
}

}  // namespace
}  // namespace limpet

#include "core/resource/label_selector.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

bool selects(std::string_view text, const Labels& labels) {
  const absl::StatusOr<LabelSelector> selector = LabelSelector::parse(text);
  EXPECT_TRUE(selector.ok()) << selector.status();
  google::protobuf::Map<std::string, std::string> map;
  for (const auto& [key, value] : labels) map[key] = value;
  return selector.ok() && selector->selects(map);
}

TEST(LabelSelector, AnEmptyOneSelectsEverything) {
  EXPECT_TRUE(selects("", {}));
  EXPECT_TRUE(selects("  ", {{"a", "b"}}));
  EXPECT_TRUE(LabelSelector::parse("")->empty());
}

TEST(LabelSelector, EqualityNeedsTheLabel) {
  EXPECT_TRUE(selects("team=shop", {{"team", "shop"}}));
  EXPECT_TRUE(selects("team == shop", {{"team", "shop"}}));
  EXPECT_FALSE(selects("team=shop", {{"team", "bank"}}));
  EXPECT_FALSE(selects("team=shop", {}));
  EXPECT_TRUE(selects("team=", {{"team", ""}}));
  EXPECT_FALSE(selects("team=", {}));
}

TEST(LabelSelector, InequalityHoldsWithoutTheLabel) {
  EXPECT_FALSE(selects("team!=shop", {{"team", "shop"}}));
  EXPECT_TRUE(selects("team != shop", {{"team", "bank"}}));
  EXPECT_TRUE(selects("team!=shop", {}));
}

TEST(LabelSelector, SetsListValues) {
  EXPECT_TRUE(selects("tier in (web, api)", {{"tier", "api"}}));
  EXPECT_FALSE(selects("tier in (web,api)", {{"tier", "db"}}));
  EXPECT_FALSE(selects("tier in (web,api)", {}));
  EXPECT_FALSE(selects("tier notin (web,api)", {{"tier", "web"}}));
  EXPECT_TRUE(selects("tier notin (web)", {{"tier", "db"}}));
  EXPECT_TRUE(selects("tier notin (web)", {}));
}

TEST(LabelSelector, KeysAloneAskWhetherTheLabelIsThere) {
  EXPECT_TRUE(selects("canary", {{"canary", ""}}));
  EXPECT_FALSE(selects("canary", {}));
  EXPECT_TRUE(selects("!canary", {}));
  EXPECT_FALSE(selects("! canary", {{"canary", "no"}}));
  // A key may be a word that means something elsewhere.
  EXPECT_TRUE(selects("in", {{"in", ""}}));
}

TEST(LabelSelector, EveryRequirementHasToHold) {
  const Labels labels = {{"app.example.org/team", "shop"}, {"tier", "web"}};
  EXPECT_TRUE(selects("app.example.org/team=shop,tier in (web),!canary", labels));
  EXPECT_FALSE(selects("app.example.org/team=shop,tier=api", labels));
}

TEST(LabelSelector, WhatCannotBeReadIsRefusedWithItsPlace) {
  for (const char* text : {",", "a,", "=b", "a in", "a in ()x", "a in (b", "a b", "a=b c", "!",
                           "a notin b", "a()", "!a=b"}) {
    const absl::StatusOr<LabelSelector> selector = LabelSelector::parse(text);
    ASSERT_FALSE(selector.ok()) << text;
    EXPECT_EQ(selector.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(selector.status().message().find("at character"), std::string_view::npos);
  }
}

}  // namespace
}  // namespace limpet

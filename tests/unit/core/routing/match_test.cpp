#include "core/routing/match.h"

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "core/routing/explain.h"
#include "tests/support/header_list.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::HeaderList;
using testing::SnapshotBuilder;

// Routes given as "name: path type, value, hostnames".
class MatchTest : public ::testing::Test {
 protected:
  void gateway(const std::string& listeners) {
    builder_.add<v1::Gateway>("metadata { name: 'g' namespace: 'n' } spec { " + listeners + " }");
  }
  void route(const std::string& name, const std::string& spec,
             const std::string& created = "2026") {
    builder_.add<v1::HTTPRoute>(str_cat("metadata { name: '", name,
                                        "' namespace: 'n' creation_timestamp: '", created,
                                        "' } spec { parent_refs { name: 'g' } ", spec, " }"));
  }
  static std::string path(const std::string& type, const std::string& value) {
    return "rules { matches { path { type: '" + type + "' value: '" + value + "' } } }";
  }
  // The name of the rule that takes the request; "" for none. What explain() says is the same.
  std::string taken_by(const RoutedRequest& request) {
    if (table_ == nullptr) table_ = compile(builder_.build(), nullptr).table;
    const RoutingPort& port = *table_->ports.at(80);
    const Match found = match(port, request);
    EXPECT_EQ(explain(port, request).rule, found.rule);
    return found.rule == nullptr ? "" : found.rule->name;
  }
  std::string taken_by(std::string_view host, std::string_view request_path) {
    return taken_by({host, request_path});
  }
  // Why each that does not have the request does not: "RULE: REASON".
  std::vector<std::string> losers(const RoutedRequest& request) {
    if (table_ == nullptr) table_ = compile(builder_.build(), nullptr).table;
    std::vector<std::string> reasons;
    for (const Candidate& candidate : explain(*table_->ports.at(80), request).candidates) {
      if (!candidate.chosen) reasons.push_back(str_cat(candidate.rule->name, ": ", candidate.lost));
    }
    return reasons;
  }

  SnapshotBuilder builder_;
  std::shared_ptr<const RoutingTable> table_;
};

TEST_F(MatchTest, PrefixesMatchWholeSegmentsLongestFirst) {
  gateway("listeners { name: 'a' port: 80 protocol: 'HTTP' }");
  route("root", path("PathPrefix", "/"));
  route("shop", path("PathPrefix", "/shop"));
  route("cart", path("PathPrefix", "/shop/cart/"));
  route("exact", path("Exact", "/shop/cart"));
  EXPECT_EQ(taken_by("h", "/"), "n/root/0");
  EXPECT_EQ(taken_by("h", "/shopping"), "n/root/0");
  EXPECT_EQ(taken_by("h", "/shop"), "n/shop/0");
  EXPECT_EQ(taken_by("h", "/shop/"), "n/shop/0");
  EXPECT_EQ(taken_by("h", "/shop/x/y/z"), "n/shop/0");
  EXPECT_EQ(taken_by("h", "/shop/cart"), "n/exact/0");
  EXPECT_EQ(taken_by("h", "/shop/cart/"), "n/cart/0");
  EXPECT_EQ(taken_by("h", "/shop/cart/1"), "n/cart/0");
  EXPECT_EQ(taken_by("h", "/shop//cart"), "n/shop/0");
  EXPECT_EQ(taken_by("h", std::string(8'000, '/')), "n/root/0");
}

TEST_F(MatchTest, WithoutARootSomePathsAreNobodys) {
  gateway("listeners { name: 'a' port: 80 protocol: 'HTTP' }");
  route("shop", path("PathPrefix", "/shop"));
  EXPECT_EQ(taken_by("h", "/"), "");
  EXPECT_EQ(taken_by("h", "*"), "");
  EXPECT_EQ(taken_by("h", "/shop"), "n/shop/0");
}

TEST_F(MatchTest, HostsGoBeforePaths) {
  gateway("listeners { name: 'a' port: 80 protocol: 'HTTP' }");
  route("any", path("Exact", "/x"));
  route("wild", "hostnames: '*.example.com' " + path("PathPrefix", "/"));
  route("named", "hostnames: 'a.example.com' " + path("PathPrefix", "/only"));
  EXPECT_EQ(taken_by("a.example.com", "/only/1"), "n/named/0");
  EXPECT_EQ(taken_by("a.example.com", "/x"), "n/wild/0") << "the next host, for want of the path";
  EXPECT_EQ(taken_by("other.org", "/x"), "n/any/0");
  EXPECT_EQ(taken_by("other.org", "/y"), "");
}

TEST_F(MatchTest, TheMostSpecificListenerDecidesAlone) {
  gateway("listeners { name: 'wide' port: 80 protocol: 'HTTP' } "
          "listeners { name: 'narrow' port: 80 protocol: 'HTTP' hostname: 'a.example.com' }");
  builder_.add<v1::HTTPRoute>(
      "metadata { name: 'wide' namespace: 'n' } "
      "spec { parent_refs { name: 'g' section_name: 'wide' } }");
  builder_.add<v1::HTTPRoute>(
      "metadata { name: 'narrow' namespace: 'n' } "
      "spec { parent_refs { name: 'g' section_name: 'narrow' } " + path("Exact", "/x") + " }");
  EXPECT_EQ(taken_by("a.example.com", "/x"), "n/narrow/0");
  EXPECT_EQ(taken_by("a.example.com", "/y"), "");
  EXPECT_EQ(taken_by("b.example.com", "/y"), "n/wide/0");
}

TEST_F(MatchTest, TheOlderRouteWinsTheSamePath) {
  gateway("listeners { name: 'a' port: 80 protocol: 'HTTP' }");
  route("a-newer", path("PathPrefix", "/"), "2026-02-01");
  route("z-older", path("PathPrefix", "/"), "2026-01-01");
  EXPECT_EQ(taken_by("h", "/"), "n/z-older/0");
}

// ---- HTTPRouteRule.matches: precedence, in the spec's order.

TEST_F(MatchTest, OnOnePathAMethodThenMoreHeadersThenMoreParameters) {
  gateway("listeners { name: 'a' port: 80 protocol: 'HTTP' }");
  const std::string shop = "path { value: '/shop' } ";
  const std::string x = "headers { name: 'x' value: '1' } ";
  const std::string y = "headers { name: 'y' value: '1' } ";
  const std::string q = "query_params { name: 'q' value: '1' } ";
  const auto rule = [](const std::string& match) { return "rules { matches { " + match + " } }"; };
  route("plain", rule(shop), "2020");
  route("param", rule(shop + q), "2021");
  route("header", rule(shop + x), "2022");
  route("headers", rule(shop + x + y), "2023");
  route("method", rule(shop + "method: 'GET'"), "2024");
  route("longer", rule("path { value: '/shop/cart' }"), "2025");
  const HeaderList none;
  const HeaderList one(HeaderList::Fields{{"X", "1"}});
  const HeaderList both(HeaderList::Fields{{"X", "1"}, {"y", "1"}});
  EXPECT_EQ(taken_by({"h", "/shop", "q=1", "GET", &both}), "n/method/0");
  EXPECT_EQ(taken_by({"h", "/shop", "q=1", "POST", &both}), "n/headers/0");
  EXPECT_EQ(taken_by({"h", "/shop", "q=1", "POST", &one}), "n/header/0");
  EXPECT_EQ(taken_by({"h", "/shop", "q=1", "POST", &none}), "n/param/0");
  EXPECT_EQ(taken_by({"h", "/shop", "q=2", "POST", &none}), "n/plain/0");
  EXPECT_EQ(taken_by({"h", "/shop/cart/1", "q=1", "GET", &both}), "n/longer/0");
  EXPECT_EQ(losers({"h", "/shop", "q=2", "POST", &one}),
            (std::vector<std::string>{"n/method/0: the method is not GET",
                                      "n/headers/0: header y is not as it asks",
                                      "n/param/0: query parameter q is not as it asks",
                                      "n/plain/0: it asks for fewer headers"}));
}

TEST_F(MatchTest, WhereTheLongestPrefixAsksForMoreTheNextOneIsTaken) {
  gateway("listeners { name: 'a' port: 80 protocol: 'HTTP' }");
  route("root", path("PathPrefix", "/"));
  route("beta",
        "rules { matches { path { value: '/shop' } headers { name: 'beta' value: 'yes' } } }");
  const HeaderList beta(HeaderList::Fields{{"beta", "yes"}});
  EXPECT_EQ(taken_by({"h", "/shop/1", {}, "GET", &beta}), "n/beta/0");
  EXPECT_EQ(taken_by({"h", "/shop/1"}), "n/root/0");
}

TEST_F(MatchTest, RegularExpressionsComeLastTheLongestFirst) {
  gateway("listeners { name: 'a' port: 80 protocol: 'HTTP' }");
  route("shop", path("PathPrefix", "/shop"));
  route("short", path("RegularExpression", "/.*"), "2020");
  route("long", path("RegularExpression", "/(item|order)/[0-9]+"), "2026");
  EXPECT_EQ(taken_by("h", "/shop/1"), "n/shop/0");
  EXPECT_EQ(taken_by("h", "/item/12"), "n/long/0");
  EXPECT_EQ(taken_by("h", "/item/12/x"), "n/short/0");
  EXPECT_EQ(losers({"h", "/item/12"}),
            (std::vector<std::string>{"n/short/0: its path is less specific"}));
}

TEST_F(MatchTest, TheRulesOfARouteAreTriedInTheirOrder) {
  gateway("listeners { name: 'a' port: 80 protocol: 'HTTP' }");
  route("r", "rules { matches { path { value: '/a' } method: 'PUT' } } "
             "rules { name: 'second' matches { path { value: '/a' } } } "
             "rules { matches { path { value: '/a' } } }");
  EXPECT_EQ(taken_by({"h", "/a", {}, "PUT"}), "n/r/0");
  EXPECT_EQ(taken_by({"h", "/a"}), "n/r/second");
}

TEST_F(MatchTest, ARouteThatGoesTakesItsConditionsWithIt) {
  gateway("listeners { name: 'a' port: 80 protocol: 'HTTP' }");
  route("root", path("PathPrefix", "/"));
  const auto before = compile(builder_.build(), nullptr).table;
  route("get", "rules { matches { path { value: '/' } method: 'GET' } "
               "matches { path { type: 'RegularExpression' value: '/x+' } } }");
  const auto with = compile(builder_.build(), before.get()).table;
  table_ = with;
  EXPECT_EQ(taken_by("h", "/a"), "n/get/0");
  builder_.remove({"HTTPRoute", "n", "get"});
  table_ = compile(builder_.build(), with.get()).table;
  EXPECT_EQ(taken_by("h", "/a"), "n/root/0");
  EXPECT_EQ(losers({"h", "/xx"}), std::vector<std::string>());
}

}  // namespace
}  // namespace limpet

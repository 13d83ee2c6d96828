#include "core/routing/match.h"

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

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
  // The name of the rule that takes the request; "" for none.
  std::string taken_by(std::string_view host, std::string_view request_path) {
    if (table_ == nullptr) table_ = compile(builder_.build(), nullptr).table;
    const Match found = match(*table_->ports.at(80), host, request_path);
    return found.rule == nullptr ? "" : found.rule->name;
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

}  // namespace
}  // namespace limpet

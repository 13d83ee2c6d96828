// A match costs no memory: it is part of every request (docs/performance.md).
#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "core/routing/match.h"
#include "tests/support/header_list.h"
#include "tests/support/snapshots.h"

namespace {

std::atomic<size_t> allocations = 0;

}  // namespace

#ifdef __SANITIZE_ADDRESS__
// The sanitizer's own tell memory that is given back in another way than it was taken.
constexpr bool kCounted = false;
#else
constexpr bool kCounted = true;

// Those of the whole binary. Inlined, they look mismatched to the compiler.
[[gnu::noinline]] void* operator new(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
#endif

namespace limpet {
namespace {

using testing::HeaderList;
using testing::SnapshotBuilder;

class MatchAllocationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!kCounted) GTEST_SKIP() << "allocations are not counted in this build";
    builder_.add<v1::Gateway>(
        "metadata { name: 'g' namespace: 'n' } spec { "
        "listeners { name: 'any' port: 80 protocol: 'HTTP' } "
        "listeners { name: 'wild' port: 80 protocol: 'HTTP' hostname: '*.example.com' } }");
    route("exact", "path { type: 'Exact' value: '/exact' }");
    route("prefix", "path { value: '/shop' }");
    route("longer", "path { value: '/shop/cart' } headers { name: 'x-version' value: '2' }");
    route("method", "path { value: '/shop' } method: 'PUT' query_params { name: 'p' value: '1' }");
    route("values", "path { value: '/values' } "
                    "headers { type: 'RegularExpression' name: 'x-version' value: '[0-9]+' } "
                    "query_params { type: 'RegularExpression' name: 'p' value: 'a.*' }");
    route("pattern", "path { type: 'RegularExpression' value: '/v[0-9]+/items/.*' }");
    for (int i = 0; i < 20; ++i) {
      route(str_cat("pattern-", i),
            str_cat("path { type: 'RegularExpression' value: '/w", i, "/[a-z]+/.*' }"));
    }
    table_ = compile(builder_.build(), nullptr).table;
  }

  void route(const std::string& name, const std::string& match) {
    builder_.add<v1::HTTPRoute>(
        str_cat("metadata { name: '", name, "' namespace: 'n' } spec { parent_refs { name: 'g' } ",
                "hostnames: 'a.example.com' hostnames: '*.b.example.com' hostnames: 'c.org' ",
                "rules { matches { ", match, " } } }"));
  }

  // How often memory is taken for it, once its expressions have met the same text: RE2 keeps the
  // states that it comes to.
  size_t allocations_of(const RoutedRequest& request, std::string_view rule) {
    const RoutingPort& port = *table_->ports.at(80);
    const Match first = match(port, request);
    EXPECT_EQ(first.rule == nullptr ? "" : first.rule->name, rule);
    const size_t before = allocations;
    const Match again = match(port, request);
    const size_t after = allocations;
    EXPECT_EQ(again.rule, first.rule);
    return after - before;
  }

  SnapshotBuilder builder_;
  std::shared_ptr<const RoutingTable> table_;
};

TEST_F(MatchAllocationTest, NoneForAnyKindOfMatch) {
  const HeaderList headers(HeaderList::Fields{
      {"Accept", "*/*"}, {"X-Version", "2"}, {"User-Agent", std::string(200, 'u')}});
  const std::string value(100, 'b');
  const std::string query = str_cat("q=", value, "&&flag&p=a", value, "&p=1");
  const std::string deep = str_cat("/shop/", std::string(4'000, '/'));
  for (const std::string_view host : {"a.example.com", "deep.x.b.example.com", "c.org"}) {
    const auto count = [&](std::string_view path, std::string_view rule,
                           std::string_view method = "GET", std::string_view params = {}) {
      return allocations_of({host, path, params, method, &headers}, rule);
    };
    EXPECT_EQ(count("/exact", "n/exact/0"), 0U);
    EXPECT_EQ(count("/shop/x", "n/prefix/0"), 0U);
    EXPECT_EQ(count(deep, "n/prefix/0"), 0U);
    EXPECT_EQ(count("/shop/cart/1", "n/longer/0"), 0U);
    EXPECT_EQ(count("/shop", "n/method/0", "PUT", "a=1&p=1"), 0U);
    EXPECT_EQ(count("/values", "n/values/0", "GET", query), 0U);
    EXPECT_EQ(count("/v17/items/x", "n/pattern/0"), 0U);
    EXPECT_EQ(count("/w17/items/x", "n/pattern-17/0"), 0U);
    EXPECT_EQ(count("/nobody", ""), 0U);
  }
  EXPECT_EQ(allocations_of({"other.org", "/shop", query, "GET", &headers}, ""), 0U);
}

// So that the test above would see one.
TEST_F(MatchAllocationTest, SeveralFieldsOfANameAreJoinedInMemory) {
  const HeaderList headers(
      HeaderList::Fields{{"X-Version", std::string(100, '2')}, {"x-version", "2"}});
  EXPECT_GT(allocations_of({"c.org", "/shop/cart", "", "GET", &headers}, "n/prefix/0"), 0U);
}

}  // namespace
}  // namespace limpet

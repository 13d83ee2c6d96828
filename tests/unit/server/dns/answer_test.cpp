#include "server/dns/answer.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

using Kind = DnsAnswer::Kind;
using Addresses = std::vector<std::string>;

DnsAnswer good(Addresses addresses, int64_t ttl_ms = 1000) {
  return {Kind::kAddresses, std::move(addresses), ttl_ms, ""};
}
const DnsAnswer kNone{Kind::kNone, {}, 0, "there is no such name"};
const DnsAnswer kFailed{Kind::kFailed, {}, 0, "nobody answers"};

TEST(MergeAnswers, EachFamilyFollowsItsAnswer) {
  const DnsAddresses last{{"10.0.0.1"}, {"fd00::1"}};
  const DnsResult both = merge_answers("a", last, {good({"10.0.0.2"}, 3000), good({"fd00::2"})});
  EXPECT_TRUE(both.good);
  EXPECT_EQ(both.addresses, (DnsAddresses{{"10.0.0.2"}, {"fd00::2"}}));
  EXPECT_EQ(both.ttl_ms, 1000);
  EXPECT_EQ(both.verdict.status, kTrue);
  EXPECT_EQ(both.verdict.message, "a: 2 addresses");
  EXPECT_EQ(merge_answers("a", last, {good({"10.0.0.2"}), kNone}).addresses,
            (DnsAddresses{{"10.0.0.2"}, {}}));
  EXPECT_EQ(merge_answers("a", last, {kNone, good({"fd00::2"})}).addresses,
            (DnsAddresses{{}, {"fd00::2"}}));
}

TEST(MergeAnswers, AFamilyThatFailsKeepsWhatItHas) {
  const DnsAddresses last{{"10.0.0.1"}, {"fd00::1"}};
  const DnsResult result = merge_answers("a", last, {kFailed, good({"fd00::2"})});
  EXPECT_TRUE(result.good);
  EXPECT_EQ(result.addresses, (DnsAddresses{{"10.0.0.1"}, {"fd00::2"}}));
}

TEST(MergeAnswers, WithoutAnyAddressAllStays) {
  const DnsAddresses last{{"10.0.0.1"}, {}};
  for (const auto& [round, reason, message] :
       {std::tuple(DnsRound{kNone, kNone}, "NoAddresses",
                   "a: there is no such name; the last 1 address stay"),
        std::tuple(DnsRound{kFailed, kFailed}, "LookupFailed",
                   "a: nobody answers; the last 1 address stay"),
        std::tuple(DnsRound{kNone, kFailed}, "LookupFailed",
                   "a: nobody answers; the last 1 address stay"),
        std::tuple(DnsRound{kFailed, kNone}, "LookupFailed",
                   "a: nobody answers; the last 1 address stay")}) {
    const DnsResult result = merge_answers("a", last, round);
    EXPECT_FALSE(result.good);
    EXPECT_EQ(result.addresses, last);
    EXPECT_EQ(result.verdict.status, kFalse);
    EXPECT_EQ(result.verdict.reason, reason);
    EXPECT_EQ(result.verdict.message, message);
  }
  EXPECT_EQ(merge_answers("a", {}, {kNone, kNone}).verdict.message, "a: there is no such name");
}

}  // namespace
}  // namespace limpet

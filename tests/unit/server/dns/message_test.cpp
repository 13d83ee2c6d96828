#include "server/dns/message.h"

#include <cstdint>
#include <random>

#include <gtest/gtest.h>

namespace limpet {
namespace {

using Kind = DnsAnswer::Kind;
using Addresses = std::vector<std::string>;

constexpr uint16_t kA = 1, kCname = 5, kAaaa = 28;
constexpr uint16_t kGood = 0x8180;

std::string u16(uint32_t value) {
  return {static_cast<char>(value >> 8U & 0xFFU), static_cast<char>(value & 0xFFU)};
}

std::string wire_name(const std::string& name) {
  std::string wire;
  for (size_t at = 0; at < name.size();) {
    const size_t end = std::min(name.find('.', at), name.size());
    wire += static_cast<char>(end - at);
    wire += name.substr(at, end - at);
    at = end + 1;
  }
  return wire + '\0';
}

std::string record(const std::string& wire_owner, uint16_t type, uint32_t ttl,
                   const std::string& data) {
  return wire_owner + u16(type) + u16(1) + u16(ttl >> 16U) + u16(ttl & 0xFFFFU) +
         u16(static_cast<uint32_t>(data.size())) + data;
}

std::string v4(unsigned char last, unsigned char first = 10) {
  return {static_cast<char>(first), 0, 0, static_cast<char>(last)};
}

std::string message(const std::string& asked, uint16_t type,
                    const std::vector<std::string>& answers, uint16_t flags = kGood) {
  std::string bytes = u16(7) + u16(flags) + u16(1) + u16(static_cast<uint32_t>(answers.size())) +
                      u16(0) + u16(0) + wire_name(asked) + u16(type) + u16(1);
  for (const std::string& answer : answers) bytes += answer;
  return bytes;
}

DnsAnswer read(const std::string& bytes, DnsFamily family = DnsFamily::kV4) {
  return read_dns_answer(bytes, "pipy.test", family);
}

// A pointer to the question's name.
const std::string kAsked = u16(0xC00C);

TEST(DnsMessage, GivesTheAddressesInOrder) {
  const DnsAnswer answer =
      read(message("pipy.test", kA,
                   {record(kAsked, kA, 60, v4(9)), record(kAsked, kA, 5, v4(1)),
                    record(wire_name("PIPY.Test"), kA, 7, v4(9))}));
  EXPECT_EQ(answer.kind, Kind::kAddresses);
  EXPECT_EQ(answer.addresses, (Addresses{"10.0.0.1", "10.0.0.9"}));
  EXPECT_EQ(answer.ttl_ms, 5000);
}

TEST(DnsMessage, GivesAddressesOfIpv6) {
  const std::string data = std::string("\xfd", 1) + std::string(14, '\0') + "\1";
  const DnsAnswer answer =
      read(message("pipy.test", kAaaa, {record(kAsked, kAaaa, 1, data)}), DnsFamily::kV6);
  EXPECT_EQ(answer.addresses, (Addresses{"fd00::1"}));
}

TEST(DnsMessage, FollowsAliases) {
  const DnsAnswer answer = read(message(
      "pipy.test", kA,
      {record(wire_name("b.test"), kA, 60, v4(1)), record(kAsked, kCname, 3, wire_name("a.test")),
       record(wire_name("a.test"), kCname, 60, wire_name("b.test"))}));
  EXPECT_EQ(answer.addresses, (Addresses{"10.0.0.1"}));
  EXPECT_EQ(answer.ttl_ms, 3000);
  const DnsAnswer loop = read(message("pipy.test", kA,
                                      {record(kAsked, kCname, 3, wire_name("a.test")),
                                       record(wire_name("a.test"), kCname, 3, kAsked)}));
  EXPECT_EQ(loop.kind, Kind::kFailed);
}

TEST(DnsMessage, KnowsThatThereIsNothing) {
  EXPECT_EQ(read(message("pipy.test", kA, {})).kind, Kind::kNone);
  EXPECT_EQ(read(message("pipy.test", kA, {}, 0x8183)).kind, Kind::kNone);
  EXPECT_EQ(read(message("pipy.test", kA, {record(kAsked, kCname, 1, wire_name("a.test"))})).kind,
            Kind::kNone);
}

TEST(DnsMessage, TakesNoAnswerToAnotherQuestion) {
  const std::string address = record(kAsked, kA, 60, v4(1));
  EXPECT_EQ(read(message("other.test", kA, {address})).kind, Kind::kFailed);
  EXPECT_EQ(read(message("pipy.test", kAaaa, {address})).kind, Kind::kFailed);
  EXPECT_EQ(read(message("pipy.test", kA, {address}, 0x0100)).kind, Kind::kFailed);  // a question
  EXPECT_EQ(read(message("pipy.test", kA, {address}, 0x8380)).kind, Kind::kFailed);  // cut off
  EXPECT_EQ(read(message("pipy.test", kA, {address}, 0x8182)).kind, Kind::kFailed);  // SERVFAIL
  // Right in all but whose addresses they are.
  EXPECT_EQ(read(message("pipy.test", kA, {record(wire_name("other.test"), kA, 60, v4(1))})).kind,
            Kind::kNone);
}

TEST(DnsMessage, TakesNoAddressThatNoEndpointHas) {
  std::vector<std::string> answers;
  for (const unsigned char first : {0, 224, 239, 240, 255}) {
    answers.push_back(record(kAsked, kA, 60, v4(1, first)));
  }
  answers.push_back(record(kAsked, kA, 60, "abc"));
  EXPECT_EQ(read(message("pipy.test", kA, answers)).kind, Kind::kNone);
  answers.clear();
  for (const std::string& start : {std::string("\xff\x02"), std::string("\xfe\x80"),
                                   std::string("\0\0", 2), std::string(10, '\0') + "\xff\xff"}) {
    answers.push_back(record(kAsked, kAaaa, 60, start + std::string(16 - start.size(), '\0')));
  }
  EXPECT_EQ(read(message("pipy.test", kAaaa, answers), DnsFamily::kV6).kind, Kind::kNone);
}

TEST(DnsMessage, TakesSoManyAddressesAtMost) {
  std::vector<std::string> answers;
  for (uint32_t i = 0; i < 3000; ++i) {
    answers.push_back(record(kAsked, kA, 60, std::string("\x0a\x01", 2) + u16(i)));
  }
  EXPECT_EQ(read(message("pipy.test", kA, answers)).addresses.size(), kMaxDnsAddresses);
}

TEST(DnsMessage, ATimeToLiveWithTheHighestBitIsNone) {
  EXPECT_EQ(read(message("pipy.test", kA, {record(kAsked, kA, 0x80000001U, v4(1))})).ttl_ms, 0);
}

TEST(DnsMessage, SurvivesPiecesAndNoise) {
  const std::string whole = message(
      "pipy.test", kA,
      {record(kAsked, kCname, 3, wire_name("a.test")), record(wire_name("a.test"), kA, 60, v4(1))});
  ASSERT_EQ(read(whole).kind, Kind::kAddresses);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(read(whole.substr(0, size)).kind, Kind::kFailed) << size;
  }
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string noise = whole;
    for (int changes = 0; changes < 3; ++changes) {
      noise[random() % noise.size()] = static_cast<char>(random());
    }
    read(noise);
  }
  // Pointers that lead to each other.
  const std::string start = message("pipy.test", kA, {}).substr(0, 12);
  EXPECT_EQ(read(start + u16(0xC00E) + u16(0xC00C) + u16(kA) + u16(1)).kind, Kind::kFailed);
}

}  // namespace
}  // namespace limpet

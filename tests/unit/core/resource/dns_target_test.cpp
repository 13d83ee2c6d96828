#include "core/resource/dns_target.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace limpet {
namespace {

v1::Service service(const std::string& text) {
  v1::Service service;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &service)) << text;
  return service;
}

TEST(DnsTarget, ComesFromTheTypeOrTheAnnotation) {
  const std::string ports = "ports { port: 80 }";
  EXPECT_EQ(dns_target(service("spec {" + ports + "}")), std::nullopt);
  EXPECT_EQ(dns_target(service("spec { external_name: 'a' " + ports + "}")), std::nullopt);
  EXPECT_EQ(dns_target(service("spec { type: 'ExternalName' external_name: 'a' }")), std::nullopt);
  EXPECT_EQ(
      dns_target(service("spec { type: 'ExternalName' external_name: 'A.Example.' " + ports + "}")),
      (DnsTarget{"a.example", 5000}));
  EXPECT_EQ(dns_target(service("metadata { annotations { key: 'limpet.dev/resolve' value: 'b' } "
                               "annotations { key: 'limpet.dev/resolve-interval' value: '10s' } } "
                               "spec {" +
                               ports + "}")),
            (DnsTarget{"b", 10000}));
}

TEST(DnsTarget, IntervalsHaveBounds) {
  EXPECT_EQ(parse_resolve_interval("1s"), 1000);
  EXPECT_EQ(parse_resolve_interval("1h"), 3'600'000);
  for (const char* bad : {"", "0.9s", "61m", "-5s", "inf", "5"}) {
    EXPECT_EQ(parse_resolve_interval(bad), std::nullopt) << bad;
  }
}

TEST(DnsTarget, PortsAreTargetPorts) {
  const auto ports =
      dns_ports(service("spec { ports { name: 'a' port: 80 target_port { int_value: 8080 } } "
                        "ports { name: 'b' port: 81 protocol: 'UDP' } }"));
  ASSERT_EQ(ports.size(), 2U);
  EXPECT_EQ(ports[0].ShortDebugString(), "name: \"a\" port: 8080 protocol: \"TCP\"");
  EXPECT_EQ(ports[1].ShortDebugString(), "name: \"b\" port: 81 protocol: \"UDP\"");
}

}  // namespace
}  // namespace limpet

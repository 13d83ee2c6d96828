#include "server/service_endpoints.h"

#include <gtest/gtest.h>

#include "tests/support/snapshots.h"

namespace limpet {
namespace {

const ServiceName kWeb{"shop", "web"};

class ServiceEndpointsTest : public ::testing::Test {
 protected:
  ServiceEndpointsTest() {
    testing::SnapshotBuilder builder;
    builder.add<v1::EndpointSlice>(
        "metadata { name: 'web-1' namespace: 'shop' "
        "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' "
        "endpoints { addresses: '10.0.0.1' hostname: 'e1' } "
        "endpoints { addresses: '10.0.0.2' } "
        "ports { port: 8080 } ports { port: 9090 name: 'other' }");
    builder.add<v1::EndpointSlice>(
        "metadata { name: 'web-2' namespace: 'shop' "
        "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv6' "
        "endpoints { addresses: '::1' hostname: 'e1' } endpoints { addresses: '::2' } "
        "ports { port: 8080 }");
    builder.add<v1::EndpointSlice>(
        "metadata { name: 'other' namespace: 'shop' "
        "labels { key: 'kubernetes.io/service-name' value: 'other' } } address_type: 'IPv4' "
        "endpoints { addresses: '10.0.0.9' } ports { port: 8080 }");
    const Snapshot state = builder.build();
    endpoints_ = endpoints_of(state, SliceIndex(state), kWeb);
  }

  static std::string names(const std::vector<ServiceEndpoint>& endpoints) {
    std::string text;
    for (const ServiceEndpoint& endpoint : endpoints) text += endpoint.name + " ";
    return text;
  }
  std::string found(std::string_view text) const {
    const auto endpoints = find_endpoints(endpoints_, kWeb, text);
    return endpoints.ok() ? names(*endpoints) : std::string(endpoints.status().message());
  }

  std::vector<ServiceEndpoint> endpoints_;
};

TEST_F(ServiceEndpointsTest, AreThoseOfItsSlices) {
  EXPECT_EQ(names(endpoints_), "10.0.0.2:8080 10.0.0.2:9090 [::2]:8080 e1 ");
  EXPECT_EQ(endpoints_[3].state.name, "web/name:e1");
  EXPECT_EQ(endpoints_[3].addresses, (std::set<std::string>{"10.0.0.1", "::1"}));
  EXPECT_NE(endpoints_[0].uid, endpoints_[1].uid);
}

TEST_F(ServiceEndpointsTest, AreFoundByNameOrAddress) {
  EXPECT_EQ(found("e1"), "e1 ");
  EXPECT_EQ(found("10.0.0.1"), "e1 ");
  EXPECT_EQ(found("10.0.0.1:9090"), "e1 ");
  EXPECT_EQ(found("10.0.0.2"), "10.0.0.2:8080 10.0.0.2:9090 ");
  EXPECT_EQ(found("10.0.0.2:9090"), "10.0.0.2:9090 ");
  EXPECT_EQ(found("::2"), "[::2]:8080 ");
  EXPECT_EQ(found("[::2]"), "[::2]:8080 ");
  EXPECT_EQ(found("[::1]:8080"), "e1 ");
}

TEST_F(ServiceEndpointsTest, WhoIsNotThereIsToldWhoIs) {
  for (const char* text : {"e9", "10.0.0.9", "10.0.0.1:1", "", "10.0.0"}) {
    EXPECT_EQ(found(text), str_cat("Service shop/web has no endpoint ", text,
                                   "; it has 10.0.0.2:8080, 10.0.0.2:9090, [::2]:8080, e1"));
  }
  const auto none = find_endpoints({}, kWeb, "e1");
  EXPECT_TRUE(absl::IsNotFound(none.status()));
  EXPECT_EQ(none.status().message(), "Service shop/web has no endpoint e1; it has none");
}

TEST_F(ServiceEndpointsTest, OfManyTheFirstAreNamed) {
  const std::vector<ServiceEndpoint> many(23, ServiceEndpoint{{}, 1, "e"});
  const auto none = find_endpoints(many, kWeb, "x");
  EXPECT_TRUE(std_view(none.status().message()).ends_with(", e and 3 more"));
}

}  // namespace
}  // namespace limpet

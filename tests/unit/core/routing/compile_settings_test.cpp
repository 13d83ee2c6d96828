// GatewayParameters reach the ports of the oldest Gateway that has them, and nothing else.
#include "core/routing/compile_settings.h"

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::from_text;
using testing::SnapshotBuilder;

TEST(CompileSettings, WhatIsLeftOutHasItsDefault) {
  EXPECT_EQ(compile_settings({}), ListenerSettings());
  ListenerSettings expected;
  expected.timeouts.idle_ms = 1500;
  expected.limits.head_bytes = 2048;
  EXPECT_EQ(compile_settings(from_text<v1::GatewayParameters>(
                "spec { timeouts { idle: '1s500ms' } limits { request_head_bytes { "
                "string_value: '2Ki' } } }")),
            expected);
}

TEST(CompileSettings, EveryFieldHasItsPlace) {
  const ListenerSettings settings = compile_settings(from_text<v1::GatewayParameters>(R"pb(
    spec {
      client_address { trusted_cidrs: "10.0.0.0/8" proxy_protocol: true }
      forwarding { x_forwarded: false forwarded: true via: "edge" }
      limits {
        request_head_bytes { int_value: 4096 }
        target_bytes { string_value: "1Ki" }
        header_fields: 20
        requests_per_connection: 3
      }
      timeouts {
        proxy_header: "1s"
        tls_handshake: "8s"
        idle: "2s"
        request_head: "3s"
        body_progress: "4s"
        tunnel: "5s"
        connect: "6s"
        response_head: "7s"
      }
    })pb"));
  EXPECT_EQ(settings.limits, (RequestLimits{4096, 1024, 20, 3}));
  Timeouts timeouts{1000, 8000, 2000, 3000, 4000, 5000};
  timeouts.connect_ms = 6000;
  timeouts.response_head_ms = 7000;
  EXPECT_EQ(settings.timeouts, timeouts);
  EXPECT_TRUE(settings.forwarding.trusted.contains(*SocketAddress::parse("10.1.2.3", 1)));
  EXPECT_FALSE(settings.forwarding.trusted.contains(*SocketAddress::parse("11.1.2.3", 1)));
  EXPECT_TRUE(settings.forwarding.proxy_protocol);
  EXPECT_FALSE(settings.forwarding.x_forwarded);
  EXPECT_TRUE(settings.forwarding.forwarded);
  EXPECT_EQ(settings.forwarding.via, "edge");
}

TEST(CompileSettings, WhatALaterVersionMayWriteHasItsDefault) {
  EXPECT_EQ(compile_settings(from_text<v1::GatewayParameters>(
                "spec { timeouts { idle: '1us' connect: '48h' } client_address { trusted_cidrs: "
                "'x' } limits { header_fields: 9999 target_bytes { string_value: '1Gi' } } }")),
            ListenerSettings());
}

class PortSettings : public ::testing::Test {
 protected:
  static std::string gateway(const std::string& name, const std::string& created, int port,
                             const std::string& parameters) {
    std::string text = str_cat("metadata { name: '", name, "' namespace: 'n' creation_timestamp: '",
                               created, "' } spec { listeners { name: 'l' port: ", port,
                               " protocol: 'HTTP' hostname: '", name, ".x' } ");
    if (!parameters.empty()) {
      text += str_cat(
          "infrastructure { parameters_ref { group: 'gateway.limpet.dev' "
          "kind: 'GatewayParameters' name: '",
          parameters, "' } } ");
    }
    return text + "}";
  }
  static std::string parameters(const std::string& name, const std::string& idle) {
    return str_cat("metadata { name: '", name, "' namespace: 'n' } spec { timeouts { idle: '", idle,
                   "' } }");
  }
  // Of the next state, compiled on top of the last.
  std::shared_ptr<const ListenerSettings> next(uint16_t port = 80) {
    const Snapshot snapshot = builder_.build();
    table_ = compile(snapshot, table_.get()).table;
    const auto fresh = compile(snapshot, nullptr).table;
    EXPECT_EQ(*fresh->ports.at(port)->settings, *table_->ports.at(port)->settings);
    return table_->ports.at(port)->settings;
  }

  SnapshotBuilder builder_;
  std::shared_ptr<const RoutingTable> table_;
};

TEST_F(PortSettings, FollowTheParametersWithoutAChangeOfTheGateway) {
  builder_.add<v1::Gateway>(gateway("a", "1", 80, "p"));
  EXPECT_EQ(next(), default_listener_settings()) << "there are none yet";
  builder_.add<v1::GatewayParameters>(parameters("p", "2s"));
  EXPECT_EQ(next()->timeouts.idle_ms, 2000);
  builder_.add<v1::GatewayParameters>(parameters("p", "3s"));
  const auto three = next();
  EXPECT_EQ(three->timeouts.idle_ms, 3000);
  const auto port = table_->ports.at(80);
  builder_.add<v1::GatewayParameters>(parameters("other", "9s"));
  builder_.add<v1::GatewayParameters>(parameters("p", "3000ms"));
  EXPECT_EQ(next(), three) << "what says the same is the same object";
  EXPECT_EQ(table_->ports.at(80), port);
  builder_.remove({"GatewayParameters", "n", "p"});
  EXPECT_EQ(next(), default_listener_settings());
}

TEST_F(PortSettings, AreThoseOfTheOldestGatewayOnThePort) {
  builder_.add<v1::GatewayParameters>(parameters("p", "2s"));
  builder_.add<v1::GatewayParameters>(parameters("q", "3s"));
  builder_.add<v1::Gateway>(gateway("young", "2", 80, "q"));
  EXPECT_EQ(next()->timeouts.idle_ms, 3000);
  builder_.add<v1::Gateway>(gateway("old", "1", 80, "p"));
  EXPECT_EQ(next()->timeouts.idle_ms, 2000);
  builder_.add<v1::Gateway>(gateway("old", "1", 80, ""));
  EXPECT_EQ(next(), default_listener_settings());
  builder_.remove({"Gateway", "n", "old"});
  EXPECT_EQ(next()->timeouts.idle_ms, 3000);
}

TEST_F(PortSettings, AreOfTheGatewaysOwnNamespaceAndOfThatKindAlone) {
  builder_.add<v1::GatewayParameters>(
      "metadata { name: 'p' namespace: 'elsewhere' } spec { timeouts { idle: '2s' } }");
  builder_.add<v1::Gateway>(gateway("a", "1", 80, "p"));
  EXPECT_EQ(next(), default_listener_settings());
  v1::Gateway other;
  auto& ref = *other.mutable_spec()->mutable_infrastructure()->mutable_parameters_ref();
  ref.set_kind("GatewayParameters");
  ref.set_name("p");
  EXPECT_FALSE(parameters_of(other)) << "the core group's";
  ref.set_group("gateway.limpet.dev");
  EXPECT_TRUE(parameters_of(other));
  ref.set_kind("ConfigMap");
  EXPECT_FALSE(parameters_of(other));
}

}  // namespace
}  // namespace limpet

#include "server/guard.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::SnapshotBuilder;

EntryKey key(const std::string& kind, int number) {
  return {kind, "shop", str_cat("n", number)};
}

std::string gateway_with(int listeners) {
  v1::Gateway gateway;
  for (int i = 0; i < listeners; ++i) gateway.mutable_spec()->add_listeners();
  return serialize(gateway);
}

Snapshot with(const std::string& kind, int count) {
  SnapshotBuilder builder;
  for (int i = 0; i < count; ++i) builder.put(key(kind, i), "");
  return builder.build();
}

Delta without(const std::string& kind, int count) {
  Delta delta;
  for (int i = 0; i < count; ++i) delta.removed.push_back(key(kind, i));
  return delta;
}

EntryPtr entry(EntryKey key, std::string bytes = "") {
  return std::make_shared<Entry>(Entry{std::move(key), 2, std::move(bytes)});
}

TEST(Guard, LetsAHandfulGo) {
  EXPECT_TRUE(check_mass_delete(with("HTTPRoute", 5), without("HTTPRoute", 5)).ok());
  EXPECT_TRUE(check_mass_delete(Snapshot(), {}).ok());
}

TEST(Guard, LetsHalfGoAndNoMore) {
  for (const char* kind : {"HTTPRoute", "EndpointState"}) {
    EXPECT_TRUE(check_mass_delete(with(kind, 20), without(kind, 10)).ok());
    const absl::Status held = check_mass_delete(with(kind, 20), without(kind, 11));
    EXPECT_EQ(held.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_NE(std::string(held.message()).find("11 of 20"), std::string::npos) << held;
    EXPECT_NE(std::string(held.message()).find("allow_mass_delete"), std::string::npos) << held;
  }
}

TEST(Guard, DoesNotMindOtherKinds) {
  EXPECT_TRUE(check_mass_delete(with("Service", 20), without("Service", 20)).ok());
}

TEST(Guard, WhatIsReplacedIsNotLost) {
  Delta moved = without("EndpointState", 10);
  for (int i = 100; i < 110; ++i) moved.upserts.push_back(entry(key("EndpointState", i)));
  EXPECT_TRUE(check_mass_delete(with("EndpointState", 10), moved).ok());
}

TEST(Guard, WhatIsNotThereIsNotLost) {
  EXPECT_TRUE(check_mass_delete(with("HTTPRoute", 5), without("HTTPRoute", 50)).ok());
}

TEST(Guard, CountsListenersWithinGateways) {
  const EntryKey edge = key("Gateway", 1);
  const Snapshot before = SnapshotBuilder()
                              .put(edge, gateway_with(10))
                              .put(key("Gateway", 2), gateway_with(2))
                              .build();
  const Delta fewer{{entry(edge, gateway_with(4))}, {}};
  EXPECT_TRUE(check_mass_delete(before, fewer).ok()) << "6 of 12";
  const Delta none{{entry(edge, gateway_with(3))}, {}};
  EXPECT_EQ(check_mass_delete(before, none).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(check_mass_delete(before, {{}, {edge}}).code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace limpet

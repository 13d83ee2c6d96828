#include "core/snapshot/wire.h"

#include <gtest/gtest.h>

#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::SnapshotBuilder;

std::string slice(int endpoints, int changed) {
  std::string text =
      "metadata { name: 's' namespace: 'n' generation: 7 labels { key: "
      "'kubernetes.io/service-name' value: 'web' } } ports { port: 80 } ";
  for (int i = 0; i < endpoints; ++i) {
    text += str_cat("endpoints { addresses: '10.1.", i / 256, ".", i % 256, "' hostname: 'pod-", i,
                    "' conditions { ready: ", i == changed ? "false" : "true", " } } ");
  }
  return text;
}

TEST(Wire, StateIdsSurviveAndNonsenseDoesNot) {
  const Snapshot snapshot = SnapshotBuilder().add<v1::Namespace>("metadata { name: 'a' }").build();
  EXPECT_EQ(from_proto(to_proto(snapshot.id())), snapshot.id());
  EXPECT_EQ(from_proto(v1::StateId()), StateId());
  v1::StateId bad = to_proto(snapshot.id());
  bad.set_digest("short");
  EXPECT_EQ(from_proto(bad), std::nullopt);
}

TEST(Wire, OneEndpointOfAThousandIsASmallPatch) {
  SnapshotBuilder builder;
  const EntryKey key{"EndpointSlice", "n", "s"};
  const Snapshot before = builder.add<v1::EndpointSlice>(slice(1'000, -1)).build();
  const Snapshot after = builder.add<v1::EndpointSlice>(slice(1'000, 600)).build();
  const v1::Entry message = encode_entry(*after.find(key), before.find(key).get());
  EXPECT_LT(message.ByteSizeLong(), 300U);
  EXPECT_EQ(decode_entry(message, before)->bytes, after.find(key)->bytes);
  EXPECT_EQ(decode_entry(message, Snapshot()), nullptr) << "nothing to patch";
}

TEST(Wire, WithoutACommonPastEverythingIsSent) {
  const Snapshot snapshot =
      SnapshotBuilder().add<v1::EndpointSlice>(slice(100, -1)).build();
  const EntryPtr entry = snapshot.find({"EndpointSlice", "n", "s"});
  const v1::Entry message = encode_entry(*entry, nullptr);
  EXPECT_EQ(message.object(), entry->bytes);
  EXPECT_EQ(decode_entry(message, Snapshot())->bytes, entry->bytes);
}

TEST(Wire, APatchThatReachesBeyondIsRefused) {
  const Snapshot snapshot =
      SnapshotBuilder().add<v1::EndpointSlice>(slice(100, -1)).build();
  v1::Entry message = encode_entry(*snapshot.find({"EndpointSlice", "n", "s"}), nullptr);
  message.clear_object();
  message.add_patch()->set_size(0xFFFFFFFF);
  EXPECT_EQ(decode_entry(message, snapshot), nullptr);
}

}  // namespace
}  // namespace limpet

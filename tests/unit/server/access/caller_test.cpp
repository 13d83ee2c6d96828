#include "server/access/caller.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(Caller, IsWhatTheCertificateSays) {
  const Caller user =
      caller_of({"https://example.org", "limpet:user:alice", "limpet:role:editor@shop"}).value();
  EXPECT_EQ(user.name, "user:alice");
  EXPECT_EQ(to_string(user.grants), "editor@shop");
  EXPECT_FALSE(user.node_id);

  const Caller node = caller_of({"limpet:node:n1", "limpet:gateway:shop/edge"}).value();
  EXPECT_EQ(node.name, "node:n1");
  EXPECT_EQ(node.node_id, "n1");
  EXPECT_EQ(node.gateways, GatewayNames{"shop/edge"});
  EXPECT_TRUE(node.grants.empty());
}

TEST(Caller, AnUnclearCertificateIsNobody) {
  using Uris = std::vector<std::string>;
  for (const Uris& uris : {Uris{}, Uris{"limpet:server"}, Uris{"limpet:role:admin"},
                           Uris{"limpet:user:a", "limpet:node:b"},
                           Uris{"limpet:node:b", "limpet:role:admin"},
                           Uris{"limpet:user:a", "limpet:role:root"}}) {
    EXPECT_EQ(caller_of(uris).status().code(), absl::StatusCode::kUnauthenticated);
  }
}

}  // namespace
}  // namespace limpet

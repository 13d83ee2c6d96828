#include "server/access/node_access.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

absl::StatusCode check(const std::vector<std::string>& uris, const std::string& node_id,
                       const std::vector<std::string>& gateways = {}) {
  v1::Hello hello;
  hello.set_node_id(node_id);
  hello.mutable_gateways()->Assign(gateways.begin(), gateways.end());
  return check_node(caller_of(uris).value(), hello).code();
}

TEST(NodeAccess, ANodeIsItselfAlone) {
  EXPECT_EQ(check({"limpet:node:n1"}, "n1"), absl::StatusCode::kOk);
  EXPECT_EQ(check({"limpet:node:n1"}, "n1", {"a/b"}), absl::StatusCode::kOk);
  EXPECT_EQ(check({"limpet:node:n1"}, "n2"), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(check({"limpet:user:n1", "limpet:role:admin"}, "n1"),
            absl::StatusCode::kPermissionDenied);
  v1::Hello hello;
  hello.set_node_id("anybody");
  EXPECT_TRUE(check_node(trusted_caller(), hello).ok());
}

TEST(NodeAccess, ACertificateMayBoundTheGateways) {
  const std::vector<std::string> uris = {"limpet:node:n1", "limpet:gateway:a/b",
                                         "limpet:gateway:a/c"};
  EXPECT_EQ(check(uris, "n1", {"a/b"}), absl::StatusCode::kOk);
  EXPECT_EQ(check(uris, "n1", {"a/b", "a/c"}), absl::StatusCode::kOk);
  EXPECT_EQ(check(uris, "n1", {"a/b", "a/d"}), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(check(uris, "n1"), absl::StatusCode::kPermissionDenied) << "all of them";
}

}  // namespace
}  // namespace limpet

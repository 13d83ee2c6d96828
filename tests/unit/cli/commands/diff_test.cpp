#include <gtest/gtest.h>

#include "core/base/text.h"
#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

std::string with_port(const std::string& port) {
  std::string text = kTwoObjects;
  return text.replace(text.find("8080"), 4, port);
}

class DiffTest : public testing::Test {
 protected:
  int apply(const std::string& text) {
    gwctl.input = text;
    return gwctl({"apply", "-f", "-"});
  }
  int diff(const std::string& text) {
    gwctl.input = text;
    return gwctl({"diff", "-f", "-"});
  }
  Gwctl gwctl;
};

constexpr char kPortDiff[] =
    "@@ -7,4 +7,4 @@\n"
    "   rules:\n"
    "   - backendRefs:\n"
    "     - name: pipy\n"
    "-      port: 8080\n"
    "+      port: 9090\n";

TEST_F(DiffTest, ShowsWhatAnApplyWouldChangeAndChangesNothing) {
  apply(kTwoObjects);
  EXPECT_EQ(diff(kTwoObjects), kOk);
  EXPECT_EQ(gwctl.out, "");
  EXPECT_EQ(diff(with_port("9090")), 1);
  EXPECT_EQ(gwctl.out, std::string("--- HTTPRoute server/fortio-route (stored)\n"
                                   "+++ HTTPRoute server/fortio-route (manifest)\n") +
                           kPortDiff);
  EXPECT_EQ(gwctl.err, "");
  EXPECT_EQ(gwctl.state.revision, 1U);
}

TEST_F(DiffTest, ShowsWhatWouldBeCreatedAsAWhole) {
  EXPECT_EQ(diff("apiVersion: v1\nkind: Namespace\nmetadata: {name: server}\n"), 1);
  EXPECT_EQ(gwctl.out,
            "--- /dev/null\n"
            "+++ Namespace server (manifest)\n"
            "@@ -0,0 +1,4 @@\n"
            "+apiVersion: v1\n"
            "+kind: Namespace\n"
            "+metadata:\n"
            "+  name: server\n");
}

TEST_F(DiffTest, PassesOverWhatTheServerWrites) {
  apply(kTwoObjects);
  for (auto& [key, resource] : gwctl.state.objects) {
    v1::ObjectMeta& metadata = mutable_metadata_of(*object_of(resource));
    metadata.set_uid("u");
    metadata.set_generation(3);
    metadata.set_resource_version("17");
  }
  EXPECT_EQ(diff(kTwoObjects), kOk);
  EXPECT_EQ(gwctl.out, "");
}

TEST_F(DiffTest, DefaultNamespaceIsNoDifference) {
  const std::string bare =
      "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80}]}\n";
  apply(
      "apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: default}\n"
      "spec: {ports: [{port: 80}]}\n");
  EXPECT_EQ(diff(bare), kOk) << gwctl.out;
}

TEST_F(DiffTest, ComparesRevisions) {
  apply(kTwoObjects);
  apply(with_port("9090"));
  gwctl({"delete", "ns", "server"});
  EXPECT_EQ(gwctl({"diff", "--from", "1", "--to", "2"}), 1);
  EXPECT_EQ(gwctl.out, std::string("--- HTTPRoute server/fortio-route (revision 1)\n"
                                   "+++ HTTPRoute server/fortio-route (revision 2)\n") +
                           kPortDiff);
  EXPECT_EQ(gwctl({"diff", "--from", "2"}), 1);
  EXPECT_TRUE(gwctl.out.starts_with("--- Namespace server (revision 2)\n+++ /dev/null\n"))
      << gwctl.out;
  EXPECT_EQ(gwctl({"diff", "--from", "3"}), kOk);
  EXPECT_EQ(gwctl.out, "");
  EXPECT_EQ(gwctl({"diff", "--from", "9"}), kNotFound);
}

TEST_F(DiffTest, ObjectsMadeAgainDiffer) {
  apply(kTwoObjects);
  const EntryKey key{"Namespace", "", "server"};
  for (uint64_t revision : {1, 2}) {
    gwctl.state.states[revision] = gwctl.state.objects;
    v1::Resource& resource = gwctl.state.states[revision].at(key);
    mutable_metadata_of(*object_of(resource)).set_uid("uid-" + std::to_string(revision));
  }
  EXPECT_EQ(gwctl({"diff", "--from", "1", "--to", "2"}), 1);
  EXPECT_NE(gwctl.out.find("-  uid: uid-1\n+  uid: uid-2\n"), std::string::npos) << gwctl.out;
}

// After a rollback an object is what it was, but for its generation.
TEST_F(DiffTest, WhatOnlyTheServerWritesIsNoDifferenceOfRevisions) {
  apply(kTwoObjects);
  gwctl.state.states[2] = gwctl.state.objects;
  v1::Resource& resource = gwctl.state.states[2].at({"Namespace", "", "server"});
  mutable_metadata_of(*object_of(resource)).set_generation(5);
  EXPECT_EQ(gwctl({"diff", "--from", "1", "--to", "2"}), kOk);
  EXPECT_EQ(gwctl.out, "");
}

TEST_F(DiffTest, ErrorsAreMoreThanOne) {
  EXPECT_EQ(diff("kind: Servce\n"), kRejected);
  EXPECT_EQ(gwctl.err.find("nothing was changed"), std::string::npos);
  gwctl.state.error = absl::InternalError("x");
  EXPECT_GT(diff(kTwoObjects), 1);
  EXPECT_GT(gwctl({"diff", "--from", "1"}), 1);
  EXPECT_EQ(gwctl.err, "gwctl: x\n");
}

TEST_F(DiffTest, ColorsOnATerminalOnly) {
  gwctl.color = true;
  EXPECT_EQ(diff(kTwoObjects), 1);
  EXPECT_NE(gwctl.out.find("\x1b[32m+  name: server\x1b[m\n"), std::string::npos) << gwctl.out;
}

TEST_F(DiffTest, AsksTheServerWhetherValuesOfASecretChange) {
  const auto secret = [](const std::string& items) {
    return "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: Opaque\ndata: {" + items +
           "}\n";
  };
  // As the server shows it; this one takes every value for another than the stored one.
  apply(secret("pin: '***', token: '***'"));
  EXPECT_EQ(diff(secret("pin: '***', token: '***'")), kOk) << gwctl.out;
  EXPECT_EQ(diff(secret("pin: MTIzNA==, token: '***', user: bWU=")), 1);
  EXPECT_TRUE(contains(gwctl.out, "-  pin: \"*** (before)\"\n"
                                  "+  pin: \"*** (after)\"\n"
                                  "   token: \"***\"\n"
                                  "+  user: \"***\"\n")) << gwctl.out;
  EXPECT_EQ(gwctl.state.revision, 1U);
  EXPECT_FALSE(contains(gwctl.out, "MTIz"));
}

}  // namespace
}  // namespace limpet::cli::test

// What nodes get of the Secrets.
#include "core/routing/node_state.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "core/resource/secret.h"
#include "core/routing/scope.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::from_text;
using testing::SnapshotBuilder;

// A seal is a number behind "sealed:", and the value behind that: "sealed:7:value".
std::string secret_text(const std::string& name, const std::string& seal,
                        const std::string& ns = "n") {
  std::string text = str_cat("metadata { name: '", name, "' namespace: '", ns,
                             "' uid: 'u' labels { key: 'a' value: 'b' } } type: 'T' ");
  for (const char* item : {"tls.crt", "tls.key", "ca.crt", "password"}) {
    text +=
        str_cat("data { key: '", item, "' value: 'sealed:", seal, ":", item, " of ", name, "' }");
  }
  return text;
}

std::string https_text(const std::string& name, const std::string& secret,
                       const std::string& more = "") {
  return str_cat(
      "metadata { name: '", name, "' namespace: 'n' } spec { listeners { name: 'l' port: 443 ",
      "protocol: 'HTTPS' tls { certificate_refs { name: '", secret, "' ", more, " } } } }");
}

std::string policy_text(const std::string& config) {
  return str_cat(
      "metadata { name: 'p' namespace: 'n' } spec { target_ref { kind: 'Service' name: 's' } "
      "ports { port: 80 } config { ",
      config, " } }");
}

class NodeStateTest : public ::testing::Test {
 protected:
  // "name: items" of the Secrets that nodes have.
  std::vector<std::string> advance() { return advance_to(builder_.build()); }

  std::vector<std::string> advance_to(const Snapshot& whole) {
    state_.advance_to(whole);
    NodeState fresh(open());
    fresh.advance_to(whole);
    EXPECT_EQ(state_.state().id(), fresh.state().id()) << "whatever way it was come by";
    EXPECT_EQ(state_.state().id().revision, whole.id().revision);
    return secrets_of_state(state_.state());
  }

  static std::vector<std::string> secrets_of_state(const Snapshot& state) {
    std::vector<std::string> found;
    state.for_each("Secret", [&](const EntryPtr& entry) {
      v1::Secret secret;
      secret.ParseFromString(entry->bytes);
      EXPECT_EQ(secret.type(), "T");
      EXPECT_TRUE(secret.metadata().labels().empty() && secret.metadata().uid().empty());
      std::set<std::string> items;
      for (const auto& [item, value] : secret.data()) {
        items.insert(item);
        EXPECT_EQ(value, str_cat(item, " of ", entry->key.name));
      }
      found.push_back(str_cat(entry->key.name, ": ", join(items, " ")));
    });
    std::sort(found.begin(), found.end());
    return found;
  }

  OpenSecret open() {
    return [this](const Entry& sealed, SecretItems items) -> EntryPtr {
      opened_.push_back(sealed.key.name);
      v1::Secret secret;
      secret.ParseFromString(sealed.bytes);
      secret = secret_with(secret, items);
      for (auto& [item, value] : *secret.mutable_data()) {
        value = value.substr(value.find(':', kSealedPrefix.size()) + 1);
      }
      return std::make_shared<const Entry>(Entry{sealed.key, sealed.revision, serialize(secret)});
    };
  }

  using Names = std::vector<std::string>;
  SnapshotBuilder builder_;
  Names opened_;
  NodeState state_{open()};
};

TEST_F(NodeStateTest, SecretsThatNobodyNamesStay) {
  builder_.add<v1::Secret>(secret_text("s", "1"));
  EXPECT_EQ(advance(), Names());
  EXPECT_EQ(state_.state().size(), 0U);
  EXPECT_EQ(state_.state().id().digest, Digest());
  EXPECT_EQ(opened_, Names());
}

TEST_F(NodeStateTest, AListenerNeedsCertificateAndKey) {
  builder_.add<v1::Gateway>(https_text("g", "s"));
  EXPECT_EQ(advance(), Names());
  builder_.add<v1::Secret>(secret_text("s", "1")).add<v1::Secret>(secret_text("t", "1"));
  EXPECT_EQ(advance(), Names{"s: tls.crt tls.key"});
  builder_.add<v1::Gateway>(https_text("g", "t"));
  EXPECT_EQ(advance(), Names{"t: tls.crt tls.key"});
  builder_.add<v1::Gateway>(https_text("h", "t"));
  EXPECT_EQ(advance(), Names{"t: tls.crt tls.key"});
  builder_.remove({"Gateway", "n", "g"});
  EXPECT_EQ(advance(), Names{"t: tls.crt tls.key"});
  builder_.remove({"Secret", "n", "t"});
  EXPECT_EQ(advance(), Names());
  builder_.add<v1::Secret>(secret_text("t", "1"));
  builder_.remove({"Gateway", "n", "h"});
  EXPECT_EQ(advance(), Names());
}

TEST_F(NodeStateTest, WhatEndsNoTlsNeedsNothing) {
  builder_.add<v1::Secret>(secret_text("s", "1"));
  for (const char* listener :
       {"protocol: 'HTTP' tls { certificate_refs { name: 's' } }",
        "protocol: 'TLS' tls { certificate_refs { name: 's' } }",
        "protocol: 'HTTPS' tls { mode: 'Passthrough' certificate_refs { name: 's' } }",
        "protocol: 'HTTPS' tls { certificate_refs { name: 's' namespace: 'other' } }",
        "protocol: 'HTTPS' tls { certificate_refs { name: 's' kind: 'ConfigMap' } }",
        "protocol: 'HTTPS' tls { certificate_refs { name: 's' group: 'x.io' } }"}) {
    builder_.add<v1::Gateway>(
        str_cat("metadata { name: 'g' namespace: 'n' } spec { listeners { "
                "name: 'l' port: 443 ",
                listener, " } }"));
    EXPECT_EQ(advance(), Names()) << listener;
  }
}

TEST_F(NodeStateTest, ASecretOfAnotherNamespaceStays) {
  builder_.add<v1::Secret>(secret_text("s", "1", "other"));
  builder_.add<v1::Gateway>(https_text("g", "s", "namespace: 'other'"));
  EXPECT_EQ(advance(), Names());
}

TEST_F(NodeStateTest, ASecretOfAnotherNamespaceGoesWhereAGrantPermitsIt) {
  const auto grant = [&](const std::string& from, const std::string& name) {
    builder_.add<v1::ReferenceGrant>(
        str_cat("metadata { name: 'g' namespace: 'other' } spec { from { group: "
                "'gateway.networking.k8s.io' kind: 'Gateway' namespace: '", from,
                "' } to { group: '' kind: 'Secret' name: '", name, "' } }"));
  };
  builder_.add<v1::Secret>(secret_text("s", "1", "other"));
  grant("n", "");
  EXPECT_EQ(advance(), Names()) << "nobody refers to it";
  builder_.add<v1::Gateway>(https_text("g", "s", "namespace: 'other'"));
  EXPECT_EQ(advance(), Names{"s: tls.crt tls.key"});
  grant("n", "t");
  EXPECT_EQ(advance(), Names());
  grant("n", "s");
  EXPECT_EQ(advance(), Names{"s: tls.crt tls.key"});
  grant("m", "s");
  EXPECT_EQ(advance(), Names());
  grant("n", "s");
  advance();
  builder_.remove({"ReferenceGrant", "other", "g"});
  EXPECT_EQ(advance(), Names());
  // A grant never lets a policy refer elsewhere.
  grant("n", "");
  builder_.remove({"Gateway", "n", "g"});
  builder_.add<v1::Service>("metadata { name: 's' namespace: 'n' } spec { ports { port: 80 } }");
  builder_.add<v1::UpstreamTLSPolicy>(
      policy_text("certificate_ref { name: 's' namespace: 'other' }"));
  EXPECT_EQ(advance(), Names());
}

TEST_F(NodeStateTest, APolicyNeedsWhatItReads) {
  builder_.add<v1::Secret>(secret_text("s", "1"));
  builder_.add<v1::UpstreamTLSPolicy>(policy_text("certificate_ref { name: 's' }"));
  EXPECT_EQ(advance(), Names()) << "it is for no Service that there is";
  builder_.add<v1::Service>("metadata { name: 's' namespace: 'n' } spec { ports { port: 80 } }");
  EXPECT_EQ(advance(), Names{"s: ca.crt"});
  builder_.add<v1::UpstreamTLSPolicy>(policy_text("m_tls: true certificate_ref { name: 's' }"));
  EXPECT_EQ(advance(), Names{"s: ca.crt tls.crt tls.key"});
  builder_.add<v1::UpstreamTLSPolicy>(
      policy_text("insecure_skip_verify: true certificate_ref { name: 's' }"));
  EXPECT_EQ(advance(), Names());
  builder_.add<v1::UpstreamTLSPolicy>(policy_text("certificate_ref { name: 's' }"));
  EXPECT_EQ(advance(), Names{"s: ca.crt"});
  builder_.remove({"Service", "n", "s"});
  EXPECT_EQ(advance(), Names());
}

TEST_F(NodeStateTest, OfConfigMapsTheAuthoritiesThatAPolicyNamesGo) {
  const auto config_maps = [&] {
    advance();
    std::vector<std::string> found;
    state_.state().for_each("ConfigMap", [&](const EntryPtr& entry) {
      v1::ConfigMap config_map;
      config_map.ParseFromString(entry->bytes);
      for (const auto& [item, value] : config_map.data()) {
        found.push_back(str_cat(entry->key.name, ": ", item, " ", value));
      }
    });
    return found;
  };
  builder_.add<v1::ConfigMap>(
      "metadata { name: 'c' namespace: 'n' } data { key: 'ca.crt' value: 'x' } "
      "data { key: 'more' value: 'y' }");
  builder_.add<v1::ConfigMap>("metadata { name: 'd' namespace: 'n' }");
  EXPECT_EQ(config_maps(), Names());
  EXPECT_EQ(state_.state().id().digest, Digest());
  builder_.add<v1::BackendTLSPolicy>(
      "metadata { name: 'p' namespace: 'n' } spec { target_refs { name: 's' } "
      "target_refs { name: 't' } validation { ca_certificate_refs { kind: 'ConfigMap' name: 'c' } "
      "} }");
  EXPECT_EQ(config_maps(), Names()) << "it is for no Service that there is";
  builder_.add<v1::Service>("metadata { name: 't' namespace: 'n' } spec { ports { port: 80 } }");
  EXPECT_EQ(config_maps(), Names{"c: ca.crt x"});
  builder_.add<v1::ConfigMap>(
      "metadata { name: 'c' namespace: 'n' } data { key: 'ca.crt' value: 'z' }");
  EXPECT_EQ(config_maps(), Names{"c: ca.crt z"});
  builder_.remove({"BackendTLSPolicy", "n", "p"});
  EXPECT_EQ(config_maps(), Names());
  EXPECT_EQ(opened_, Names()) << "nothing of them is sealed";
}

TEST_F(NodeStateTest, SealedAnewIsNoNewsForNodes) {
  builder_.add<v1::Secret>(secret_text("s", "1")).add<v1::Gateway>(https_text("g", "s"));
  advance();
  const Snapshot before = state_.state();
  builder_.add<v1::Secret>(secret_text("s", "2"));
  advance();
  EXPECT_EQ(state_.state().id().digest, before.id().digest);
  EXPECT_TRUE(Snapshot::diff(before, state_.state()).empty());
}

TEST_F(NodeStateTest, OpensWhatChangedAlone) {
  builder_.add<v1::Secret>(secret_text("s", "1")).add<v1::Gateway>(https_text("g", "s"));
  builder_.add<v1::Secret>(secret_text("t", "1")).add<v1::Gateway>(https_text("h", "t"));
  const Snapshot first = builder_.build();
  state_.advance_to(first);
  opened_.clear();
  builder_.add<v1::Secret>(secret_text("t", "2"));
  builder_.add<v1::Namespace>("metadata { name: 'x' }");
  state_.advance_to(builder_.build());
  EXPECT_EQ(opened_, Names{"t"});
  EXPECT_EQ(state_.state().size("Namespace"), 1U);
  state_.advance_to(first);
  EXPECT_EQ(state_.state().size("Namespace"), 0U);
}

TEST_F(NodeStateTest, APartHasTheItemsThatItNeedsItself) {
  builder_.add<v1::Secret>(secret_text("s", "1"));
  builder_.add<v1::Gateway>(https_text("g", "s"));
  builder_.add<v1::Gateway>(
      "metadata { name: 'h' namespace: 'n' } spec { listeners { name: 'l' port: 80 protocol: "
      "'HTTP' } }");
  builder_.add<v1::Service>("metadata { name: 's' namespace: 'n' } spec { ports { port: 80 } }");
  builder_.add<v1::HTTPRoute>(
      "metadata { name: 'r' namespace: 'n' } spec { parent_refs { name: 'h' } "
      "rules { backend_refs { name: 's' port: 80 } } }");
  builder_.add<v1::UpstreamTLSPolicy>(policy_text("certificate_ref { name: 's' }"));
  EXPECT_EQ(advance(), Names{"s: ca.crt tls.crt tls.key"});
  EXPECT_EQ(secrets_of_state(part_of(state_.state(), {"n/g"})), Names{"s: tls.crt tls.key"});
  EXPECT_EQ(secrets_of_state(part_of(state_.state(), {"n/h"})), Names{"s: ca.crt"});
  EXPECT_EQ(secrets_of_state(part_of(state_.state(), {"n/other"})), Names());
  EXPECT_EQ(part_of(state_.state(), {}).id(), state_.state().id());
  // A node's own part is its whole.
  const Snapshot part = part_of(state_.state(), {"n/h"});
  EXPECT_EQ(part_of(part, {"n/h"}).id(), part.id());
  EXPECT_EQ(secrets_of_state(part_of(part, {"n/g"})), Names());
}

}  // namespace
}  // namespace limpet

// What grants permit, and that a grant moves the routes and listeners that it is of concern to, and
// nothing else.
#include "core/routing/reference_grants.h"

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "tests/support/certificates.h"
#include "tests/support/snapshots.h"
#include "tests/support/world.h"

namespace limpet {
namespace {

using testing::describe;
using testing::from_text;
using testing::SnapshotBuilder;

constexpr char kRoutes[] =
    "from { group: 'gateway.networking.k8s.io' kind: 'HTTPRoute' namespace: 'n' } ";
constexpr char kGateways[] =
    "from { group: 'gateway.networking.k8s.io' kind: 'Gateway' namespace: 'n' } ";
constexpr char kServices[] = "to { group: '' kind: 'Service' } ";

std::string grant_text(const std::string& spec, const std::string& ns = "bank",
                       const std::string& name = "g") {
  return str_cat("metadata { name: '", name, "' namespace: '", ns, "' } spec { ", spec, " }");
}

bool permits_ledger(const std::string& spec, const std::string& kind = "Service") {
  return grants(from_text<v1::ReferenceGrant>(grant_text(spec)), {"HTTPRoute", "n"},
                {kind, "bank", "ledger"});
}

TEST(ReferenceGrant, PermitsByFromAndTo) {
  const std::string from = kRoutes;
  const std::string to = kServices;
  EXPECT_TRUE(permits_ledger(from + to));
  EXPECT_TRUE(permits_ledger(from + "to { group: '' kind: 'Service' name: 'ledger' }"));
  EXPECT_TRUE(permits_ledger(kGateways + from + "to { group: '' kind: 'Secret' } " + to)) << "any";
  EXPECT_TRUE(permits_ledger(from + "to { kind: 'Secret' }", "Secret"));

  EXPECT_FALSE(permits_ledger(from + "to { group: '' kind: 'Service' name: 'books' }"));
  EXPECT_FALSE(permits_ledger(from + "to { group: 'x.io' kind: 'Service' }"));
  EXPECT_FALSE(permits_ledger(from + "to { group: '' kind: 'Secret' }"));
  EXPECT_FALSE(permits_ledger(from));
  EXPECT_FALSE(permits_ledger(to));
  EXPECT_FALSE(permits_ledger(kGateways + to));
  EXPECT_FALSE(permits_ledger("from { group: '' kind: 'HTTPRoute' namespace: 'n' } " + to));
  EXPECT_FALSE(permits_ledger("from { group: 'gateway.networking.k8s.io' kind: 'HTTPRoute' "
                              "namespace: 'm' } " + to));
}

TEST(ReferenceGrant, OnlySomeReferencesAreMadeHere) {
  const auto effect = [](const std::string& spec) {
    const auto grant = from_text<v1::ReferenceGrant>(grant_text(spec));
    return has_effect(grant.spec().from(0), grant.spec().to(0));
  };
  const std::string secrets = "to { group: '' kind: 'Secret' }";
  EXPECT_TRUE(effect(std::string(kRoutes) + kServices));
  EXPECT_TRUE(effect(kGateways + secrets));
  EXPECT_FALSE(effect(kRoutes + secrets));
  EXPECT_FALSE(effect(std::string(kGateways) + kServices));
  EXPECT_FALSE(effect(str_cat("from { group: 'gateway.networking.k8s.io' kind: 'GRPCRoute' "
                              "namespace: 'n' } ", kServices)));
}

TEST(ReferenceGrants, CountAsTheStateHasThem) {
  SnapshotBuilder builder;
  ReferenceGrants grants;
  const EntryKey ledger{"Service", "bank", "ledger"};
  const auto permitted = [&] { return grants.permits({"HTTPRoute", "n"}, ledger); };
  EXPECT_TRUE(grants.permits({"HTTPRoute", "bank"}, ledger)) << "its own";
  EXPECT_FALSE(permitted());
  for (const char* name : {"g", "h"}) {
    builder.add<v1::ReferenceGrant>(grant_text(std::string(kRoutes) + kServices, "bank", name));
  }
  const Snapshot both = builder.build();
  for (const char* name : {"g", "h"}) grants.move({"ReferenceGrant", "bank", name}, both);
  EXPECT_TRUE(permitted());
  EXPECT_FALSE(grants.permits({"HTTPRoute", "n"}, {"Service", "vault", "ledger"}));
  const ReferenceGrants kept = grants;
  builder.remove({"ReferenceGrant", "bank", "g"});
  grants.move({"ReferenceGrant", "bank", "g"}, builder.build());
  EXPECT_TRUE(permitted()) << "by the other";
  builder.put({"ReferenceGrant", "bank", "h"}, "\xff");
  grants.move({"ReferenceGrant", "bank", "h"}, builder.build());
  EXPECT_FALSE(permitted()) << "it cannot be read";
  EXPECT_TRUE(kept.permits({"HTTPRoute", "n"}, ledger)) << "a copy is as it was";
}

class GrantCompile : public ::testing::Test {
 protected:
  // Routes to a Service of their own, and to two of bank and one of vault.
  GrantCompile() {
    builder_.add<v1::Gateway>(
        "metadata { name: 'g' namespace: 'n' } "
        "spec { listeners { name: 'l' port: 80 protocol: 'HTTP' } }");
    for (const char* ns : {"n", "bank", "vault"}) {
      for (const char* name : {"a", "b"}) {
        builder_.add<v1::Service>(str_cat("metadata { name: '", name, "' namespace: '", ns,
                                          "' } spec { ports { port: 80 } }"));
      }
    }
    add_route("own", "", "a");
    add_route("bank-a", "bank", "a");
    add_route("bank-b", "bank", "b");
    add_route("vault-a", "vault", "a");
    next();
  }
  void add_route(const std::string& name, const std::string& ns, const std::string& service) {
    builder_.add<v1::HTTPRoute>(
        str_cat("metadata { name: '", name, "' namespace: 'n' } spec { parent_refs { name: 'g' } "
                "hostnames: '", name, ".x' rules { backend_refs { name: '", service,
                "' namespace: '", ns, "' port: 80 } } }"));
  }
  void add_grant(const std::string& to, const std::string& ns = "bank") {
    builder_.add<v1::ReferenceGrant>(grant_text(kRoutes + to, ns));
  }
  // Compiles what was added; the hosts that are other objects than before.
  std::set<std::string> next() {
    const Snapshot snapshot = builder_.build();
    CompileResult result = compile(snapshot, table_.get());
    EXPECT_TRUE(result.errors.empty());
    EXPECT_EQ(describe(*result.table), describe(*compile(snapshot, nullptr).table));
    work_ = result.work;
    std::set<std::string> changed;
    if (table_ != nullptr) {
      const auto& before = table_->ports.at(80)->listeners.at("")->hosts;
      result.table->ports.at(80)->listeners.at("")->hosts.for_each(
          [&](const std::string& host, const VirtualHost& now) {
            if (before.at(host) != &now) changed.insert(host);
          });
    }
    table_ = std::move(result.table);
    return changed;
  }
  std::string backend_of(const std::string& route) const {
    const auto& hosts = table_->ports.at(80)->listeners.at("")->hosts;
    const auto& backend =
        hosts.at(route + ".x")->prefixes.find("")->front().rule->backends.front();
    return backend.cluster ? backend.cluster->name : "none";
  }

  SnapshotBuilder builder_;
  std::shared_ptr<const RoutingTable> table_;
  CompileResult::Work work_;
};

using Hosts = std::set<std::string>;

TEST_F(GrantCompile, AGrantMovesTheRoutesThatItPermits) {
  EXPECT_EQ(backend_of("own"), "n/a:80");
  EXPECT_EQ(backend_of("bank-a"), "none");

  add_grant(kServices);
  EXPECT_EQ(next(), (Hosts{"bank-a.x", "bank-b.x"}));
  EXPECT_EQ(work_.hosts, 2U);
  EXPECT_EQ(work_.routes, 4U) << "two left their hosts and came back";
  EXPECT_EQ(work_.clusters, 0U);
  EXPECT_EQ(backend_of("bank-a"), "bank/a:80");
  EXPECT_EQ(backend_of("bank-b"), "bank/b:80");
  EXPECT_EQ(backend_of("vault-a"), "none");

  add_grant("to { group: '' kind: 'Service' name: 'b' }");
  EXPECT_EQ(next(), Hosts{"bank-a.x"}) << "what it permits still stays the same object";
  EXPECT_EQ(work_.hosts, 1U);
  EXPECT_EQ(backend_of("bank-a"), "none");

  builder_.remove({"ReferenceGrant", "bank", "g"});
  EXPECT_EQ(next(), Hosts{"bank-b.x"});
  EXPECT_EQ(backend_of("bank-b"), "none");
}

TEST_F(GrantCompile, AGrantThatPermitsNothingNewCostsNothing) {
  add_grant(kServices);
  next();
  const auto port = table_->ports.at(80);
  builder_.add<v1::ReferenceGrant>(
      grant_text(std::string(kRoutes) + kServices, "bank", "second"));
  builder_.add<v1::ReferenceGrant>(grant_text(str_cat(kRoutes, kServices), "elsewhere"));
  EXPECT_EQ(next(), Hosts());
  EXPECT_EQ(work_.routes + work_.hosts + work_.clusters, 0U);
  EXPECT_EQ(table_->ports.at(80), port);
}

TEST_F(GrantCompile, RoutesAndGrantsChangeAtOnce) {
  add_grant(kServices);
  add_route("bank-a", "bank", "b");
  add_route("own", "vault", "b");
  next();
  EXPECT_EQ(backend_of("bank-a"), "bank/b:80");
  EXPECT_EQ(backend_of("own"), "none");

  // A route that refers elsewhere now is no longer moved by the namespace's grants.
  add_route("bank-a", "", "a");
  next();
  builder_.remove({"ReferenceGrant", "bank", "g"});
  add_grant(kServices, "vault");
  EXPECT_EQ(next(), (Hosts{"bank-b.x", "own.x", "vault-a.x"}));
  EXPECT_EQ(backend_of("own"), "vault/b:80");
  builder_.remove({"HTTPRoute", "n", "bank-b"});
  add_grant(kServices);
  EXPECT_EQ(next(), Hosts());
}

TEST_F(GrantCompile, OneThatCannotBeReadIsToldOf) {
  builder_.put({"ReferenceGrant", "bank", "bad"}, "\xff");
  const CompileResult result = compile(builder_.build(), table_.get());
  ASSERT_EQ(result.errors.size(), 1U);
  EXPECT_EQ(to_string(result.errors[0].object), "ReferenceGrant bank/bad");
}

TEST(GrantedCertificate, OpensAndClosesItsListenerAlone) {
  SnapshotBuilder builder;
  const auto listener = [](const std::string& name, const std::string& ns) {
    return str_cat("listeners { name: '", name, "' port: 443 protocol: 'HTTPS' hostname: '", name,
                   ".x' tls { certificate_refs { name: 'cert' namespace: '", ns, "' } } } ");
  };
  builder.add<v1::Gateway>("metadata { name: 'g' namespace: 'n' } spec { " + listener("own", "n") +
                           listener("bank", "bank") + " }");
  for (const char* ns : {"n", "bank"}) {
    builder.add<v1::Secret>(testing::tls_secret_text(ns, "cert", testing::make_identity()));
  }
  const auto at = [](const CompileResult& result, const std::string& host) {
    return result.table->ports.at(443)->listeners.at(host);
  };
  const CompileResult closed = compile(builder.build(), nullptr);
  ASSERT_NE(at(closed, "own.x"), nullptr);
  EXPECT_EQ(at(closed, "bank.x"), nullptr);

  builder.add<v1::ReferenceGrant>(
      grant_text(str_cat(kGateways, "to { group: '' kind: 'Secret' name: 'cert' }")));
  const CompileResult open = compile(builder.build(), closed.table.get());
  ASSERT_NE(at(open, "bank.x"), nullptr);
  EXPECT_EQ(at(open, "bank.x")->tls->certificates.at(0).secret, "bank/cert");
  EXPECT_EQ(at(open, "own.x"), at(closed, "own.x"));

  // The Secret is followed.
  builder.add<v1::Secret>(testing::tls_secret_text("bank", "cert", testing::make_identity()));
  const CompileResult renewed = compile(builder.build(), open.table.get());
  EXPECT_NE(at(renewed, "bank.x")->tls, at(open, "bank.x")->tls);
  EXPECT_EQ(at(renewed, "own.x"), at(open, "own.x"));

  builder.add<v1::ReferenceGrant>(grant_text(str_cat(kGateways, kServices)));
  const CompileResult closed_again = compile(builder.build(), renewed.table.get());
  EXPECT_EQ(at(closed_again, "bank.x"), nullptr);
  EXPECT_EQ(describe(*closed_again.table), describe(*closed.table));
}

}  // namespace
}  // namespace limpet

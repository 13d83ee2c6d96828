// Endpoints that come from DNS, on a real store.
#include "server/dns_slices.h"

#include <memory>

#include <gtest/gtest.h>

#include "core/resource/dns_target.h"
#include "core/resource/kind.h"
#include "limpet/v1/state.pb.h"
#include "server/applier.h"
#include "storage/sqlite_store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

using Names = std::vector<std::string>;

v1::Resource external(const std::string& name, const std::string& dns_name, int port = 8080) {
  v1::Resource resource = service(name, port);
  resource.mutable_service()->mutable_spec()->set_type("ExternalName");
  resource.mutable_service()->mutable_spec()->set_external_name(dns_name);
  return resource;
}

v1::EntryKey key(const std::string& kind, const std::string& name) {
  v1::EntryKey key;
  key.set_kind(kind);
  key.set_namespace_("server");
  key.set_name(name);
  return key;
}

class DnsSlicesTest : public ::testing::Test {
 protected:
  uint64_t apply(const std::vector<v1::Resource>& resources) {
    const auto outcome = applier_.apply(apply_request(resources), Origin{"", "peer"}, context_);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    return outcome.state.revision;
  }

  uint64_t resolve(const std::string& name, const Names& v4, const Names& v6 = {}) {
    const DnsUpdate update{{"Service", "server", "pipy"}, name, {v4, v6}};
    const auto outcome = applier_.resolve({update}, context_);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    return outcome.state.revision;
  }

  uint64_t head() const { return publisher_.head().id().revision; }

  v1::EndpointSlice slice_now(const std::string& name) const {
    const EntryPtr entry = publisher_.head().find({"EndpointSlice", "server", name});
    return entry == nullptr ? v1::EndpointSlice() : slice_of(*entry);
  }

  // "10.0.0.1:8080", ordered.
  std::map<std::string, uint64_t> uids() const {
    std::map<std::string, uint64_t> uids;
    publisher_.head().for_each(kEndpointStateKind, [&](const EntryPtr& entry) {
      v1::EndpointState state;
      state.ParseFromString(entry->bytes);
      uids[entry->key.name] = state.uid();
    });
    return uids;
  }

  void expect_refused(const Applier::Outcome& outcome, const std::string& words) {
    EXPECT_EQ(outcome.status.code(), absl::StatusCode::kInvalidArgument);
    ASSERT_EQ(outcome.violations.size(), 1U);
    EXPECT_NE(outcome.violations[0].message.find(words), std::string::npos)
        << outcome.violations[0].message;
  }

  TemporaryDirectory directory_;
  ChangeContext context_ = test_context();
  std::unique_ptr<SqliteStore> store_ =
      SqliteStore::open(directory_ / "limpet.db", Epoch(7)).value();
  Publisher publisher_{open_state(*store_, context_).value()};
  Applier applier_{*store_, publisher_};
};

TEST_F(DnsSlicesTest, AreMadeOfTheServiceAndItsAddresses) {
  apply({external("pipy", "pipy.test")});
  resolve("pipy.test", {"10.0.0.1", "10.0.0.2"}, {"fd00::1"});
  const v1::EndpointSlice v4 = slice_now("pipy-dns-ipv4");
  EXPECT_EQ(v4.address_type(), "IPv4");
  EXPECT_EQ(v4.endpoints_size(), 2);
  EXPECT_EQ(v4.ports(0).port(), 8080);
  EXPECT_EQ(v4.metadata().labels().at("kubernetes.io/service-name"), "pipy");
  EXPECT_TRUE(is_generated(v4.metadata()));
  EXPECT_EQ(slice_now("pipy-dns-ipv6").endpoints(0).addresses(0), "fd00::1");
  EXPECT_EQ(uids().size(), 3U);
  v1::Resource resource;
  *resource.mutable_endpoint_slice() = v4;
  clear_server_owned(*resource.mutable_endpoint_slice());
  EXPECT_TRUE(validate(resource).empty());
}

TEST_F(DnsSlicesTest, OnlyAChangeIsARevisionAndIdentitiesStay) {
  apply({external("pipy", "pipy.test")});
  const uint64_t first = resolve("pipy.test", {"10.0.0.1"});
  EXPECT_EQ(resolve("pipy.test", {"10.0.0.1"}), first);
  const auto before = uids();
  EXPECT_EQ(resolve("pipy.test", {"10.0.0.0", "10.0.0.1", "10.0.0.2"}), first + 1);
  const auto after = uids();
  EXPECT_EQ(after.at("pipy/addr:10.0.0.1:8080"), before.at("pipy/addr:10.0.0.1:8080"));
  resolve("pipy.test", {"10.0.0.1"});
  EXPECT_EQ(uids(), before);
  EXPECT_EQ(resolve("pipy.test", {}), first + 3);
  EXPECT_TRUE(uids().empty());
}

TEST_F(DnsSlicesTest, TakingAwayMostIsNoMassDelete) {
  apply({external("pipy", "pipy.test")});
  Names many;
  for (int i = 1; i <= 200; ++i) many.push_back("10.0.0." + std::to_string(i));
  resolve("pipy.test", many);
  resolve("pipy.test", {"10.0.0.1"});
  EXPECT_EQ(uids().size(), 1U);
}

TEST_F(DnsSlicesTest, TheAuditNamesTheActor) {
  apply({external("pipy", "pipy.test")});
  resolve("pipy.test", {"10.0.0.1"});
  const auto audit = applier_.audit({});
  ASSERT_TRUE(audit.ok());
  EXPECT_EQ(audit->records(0).actor(), "dns");
  EXPECT_EQ(audit->records(0).action(), "resolve");
  EXPECT_EQ(audit->records(0).message(), "server/pipy: 1 address of pipy.test");
}

TEST_F(DnsSlicesTest, AnswersForWhatIsNotAskedForAnyMoreDoNothing) {
  const uint64_t first = apply({external("pipy", "new.test")});
  EXPECT_EQ(resolve("old.test", {"10.0.0.1"}), first);
  const uint64_t second = apply({service("pipy")});
  EXPECT_EQ(resolve("new.test", {"10.0.0.1"}), second);
}

TEST_F(DnsSlicesTest, FollowThePortsOfTheServiceInItsOwnRevision) {
  apply({external("pipy", "pipy.test")});
  resolve("pipy.test", {"10.0.0.1"});
  v1::Resource changed = external("pipy", "pipy.test.", 9090);
  changed.mutable_service()->mutable_spec()->mutable_ports(0)->mutable_target_port()->set_int_value(
      9091);
  apply({changed});
  EXPECT_EQ(slice_now("pipy-dns-ipv4").ports(0).port(), 9091);
  EXPECT_EQ(uids().begin()->first, "pipy/addr:10.0.0.1:9091");
}

TEST_F(DnsSlicesTest, ANewNameKeepsTheAddressesUntilItIsAnswered) {
  apply({external("pipy", "old.test")});
  resolve("old.test", {"10.0.0.1", "10.0.0.2"});
  const auto before = uids();
  apply({external("pipy", "new.test")});
  EXPECT_EQ(uids(), before);
  const EntryKey pipy{"Service", "server", "pipy"};
  EXPECT_EQ(stored_dns_addresses(publisher_.head(), pipy, "old.test").size(), 2U);
  EXPECT_EQ(stored_dns_addresses(publisher_.head(), pipy, "new.test").size(), 0U);
  resolve("new.test", {"10.0.0.2"});
  EXPECT_EQ(uids().size(), 1U);
  EXPECT_EQ(uids().begin()->second, before.at("pipy/addr:10.0.0.2:8080"));
}

TEST_F(DnsSlicesTest, GoWithTheServiceAndWhenItIsNoneOfDns) {
  apply({external("pipy", "pipy.test")});
  resolve("pipy.test", {"10.0.0.1"}, {"fd00::1"});
  const auto outcome =
      applier_.remove(delete_request({key("Service", "pipy")}), Origin{"", "peer"}, context_);
  ASSERT_TRUE(outcome.status.ok());
  EXPECT_TRUE(uids().empty());
  EXPECT_EQ(publisher_.head().size("EndpointSlice"), 0U);
  apply({external("pipy", "pipy.test")});
  resolve("pipy.test", {"10.0.0.1"});
  apply({service("pipy")});
  EXPECT_EQ(publisher_.head().size("EndpointSlice"), 0U);
}

TEST_F(DnsSlicesTest, UsersNeitherWriteNorDeleteThem) {
  apply({external("pipy", "pipy.test")});
  resolve("pipy.test", {"10.0.0.1"});
  const v1::Resource stored = slice("pipy-dns-ipv4", "pipy", {"10.0.0.9"});
  expect_refused(applier_.apply(apply_request({stored}), Origin{"", "peer"}, context_),
                 "is generated");
  v1::Resource labelled = slice("mine", "pipy", {"10.0.0.9"});
  (*labelled.mutable_endpoint_slice()->mutable_metadata()->mutable_labels())[std::string(
      kManagedByLabel)] = std::string(kManagedByDns);
  expect_refused(applier_.apply(apply_request({labelled}), Origin{"", "peer"}, context_),
                 "leave it out");
  const v1::EntryKey generated = key("EndpointSlice", "pipy-dns-ipv4");
  expect_refused(applier_.remove(delete_request({generated}), Origin{"", "peer"}, context_),
                 "Service pipy");
  v1::ApplyRequest deleting;
  *deleting.add_deletes() = generated;
  expect_refused(applier_.apply(deleting, Origin{"", "peer"}, context_), "is generated");
  v1::ApplyRequest pruning;
  (*pruning.mutable_prune_labels())["kubernetes.io/service-name"] = "pipy";
  const uint64_t before = head();
  EXPECT_EQ(applier_.apply(pruning, Origin{"", "peer"}, context_).state.revision, before);
}

TEST_F(DnsSlicesTest, ASliceOfAUsersWithTheNameIsLeftAlone) {
  apply({external("pipy", "pipy.test"), slice("pipy-dns-ipv4", "other", {"10.0.0.9"})});
  const uint64_t before = head();
  EXPECT_EQ(resolve("pipy.test", {"10.0.0.1"}), before);
  const DnsUpdate update{{"Service", "server", "pipy"}, "pipy.test", {{"10.0.0.1"}, {}}};
  EXPECT_EQ(taken_slice_name(publisher_.head(), update), "pipy-dns-ipv4");
  apply({service("pipy")});
  EXPECT_EQ(slice_now("pipy-dns-ipv4").endpoints_size(), 1);
}

TEST_F(DnsSlicesTest, AreAbsentFromDiffAndFromRollback) {
  const uint64_t without = apply({external("pipy", "pipy.test")});
  const uint64_t with_one = resolve("pipy.test", {"10.0.0.1"});
  resolve("pipy.test", {"10.0.0.1", "10.0.0.2"});
  v1::DiffRequest request;
  request.set_from(without);
  EXPECT_EQ(applier_.diff(request)->changes_size(), 0);
  const auto before = uids();
  for (const uint64_t to : {without, with_one}) {
    v1::RollbackRequest rollback;
    rollback.set_to(to);
    const auto outcome = applier_.rollback(rollback, Origin{"", "peer"}, context_);
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
    EXPECT_TRUE(outcome.results.empty());
    EXPECT_EQ(uids(), before);
  }
  // Before the Service was: they go with it.
  v1::RollbackRequest rollback;
  rollback.set_to(without - 1);
  ASSERT_TRUE(applier_.rollback(rollback, Origin{"", "peer"}, context_).status.ok());
  EXPECT_TRUE(uids().empty());
}

}  // namespace
}  // namespace limpet

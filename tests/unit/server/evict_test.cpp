#include "server/evict.h"

#include <memory>

#include <gtest/gtest.h>

#include "core/base/text.h"
#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "core/routing/compile_cluster.h"
#include "server/applier.h"
#include "storage/sqlite_store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

using Eviction = v1::ServiceState::Eviction;

v1::EvictSessionsRequest evict_request(const std::string& service,
                                       const std::string& endpoint = "") {
  v1::EvictSessionsRequest request;
  request.set_namespace_("server");
  request.set_service(service);
  request.set_endpoint(endpoint);
  return request;
}

Eviction eviction(uint64_t epoch, uint64_t revision, uint64_t uid = 0) {
  Eviction made;
  made.set_epoch(epoch << 24);
  made.set_revision(revision);
  made.set_endpoint_uid(uid);
  return made;
}

v1::ServiceState state_of(const std::vector<Eviction>& evictions) {
  v1::ServiceState state;
  state.mutable_evictions()->Assign(evictions.begin(), evictions.end());
  return state;
}

// "epoch.revision" of each, and of whom.
std::string text_of(const v1::ServiceState& state) {
  std::string text;
  for (const Eviction& one : state.evictions()) {
    text += str_cat(one.endpoint_uid(), "@", one.epoch() >> 24, ".", one.revision(), " ");
  }
  return text;
}

std::string told_endpoints(const std::vector<v1::ObjectResult>& results) {
  v1::EvictSessionsResponse response;
  tell_results(results, response);
  return response.endpoint();
}

// On a real store.
class EvictTest : public ::testing::Test {
 protected:
  EvictTest() {
    const auto made = applier_.apply(
        apply_request({service("pipy"), slice("one", "pipy", {"e1=10.0.0.1", "e2=10.0.0.2"})}),
        Origin{"", "peer"}, context_);
    EXPECT_TRUE(made.status.ok()) << made.status;
  }

  Applier::Outcome evict(const v1::EvictSessionsRequest& request) {
    return applier_.evict(request, Origin{"user:me", "peer"}, context_);
  }
  v1::ServiceState stored() const {
    const EntryPtr entry =
        publisher_.head().find({std::string(kServiceStateKind), "server", "pipy"});
    v1::ServiceState state;
    EXPECT_TRUE(entry != nullptr && state.ParseFromString(entry->bytes));
    return state;
  }
  static uint64_t uid(const std::string& name) {
    return named_endpoint_uid("server", "pipy", name);
  }

  TemporaryDirectory directory_;
  ChangeContext context_ = test_context();
  std::unique_ptr<SqliteStore> store_ =
      SqliteStore::open(directory_ / "limpet.db", Epoch(7U << 24)).value();
  Publisher publisher_{open_state(*store_, context_).value()};
  Applier applier_{*store_, publisher_};
};

TEST_F(EvictTest, NamesTheStateOfItsOwnCommit) {
  const Applier::Outcome outcome = evict(evict_request("pipy"));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.state, publisher_.head().id());
  EXPECT_EQ(text_of(stored()), str_cat("0@7.", outcome.state.revision, " "));
  EXPECT_EQ(told_endpoints(outcome.results), "");
  const RoutingCluster& cluster =
      **publisher_.compiled_head().table->clusters.find("server/pipy:8080");
  ASSERT_NE(cluster.evictions, nullptr);
  EXPECT_TRUE(cluster.evictions->cover(uid("e1"), {7, outcome.state.revision - 1}));
  EXPECT_FALSE(cluster.evictions->cover(uid("e1"), {7, outcome.state.revision}));
}

TEST_F(EvictTest, OfOneEndpointIsNoneOfTheOthers) {
  const Applier::Outcome outcome = evict(evict_request("pipy", "10.0.0.1"));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(told_endpoints(outcome.results), "e1");
  EXPECT_EQ(text_of(stored()), str_cat(uid("e1"), "@7.", outcome.state.revision, " "));
  EXPECT_EQ(stored().evictions(0).endpoint(), "e1");
  ASSERT_TRUE(evict(evict_request("pipy", "e2")).status.ok());
  EXPECT_EQ(stored().evictions_size(), 2);
  const uint64_t again = evict(evict_request("pipy", "e1")).state.revision;
  EXPECT_EQ(stored().evictions_size(), 2) << "one for each endpoint";
  EXPECT_TRUE(contains(text_of(stored()), str_cat(uid("e1"), "@7.", again, " ")));
}

TEST_F(EvictTest, OfTheWholeServiceTakesThePlaceOfThoseOfEndpoints) {
  ASSERT_TRUE(evict(evict_request("pipy", "e1")).status.ok());
  const uint64_t whole = evict(evict_request("pipy")).state.revision;
  EXPECT_EQ(text_of(stored()), str_cat("0@7.", whole, " "));
  ASSERT_TRUE(evict(evict_request("pipy", "e1")).status.ok());
  EXPECT_EQ(stored().evictions_size(), 2) << "later than the whole's";
}

TEST_F(EvictTest, WhoIsNotThereIsNamed) {
  const Applier::Outcome no_service = evict(evict_request("nobody"));
  EXPECT_TRUE(absl::IsNotFound(no_service.status));
  EXPECT_EQ(no_service.status.message(), "not found: Service server/nobody");
  const Applier::Outcome no_endpoint = evict(evict_request("pipy", "e3"));
  EXPECT_TRUE(absl::IsNotFound(no_endpoint.status));
  EXPECT_EQ(no_endpoint.status.message(),
            "Service server/pipy has no endpoint e3; it has e1, e2");
  EXPECT_EQ(evict(evict_request("")).violations.at(0).field, "service");
}

TEST_F(EvictTest, IsAChangeLikeOthers) {
  const StateId before = publisher_.head().id();
  v1::EvictSessionsRequest request = evict_request("pipy", "e1");
  request.mutable_options()->set_validate_only(true);
  EXPECT_EQ(evict(request).state, before);
  EXPECT_EQ(publisher_.head().id(), before);
  request.mutable_options()->set_validate_only(false);
  request.mutable_options()->set_expected_revision(before.revision + 1);
  EXPECT_TRUE(absl::IsAborted(evict(request).status));
  request.mutable_options()->set_expected_revision(0);
  request.mutable_options()->set_request_id("once");
  const Applier::Outcome first = evict(request);
  const Applier::Outcome again = evict(request);
  EXPECT_EQ(first.state, again.state);
  EXPECT_EQ(told_endpoints(again.results), "e1");
  const auto revision = applier_.revisions({}).value().revisions(0);
  EXPECT_EQ(revision.action(), "evict");
  EXPECT_EQ(revision.actor(), "user:me");
  EXPECT_EQ(revision.message(), "sessions of endpoint e1 of server/pipy");
  EXPECT_EQ(revision.changes_size(), 0) << "no object of a user's";
  v1::DiffRequest diff;
  diff.set_from(before.revision);
  EXPECT_EQ(applier_.diff(diff).value().changes_size(), 0);
}

TEST_F(EvictTest, OutlivesItsServiceAndARollback) {
  const uint64_t before = publisher_.head().id().revision;
  ASSERT_TRUE(evict(evict_request("pipy")).status.ok());
  const std::string evicted = text_of(stored());
  v1::EntryKey key;
  key.set_kind("Service");
  key.set_namespace_("server");
  key.set_name("pipy");
  ASSERT_TRUE(applier_.remove(delete_request({key}), {}, context_).status.ok());
  EXPECT_EQ(text_of(stored()), evicted);
  v1::RollbackRequest back;
  back.set_to(before);
  ASSERT_TRUE(applier_.rollback(back, {}, context_).status.ok());
  EXPECT_EQ(text_of(stored()), evicted);
  const RoutingCluster& cluster =
      **publisher_.compiled_head().table->clusters.find("server/pipy:8080");
  EXPECT_NE(cluster.evictions, nullptr);
}

TEST_F(EvictTest, KeepsSoManyEndpointsOneByOne) {
  std::vector<Eviction> many;
  for (int i = 1; i < kMaxEndpointEvictions; ++i) many.push_back(eviction(1, 1, 1000U + i));
  const auto entry = std::make_shared<Entry>(Entry{
      {std::string(kServiceStateKind), "server", "pipy"}, 9, serialize(state_of(many))});
  const Snapshot before = publisher_.head().apply({{entry}, {}}, Epoch(7U << 24), 9);
  const SliceIndex index(before);
  const auto last = plan_evict(before, index, evict_request("pipy", "e1"));
  ASSERT_TRUE(last.ok()) << last.status();
  const Snapshot full = before.apply(delta_of(last->batch), Epoch(7U << 24), 10);
  EXPECT_TRUE(plan_evict(full, index, evict_request("pipy", "e1")).ok()) << "the same again";
  const auto more = plan_evict(full, index, evict_request("pipy", "e2"));
  EXPECT_TRUE(absl::IsFailedPrecondition(more.status()));
  EXPECT_TRUE(contains(std_view(more.status().message()), "as a whole"));
  EXPECT_TRUE(plan_evict(full, index, evict_request("pipy")).ok());
}

TEST(MergeEvictions, KeepsTheLaterOfEach) {
  const v1::ServiceState one = state_of({eviction(5, 9), eviction(5, 10, 11), eviction(6, 1, 12)});
  const v1::ServiceState other = state_of({eviction(5, 10, 12), eviction(6, 2, 13)});
  EXPECT_EQ(text_of(merge_evictions(one, other)), "0@5.9 11@5.10 12@6.1 13@6.2 ");
  EXPECT_EQ(text_of(merge_evictions(other, one)), "0@5.9 11@5.10 12@6.1 13@6.2 ");
  EXPECT_EQ(text_of(merge_evictions(one, state_of({eviction(6, 1)}))), "0@6.1 ")
      << "all of one's are covered";
  EXPECT_EQ(text_of(merge_evictions({}, one)), text_of(one));
}

TEST(DescribeEviction, IsShortEnoughForTheHistory) {
  EXPECT_EQ(describe_eviction(evict_request("pipy")), "sessions of server/pipy");
  const std::string endless(100'000, 'x');
  v1::EvictSessionsRequest request = evict_request(endless, endless);
  request.set_namespace_(endless);
  EXPECT_LT(describe_eviction(request).size(), 1024U);
}

}  // namespace
}  // namespace limpet

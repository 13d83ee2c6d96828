#include "server/endpoint_states.h"

#include <gtest/gtest.h>

#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "limpet/v1/state.pb.h"
#include "server/apply.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

class EndpointStatesTest : public ::testing::Test {
 protected:
  void take(const Plan& planned) {
    ASSERT_TRUE(planned.violations.empty()) << planned.violations.front().message;
    const Delta delta = delta_of(planned.batch);
    index_.apply(state_, delta);
    state_ = state_.apply(delta, Epoch(1), state_.id().revision + 1);
  }

  void apply(const std::vector<v1::Resource>& resources) {
    take(plan_apply(state_, index_, apply_request(resources), context_));
  }

  void remove_slice(const std::string& name) {
    v1::EntryKey key;
    key.set_kind("EndpointSlice");
    key.set_namespace_("server");
    key.set_name(name);
    const std::vector keys{key};
    take(*plan_delete(state_, index_, delete_request(keys), context_));
  }

  // 0: there is none.
  uint64_t uid(const std::string& name) {
    const EntryPtr entry = state_.find({std::string(kEndpointStateKind), "server", name});
    v1::EndpointState state;
    if (entry != nullptr) state.ParseFromString(entry->bytes);
    return state.uid();
  }

  size_t count() {
    size_t count = 0;
    state_.for_each(kEndpointStateKind, [&](const EntryPtr&) { ++count; });
    return count;
  }

  Snapshot state_;
  SliceIndex index_;
  ChangeContext context_ = test_context();
};

TEST_F(EndpointStatesTest, FollowTheListingInItsOwnRevision) {
  apply({slice("one", "pipy", {"10.0.0.1", "10.0.0.2"})});
  EXPECT_EQ(count(), 2U);
  EXPECT_EQ(state_.id().revision, 1U);
  const uint64_t second = uid("pipy/addr:10.0.0.2:8080");
  EXPECT_NE(second, 0U);
  EXPECT_NE(second, uid("pipy/addr:10.0.0.1:8080"));

  apply({slice("one", "pipy", {"10.0.0.2", "10.0.0.3"})});
  EXPECT_EQ(count(), 2U);
  EXPECT_EQ(state_.id().revision, 2U);
  EXPECT_EQ(uid("pipy/addr:10.0.0.1:8080"), 0U);
  EXPECT_EQ(uid("pipy/addr:10.0.0.2:8080"), second) << "it stayed listed";
}

TEST_F(EndpointStatesTest, OutliveAMoveBetweenSlicesInOneChange) {
  apply({slice("one", "pipy", {"10.0.0.1", "10.0.0.2"})});
  const uint64_t before = uid("pipy/addr:10.0.0.1:8080");
  apply({slice("one", "pipy", {"10.0.0.2"}), slice("two", "pipy", {"10.0.0.1"})});
  EXPECT_EQ(uid("pipy/addr:10.0.0.1:8080"), before);
  remove_slice("one");
  EXPECT_EQ(count(), 1U);
  EXPECT_EQ(uid("pipy/addr:10.0.0.1:8080"), before);
}

TEST_F(EndpointStatesTest, AnAddressInTwoSlicesGoesWithTheLast) {
  apply({slice("one", "pipy", {"10.0.0.1"}), slice("two", "pipy", {"10.0.0.1"})});
  EXPECT_EQ(count(), 1U);
  const uint64_t before = uid("pipy/addr:10.0.0.1:8080");
  remove_slice("one");
  EXPECT_EQ(uid("pipy/addr:10.0.0.1:8080"), before);
  remove_slice("two");
  EXPECT_EQ(count(), 0U);
}

TEST_F(EndpointStatesTest, AnUnnamedEndpointThatComesBackIsAnother) {
  apply({slice("one", "pipy", {"10.0.0.1"})});
  const uint64_t before = uid("pipy/addr:10.0.0.1:8080");
  remove_slice("one");
  EXPECT_EQ(count(), 0U);
  apply({slice("one", "pipy", {"10.0.0.1"})});
  EXPECT_NE(uid("pipy/addr:10.0.0.1:8080"), 0U);
  EXPECT_NE(uid("pipy/addr:10.0.0.1:8080"), before);
}

TEST_F(EndpointStatesTest, ANamedEndpointIsAlwaysTheSame) {
  apply({slice("one", "pipy", {"pipy-0=10.0.0.1"})});
  const uint64_t before = uid("pipy/name:pipy-0");
  EXPECT_EQ(before, named_endpoint_uid("server", "pipy", "pipy-0"));
  remove_slice("one");
  EXPECT_EQ(uid("pipy/name:pipy-0"), 0U);
  apply({slice("other", "pipy", {"pipy-0=10.9.9.9"})});
  EXPECT_EQ(uid("pipy/name:pipy-0"), before);
}

TEST_F(EndpointStatesTest, ASliceThatChangesItsServiceTakesItsEndpointsAlong) {
  apply({slice("one", "pipy", {"10.0.0.1"})});
  const uint64_t before = uid("pipy/addr:10.0.0.1:8080");
  apply({slice("one", "other", {"10.0.0.1"})});
  EXPECT_EQ(uid("pipy/addr:10.0.0.1:8080"), 0U);
  EXPECT_NE(uid("other/addr:10.0.0.1:8080"), 0U);
  EXPECT_NE(uid("other/addr:10.0.0.1:8080"), before);
}

TEST_F(EndpointStatesTest, HaveOneEntryPerPortOfAnUnnamedEndpoint) {
  v1::Resource two_ports = slice("one", "pipy", {"10.0.0.1", "pipy-0=10.0.0.2"});
  v1::EndpointPort& port = *two_ports.mutable_endpoint_slice()->add_ports();
  port.set_name("admin");
  port.set_port(9090);
  apply({two_ports});
  EXPECT_EQ(count(), 3U);
  EXPECT_NE(uid("pipy/addr:10.0.0.1:9090"), 0U);
}

TEST_F(EndpointStatesTest, AChangeOfConditionsTouchesNone) {
  apply({slice("one", "pipy", {"10.0.0.1"})});
  v1::Resource draining = slice("one", "pipy", {"10.0.0.1"});
  draining.mutable_endpoint_slice()->mutable_endpoints(0)->mutable_conditions()->set_ready(false);
  const Plan planned = plan_apply(state_, index_, apply_request({draining}), context_);
  EXPECT_EQ(planned.batch.upserts.size(), 1U);
  EXPECT_TRUE(planned.batch.removed.empty());
}

TEST(SliceIndexTest, IsTheSameWhetherBuiltOrFollowed) {
  const ChangeContext context = test_context();
  Snapshot state;
  SliceIndex followed;
  const std::vector resources{slice("one", "pipy", {"10.0.0.1"}),
                              slice("two", "pipy", {"10.0.0.2"}), slice("x", "other", {})};
  const Plan planned = plan_apply(state, followed, apply_request(resources), context);
  const Delta delta = delta_of(planned.batch);
  followed.apply(state, delta);
  state = state.apply(delta, Epoch(1), 1);
  const SliceIndex built(state);
  for (const char* name : {"pipy", "other", "none"}) {
    EXPECT_EQ(followed.slices_of({"server", name}), built.slices_of({"server", name}));
  }
  EXPECT_EQ(built.slices_of({"server", "pipy"}).size(), 2U);
}

}  // namespace
}  // namespace limpet

#include "server/drain.h"

#include <gtest/gtest.h>

#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

using Names = std::vector<std::string>;

class DrainTest : public ::testing::Test {
 protected:
  DrainTest() {
    apply({service("pipy"), slice("one", "pipy", {"pipy-0=10.0.0.1", "10.0.0.2"})});
  }

  void take(const Plan& plan) {
    ASSERT_TRUE(plan.violations.empty()) << plan.violations.front().message;
    const Delta delta = delta_of(plan.batch);
    index_.apply(state_, delta);
    past_.push_back(state_);
    state_ = state_.apply(delta, Epoch(1), state_.id().revision + 1);
  }
  void apply(const std::vector<v1::Resource>& resources) {
    take(plan_apply(state_, index_, apply_request(resources), context_));
  }

  v1::DrainRequest request(const Names& endpoints, int64_t deadline_unix_ms = 0) {
    v1::DrainRequest request;
    request.set_namespace_("server");
    request.set_service("pipy");
    request.mutable_endpoints()->Assign(endpoints.begin(), endpoints.end());
    request.set_deadline_unix_ms(deadline_unix_ms);
    return request;
  }
  absl::StatusOr<Plan> plan(const v1::DrainRequest& request) {
    return plan_drain(state_, index_, request, context_);
  }
  void drain(const Names& endpoints, int64_t deadline_unix_ms = 0) {
    take(plan(request(endpoints, deadline_unix_ms)).value());
  }
  std::string violation_of(const v1::DrainRequest& request) {
    const absl::StatusOr<Plan> planned = plan(request);
    if (!planned.ok() || planned->violations.size() != 1) return "";
    EXPECT_TRUE(planned->batch.empty());
    return planned->violations[0].field;
  }

  v1::EndpointState stored(const std::string& name) {
    const EntryPtr entry = state_.find({std::string(kEndpointStateKind), "server", name});
    v1::EndpointState state;
    if (entry != nullptr) state.ParseFromString(entry->bytes);
    return state;
  }
  v1::EndpointDrain pipy0() { return stored("pipy/name:pipy-0").drain(); }

  Snapshot state_;
  std::vector<Snapshot> past_;
  SliceIndex index_;
  ChangeContext context_ = test_context();
  const int64_t now_ = context_.now_unix_ms;
};

TEST_F(DrainTest, TakesANameOrAnAddressWithOrWithoutItsPort) {
  const uint64_t uid = stored("pipy/name:pipy-0").uid();
  drain({"pipy-0", "10.0.0.2"}, now_ + 1000);
  EXPECT_EQ(pipy0().since_unix_ms(), now_);
  EXPECT_EQ(pipy0().deadline_unix_ms(), now_ + 1000);
  EXPECT_FALSE(pipy0().over());
  EXPECT_EQ(stored("pipy/name:pipy-0").uid(), uid) << "sessions know it by that";
  EXPECT_TRUE(stored("pipy/addr:10.0.0.2:8080").has_drain());

  const Plan again = plan(request({"10.0.0.2:8080", "10.0.0.1", "pipy-0"}, now_ + 1000)).value();
  EXPECT_TRUE(again.batch.empty()) << "each of them is as asked for";
  ASSERT_EQ(again.results.size(), 2U) << "pipy-0 was named twice";
  EXPECT_EQ(again.results[0].outcome(), v1::ObjectResult::UNCHANGED);
}

TEST_F(DrainTest, OneAddressMayBeSeveralEndpoints) {
  v1::Resource two_ports = slice("one", "pipy", {"10.0.0.2"});
  v1::EndpointPort& port = *two_ports.mutable_endpoint_slice()->add_ports();
  port.set_name("admin");
  port.set_port(9090);
  apply({two_ports});
  const Plan both = plan(request({"10.0.0.2"})).value();
  v1::DrainResponse response;
  tell_results(both.results, response);
  EXPECT_EQ(Names(response.endpoints().begin(), response.endpoints().end()),
            (Names{"10.0.0.2:8080", "10.0.0.2:9090"}));
  EXPECT_EQ(plan(request({"10.0.0.2:9090"}))->batch.upserts.size(), 1U);
}

TEST_F(DrainTest, AnotherDeadlineKeepsTheBeginningAndBeginsNoneThatIsOver) {
  drain({"pipy-0"}, now_ + 1000);
  const std::vector states{EntryKey{std::string(kEndpointStateKind), "server",
                                    "pipy/name:pipy-0"}};
  EXPECT_TRUE(plan_drains_over(state_, states, now_ + 999).batch.empty());
  take(plan_drains_over(state_, states, now_ + 1000));
  EXPECT_TRUE(pipy0().over());
  EXPECT_TRUE(plan_drains_over(state_, states, now_ + 1001).batch.empty()) << "it is already";

  context_.now_unix_ms += 5000;
  drain({"pipy-0"}, now_ + 9000);
  EXPECT_EQ(pipy0().since_unix_ms(), now_);
  EXPECT_EQ(pipy0().deadline_unix_ms(), now_ + 9000);
  EXPECT_FALSE(pipy0().over());
  drain({"pipy-0"});
  EXPECT_EQ(pipy0().deadline_unix_ms(), 0);
  EXPECT_TRUE(plan_drains_over(state_, states, now_ + 99'000).batch.empty()) << "it has none";
}

TEST_F(DrainTest, UndoEndsIt) {
  drain({"pipy-0"});
  v1::DrainRequest undo = request({"pipy-0", "10.0.0.2"});
  undo.set_undo(true);
  const Plan planned = plan(undo).value();
  v1::DrainResponse response;
  tell_results(planned.results, response);
  EXPECT_EQ(response.endpoints(0), "pipy-0");
  EXPECT_EQ(response.unchanged(0), "10.0.0.2:8080");
  take(planned);
  EXPECT_FALSE(stored("pipy/name:pipy-0").has_drain());
  EXPECT_EQ(stored("pipy/name:pipy-0").uid(), named_endpoint_uid("server", "pipy", "pipy-0"));
}

TEST_F(DrainTest, RefusesWhatCannotBeMeant) {
  EXPECT_EQ(violation_of(request({})), "endpoints");
  EXPECT_EQ(violation_of(request({"pipy-0"}, now_ - 1)), "deadline_unix_ms");
  EXPECT_EQ(violation_of(request({"pipy-0"}, -1)), "deadline_unix_ms");
  v1::DrainRequest undo = request({"pipy-0"}, now_ + 1);
  undo.set_undo(true);
  EXPECT_EQ(violation_of(undo), "deadline_unix_ms");
  v1::DrainRequest nobody = request({"pipy-0"});
  nobody.clear_service();
  EXPECT_EQ(violation_of(nobody), "service");
}

TEST_F(DrainTest, WhatIsNotThereIsNamedAndNothingIsDone) {
  const absl::Status endpoint = plan(request({"pipy-0", "pipy-7"})).status();
  EXPECT_TRUE(absl::IsNotFound(endpoint));
  EXPECT_EQ(endpoint.message(),
            "Service server/pipy has no endpoint pipy-7; it has 10.0.0.2:8080, pipy-0");
  v1::DrainRequest elsewhere = request({"pipy-0"});
  elsewhere.set_namespace_("");
  const absl::Status service = plan(elsewhere).status();
  EXPECT_TRUE(absl::IsNotFound(service));
  EXPECT_EQ(service.message(), "not found: Service default/pipy");
}

TEST_F(DrainTest, LivesAsLongAsTheEndpointIsListed) {
  drain({"pipy-0", "10.0.0.2"});
  v1::Resource again = slice("one", "pipy", {"pipy-0=10.0.0.9", "10.0.0.2", "10.0.0.3"});
  apply({again});
  EXPECT_TRUE(stored("pipy/name:pipy-0").has_drain()) << "at another address";
  EXPECT_TRUE(stored("pipy/addr:10.0.0.2:8080").has_drain());
  EXPECT_FALSE(stored("pipy/addr:10.0.0.3:8080").has_drain());
  apply({slice("one", "pipy", {})});
  apply({again});
  EXPECT_FALSE(stored("pipy/name:pipy-0").has_drain()) << "it left, and came back";
  EXPECT_FALSE(stored("pipy/addr:10.0.0.2:8080").has_drain());
}

TEST_F(DrainTest, IsKeptByARollback) {
  apply({slice("two", "pipy", {"pipy-1=10.0.0.5"})});
  const Snapshot target = past_.back();
  drain({"pipy-0"});
  take(plan_rollback(state_, index_, target, context_));
  EXPECT_TRUE(stored("pipy/name:pipy-0").has_drain()) << "of after the state gone back to";

  v1::DrainRequest undo = request({"pipy-0"});
  undo.set_undo(true);
  const Snapshot drained = state_;
  take(plan(undo).value());
  apply({slice("two", "pipy", {"pipy-1=10.0.0.5"})});
  take(plan_rollback(state_, index_, drained, context_));
  EXPECT_FALSE(stored("pipy/name:pipy-0").has_drain()) << "of then, and ended since";
}

TEST_F(DrainTest, IsDescribedForTheHistory) {
  EXPECT_EQ(describe_drain(request({"a"})), "endpoint a of server/pipy");
  EXPECT_EQ(describe_drain(request({"a", "b", "c", "d", "e", "f", "g"})),
            "endpoints a, b, c, d, e and 2 more of server/pipy");
  const std::vector states{EntryKey{"", "server", "pipy/name:a"},
                           EntryKey{"", "server", "pipy/addr:10.0.0.2:8080"}};
  EXPECT_EQ(describe_drains_over(states), "server/pipy a, server/pipy 10.0.0.2:8080");
}

}  // namespace
}  // namespace limpet

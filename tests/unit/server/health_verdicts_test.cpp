#include "server/health_verdicts.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "tests/unit/server/health_world.h"

namespace limpet {
namespace {

using Is = HealthVerdict::Is;
using testing::HealthWorld;

class HealthVerdictsTest : public ::testing::Test, protected HealthWorld {
 protected:
  std::vector<HealthVerdict> judge_now() {
    const Publisher::Compiled head = publisher.compiled_head();
    down_.follow(head.state);
    return registry.look_at_findings(
        [&](const HealthFindings& findings) { return judge(findings, down_, *head.table); });
  }
  // Judges, and has the state follow.
  Applier::Outcome settle() { return applier.take_verdicts(judge_now(), context); }
  std::string message() {
    return applier.revisions(v1::ListRevisionsRequest())->revisions(0).message();
  }

  DownEndpoints down_;
};

TEST_F(HealthVerdictsTest, MoreThanHalfOfTheNodesThatTriedItDecide) {
  find("n1", "e1", kDown, "status 503");
  find("n2", "e1", kUp);
  EXPECT_TRUE(judge_now().empty()) << "a tie";
  find("n3", "e1", kDown, "status 503");
  connect("n4");
  const std::vector<HealthVerdict> changes = judge_now();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0], (HealthVerdict{endpoint("e1"), Is::kDown, {1, 2}, "status 503"}));

  const uint64_t before = revision();
  EXPECT_EQ(settle().state.revision, before + 1);
  ASSERT_EQ(state().down_size(), 1);
  EXPECT_EQ(state().down(0).port(), 8080);
  EXPECT_EQ(state().down(0).since_unix_ms(), context.now_unix_ms);
  EXPECT_EQ(state().down(0).problem(), "status 503");
  EXPECT_EQ(state().uid(), endpoint("e1").uid);
  const auto revisions = applier.revisions(v1::ListRevisionsRequest());
  EXPECT_EQ(revisions->revisions(0).actor(), "health");
  EXPECT_EQ(revisions->revisions(0).action(), "verdict");
  EXPECT_EQ(message(), "server/pipy:8080 e1 is down: status 503 (2 of 3 nodes)");
  EXPECT_TRUE(publisher.compiled_head()
                  .table->clusters.find("server/pipy:8080")
                  ->get()
                  ->cluster.find(endpoint("e1").uid)
                  ->down);
  EXPECT_TRUE(judge_now().empty());

  find("n1", "e1", kUp);
  find("n4", "e1", kDown);
  EXPECT_TRUE(judge_now().empty()) << "a tie changes nothing";
  find("n4", "e1", kUp);
  settle();
  EXPECT_FALSE(is_down("e1"));
  EXPECT_EQ(message(), "server/pipy:8080 e1 is up (3 of 4 nodes)");
}

TEST_F(HealthVerdictsTest, AVerdictStaysWhileNobodySaysOtherwise) {
  find("n1", "e1", kDown);
  settle();
  EXPECT_EQ(message(), "server/pipy:8080 e1 is down (1 of 1 node)");
  registry.disconnected(tickets["n1"], context.now_unix_ms);
  EXPECT_TRUE(judge_now().empty());
  EXPECT_TRUE(is_down("e1"));
}

TEST_F(HealthVerdictsTest, OneRevisionForAllThatChanges) {
  find("n1", "e2", kDown);
  settle();
  find("n1", "e1", kDown, "timed out");
  find("n1", "e2", kUp);
  const uint64_t before = revision();
  EXPECT_EQ(settle().state.revision, before + 1);
  EXPECT_TRUE(is_down("e1"));
  EXPECT_FALSE(is_down("e2"));
  EXPECT_EQ(message(),
            "server/pipy:8080 e1 is down: timed out (1 of 1 node); "
            "server/pipy:8080 e2 is up (1 of 1 node)");
}

TEST_F(HealthVerdictsTest, OfManyTheHistoryNamesAFew) {
  std::vector<std::string> endpoints;
  for (int i = 10; i < 18; ++i) endpoints.push_back(str_cat("m", i, "=10.0.1.", i));
  apply({slice("many", "pipy", endpoints)});
  for (int i = 10; i < 18; ++i) find("n1", str_cat("m", i), kDown);
  settle();
  EXPECT_TRUE(is_down("m17"));
  EXPECT_TRUE(message().ends_with(" (1 of 1 node); and 3 more")) << message();
}

TEST_F(HealthVerdictsTest, WhatIsNotInTheStateIsNotJudged) {
  find("n1", "nobody", kDown);
  TriedEndpoint other_port = endpoint("e1");
  other_port.port = 9090;
  registry.found(tickets["n1"], report(other_port, kDown), context.now_unix_ms);
  apply({service("untried"), slice("two", "untried", {"e1=10.0.0.9"})});
  const TriedEndpoint untried{"server", "untried", 8080,
                              named_endpoint_uid("server", "untried", "e1")};
  registry.found(tickets["n1"], report(untried, kDown), context.now_unix_ms);
  EXPECT_TRUE(judge_now().empty());
}

TEST_F(HealthVerdictsTest, APlanLooksAtTheStateOfItsTurn) {
  find("n1", "e1", kDown);
  find("n1", "e2", kDown);
  const std::vector<HealthVerdict> judged = judge_now();
  ASSERT_EQ(judged.size(), 2U);
  apply({slice("one", "pipy", {"e1=10.0.0.1"})});
  ASSERT_TRUE(applier.take_verdicts(judged, context).status.ok());
  EXPECT_TRUE(is_down("e1"));
  const uint64_t before = revision();
  EXPECT_EQ(applier.take_verdicts(judged, context).state.revision, before) << "they say so already";

  remove("HealthCheckPolicy", "pipy");
  apply({slice("one", "pipy", {"e1=10.0.0.1", "e2=10.0.0.2"})});
  EXPECT_EQ(applier.take_verdicts(judged, context).state.revision, before + 2)
      << "nobody tries them now";
  EXPECT_FALSE(is_down("e2"));
}

TEST_F(HealthVerdictsTest, NoVerdictOutlivesItsPolicy) {
  find("n1", "e1", kDown);
  settle();
  remove("HealthCheckPolicy", "pipy");
  const std::vector<HealthVerdict> changes = judge_now();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].is, Is::kUntried);
  settle();
  EXPECT_FALSE(is_down("e1"));
  EXPECT_EQ(message(), "server/pipy:8080 e1 is not tried any more");
  EXPECT_TRUE(judge_now().empty());

  apply({testing::health_policy("pipy")});
  settle();
  EXPECT_TRUE(is_down("e1")) << "the node still says so";
  apply({slice("one", "pipy", {"10.0.0.3"})});
  EXPECT_TRUE(judge_now().empty()) << "it went with its endpoint";
  apply({slice("one", "pipy", {"e1=10.0.0.1"})});
  EXPECT_FALSE(is_down("e1")) << "who comes back begins anew";
}

TEST_F(HealthVerdictsTest, APortIsJudgedByItself) {
  v1::Resource two_ports = service("pipy");
  v1::ServicePort& http = *two_ports.mutable_service()->mutable_spec()->mutable_ports(0);
  http.set_name("http");
  v1::ServicePort& admin = *two_ports.mutable_service()->mutable_spec()->add_ports();
  admin.set_name("admin");
  admin.set_port(7070);
  v1::Resource listed = slice("one", "pipy", {"e1=10.0.0.1"});
  listed.mutable_endpoint_slice()->mutable_ports(0)->set_name("http");
  v1::EndpointPort& second = *listed.mutable_endpoint_slice()->add_ports();
  second.set_name("admin");
  second.set_port(7070);
  second.set_protocol("TCP");
  v1::Resource policy = testing::health_policy("pipy");
  policy.mutable_health_check_policy()->mutable_spec()->add_ports()->set_port(7070);
  apply({two_ports, listed, policy});
  find("n1", "e1", kDown);
  settle();
  TriedEndpoint on_admin = endpoint("e1");
  on_admin.port = 7070;
  registry.found(tickets["n1"], report(on_admin, kDown), context.now_unix_ms);
  settle();
  ASSERT_EQ(state().down_size(), 2);
  EXPECT_EQ(state().down(0).port(), 7070) << "ordered by port";
  EXPECT_EQ(state().down(1).port(), 8080);
  find("n1", "e1", kUp);
  settle();
  ASSERT_EQ(state().down_size(), 1);
  EXPECT_EQ(state().down(0).port(), 7070);
}

TEST_F(HealthVerdictsTest, AnUnnamedEndpointHasOneToo) {
  const TriedEndpoint unnamed{"server", "pipy", 8080, state("addr:10.0.0.3:8080").uid()};
  connect("n1");
  registry.found(tickets["n1"], report(unnamed, kDown, "refused"), context.now_unix_ms);
  settle();
  EXPECT_EQ(state("addr:10.0.0.3:8080").down_size(), 1);
  EXPECT_EQ(message(), "server/pipy:8080 10.0.0.3:8080 is down: refused (1 of 1 node)");
}

TEST_F(HealthVerdictsTest, DrainsRollbacksAndDifferencesLeaveItAlone) {
  const uint64_t first = revision();
  apply({service("other")});
  find("n1", "e1", kDown);
  settle();
  v1::DrainRequest drain;
  drain.set_namespace_("server");
  drain.set_service("pipy");
  drain.add_endpoints("e1");
  drain.set_deadline_unix_ms(context.now_unix_ms + 1);
  ASSERT_TRUE(applier.drain(drain, Origin{"", "peer"}, context).status.ok());
  EXPECT_TRUE(is_down("e1"));
  context.now_unix_ms += 5;
  const EntryKey key{std::string(kEndpointStateKind), "server", "pipy/name:e1"};
  ASSERT_TRUE(applier.end_drains({key}, context).status.ok());
  EXPECT_TRUE(state().drain().over());
  EXPECT_TRUE(is_down("e1"));

  v1::RollbackRequest rollback;
  rollback.set_to(first);
  ASSERT_TRUE(applier.rollback(rollback, Origin{"", "peer"}, context).status.ok());
  EXPECT_TRUE(is_down("e1")) << "it is state";
  v1::DiffRequest request;
  request.set_from(first);
  EXPECT_TRUE(applier.diff(request)->changes().empty());

  find("n1", "e1", kUp);
  settle();
  EXPECT_FALSE(is_down("e1"));
  EXPECT_TRUE(state().drain().over()) << "a verdict ends no drain";
}

TEST_F(HealthVerdictsTest, DownEndpointsFollowTheStateOfAnyDatabase) {
  find("n1", "e1", kDown);
  settle();
  const Snapshot with = publisher.head();
  DownEndpoints down;
  down.follow(with);
  EXPECT_EQ(down.all(), (std::set{endpoint("e1")}));
  down.follow(with.apply(Delta(), Epoch(8U << 24), 1));
  EXPECT_EQ(down.all(), (std::set{endpoint("e1")}));
  down.follow(Snapshot());
  EXPECT_TRUE(down.all().empty());
}

}  // namespace
}  // namespace limpet

#include "server/health_findings.h"

#include <string>

#include <gtest/gtest.h>

namespace limpet {
namespace {

constexpr auto kUp = v1::HealthReport::UP;
constexpr auto kDown = v1::HealthReport::DOWN;
constexpr auto kUnknown = v1::HealthReport::UNKNOWN;

const TriedEndpoint kEndpoint{"shop", "web", 80, 7};

v1::HealthReport report(v1::HealthReport::Health health, const std::string& problem = "",
                        const TriedEndpoint& endpoint = kEndpoint) {
  v1::HealthReport report;
  v1::HealthReport::Finding& finding = *report.add_findings();
  finding.set_namespace_(endpoint.ns);
  finding.set_service(endpoint.service);
  finding.set_port(endpoint.port);
  finding.set_endpoint_uid(endpoint.uid);
  finding.set_health(health);
  finding.set_problem(problem);
  return report;
}

class HealthFindingsTest : public ::testing::Test {
 protected:
  bool take(const std::string& node, v1::HealthReport::Health health,
            const std::string& problem = "") {
    return findings_.take(node, report(health, problem)).news;
  }
  Votes votes() const { return findings_.votes_of(kEndpoint); }

  HealthFindings findings_;
};

TEST(Votes, MoreThanHalfDecideAndATieDoesNot) {
  EXPECT_TRUE((Votes{1, 2}.are_for_down()));
  EXPECT_TRUE((Votes{2, 1}.are_for_up()));
  for (const Votes& votes : {Votes{}, Votes{2, 2}}) {
    EXPECT_FALSE(votes.are_for_down());
    EXPECT_FALSE(votes.are_for_up());
  }
}

TEST_F(HealthFindingsTest, OldOnesCountUntilTheyAreToldAnewOrDropped) {
  take("a", kDown);
  take("b", kUp);
  EXPECT_FALSE(findings_.grow_old("a"));
  EXPECT_FALSE(findings_.grow_old("b"));
  EXPECT_EQ(votes(), (Votes{1, 1}));
  EXPECT_FALSE(take("a", kDown)) << "the same vote";
  EXPECT_FALSE(findings_.drop_old("a")) << "it has told anew";
  EXPECT_TRUE(findings_.drop_old("b"));
  EXPECT_EQ(votes(), (Votes{0, 1}));
  EXPECT_FALSE(findings_.drop_old("c"));
  findings_.set_silent("a", true);
  findings_.grow_old("a");
  findings_.set_silent("a", false);
  EXPECT_EQ(votes(), Votes{}) << "nothing of a silent node counts any more";
}

TEST_F(HealthFindingsTest, CountsWhatEachNodeSaysLast) {
  EXPECT_TRUE(take("a", kUp));
  EXPECT_TRUE(take("b", kDown));
  EXPECT_FALSE(take("b", kDown, "status 503")) << "no other vote";
  EXPECT_EQ(votes(), (Votes{1, 1}));
  EXPECT_TRUE(take("a", kDown));
  EXPECT_EQ(votes(), (Votes{0, 2}));
  EXPECT_TRUE(take("b", kUnknown)) << "it is tried no more";
  EXPECT_FALSE(take("b", kUnknown));
  EXPECT_EQ(votes(), (Votes{0, 1}));
  EXPECT_EQ(findings_.found_down(), (std::vector{kEndpoint}));
  EXPECT_TRUE(take("a", kUp));
  EXPECT_TRUE(findings_.found_down().empty());
}

TEST_F(HealthFindingsTest, EndpointsAndPortsAreApart) {
  TriedEndpoint port = kEndpoint;
  port.port = 81;
  TriedEndpoint other = kEndpoint;
  other.uid = 8;
  findings_.take("a", report(kDown, "", other));
  findings_.take("a", report(kDown, "", port));
  EXPECT_EQ(votes(), Votes());
  EXPECT_EQ(findings_.found_down(), (std::vector{other, port}));
}

TEST_F(HealthFindingsTest, ANodeThatGoesTakesItsFindingsAlong) {
  take("a", kDown);
  take("b", kDown);
  EXPECT_TRUE(findings_.forget("a"));
  EXPECT_FALSE(findings_.forget("a"));
  EXPECT_FALSE(findings_.forget("c"));
  EXPECT_EQ(votes(), (Votes{0, 1}));
  EXPECT_TRUE(findings_.forget("b"));
  EXPECT_EQ(votes(), Votes());
  EXPECT_TRUE(take("a", kUp));
  EXPECT_EQ(votes(), (Votes{1, 0}));
}

TEST_F(HealthFindingsTest, ASilentNodeCountsAgainOnceItIsHeard) {
  take("a", kDown, "status 503");
  take("b", kUp);
  EXPECT_TRUE(findings_.set_silent("a", true));
  EXPECT_FALSE(findings_.set_silent("a", true));
  EXPECT_EQ(votes(), (Votes{1, 0}));
  EXPECT_EQ(findings_.problem_of(kEndpoint), "");
  ASSERT_EQ(findings_.opinions_of(kEndpoint).size(), 1U);
  EXPECT_FALSE(take("a", kUp)) << "nobody listens";
  EXPECT_EQ(votes(), (Votes{1, 0}));
  EXPECT_TRUE(findings_.set_silent("a", false));
  EXPECT_EQ(votes(), (Votes{2, 0}));

  findings_.set_silent("a", true);
  EXPECT_FALSE(findings_.forget("a")) << "it did not count";
  EXPECT_EQ(votes(), (Votes{1, 0}));
  EXPECT_FALSE(findings_.set_silent("a", false));
}

TEST_F(HealthFindingsTest, TellsTheProblemThatMostNodesTell) {
  take("a", kDown, "timed out");
  take("b", kDown, "status 503");
  EXPECT_EQ(findings_.problem_of(kEndpoint), "status 503") << "the first by the alphabet";
  take("c", kDown, "timed out");
  take("d", kUp, "never mind");
  take("e", kDown);
  take("f", kDown);
  take("g", kDown);
  EXPECT_EQ(findings_.problem_of(kEndpoint), "timed out");
  EXPECT_EQ(findings_.problem_of({"shop", "web", 80, 8}), "");

  const auto opinions = findings_.opinions_of(kEndpoint);
  ASSERT_EQ(opinions.size(), 7U);
  EXPECT_EQ(opinions[1].node_id(), "b");
  EXPECT_EQ(opinions[1].health(), kDown);
  EXPECT_EQ(opinions[1].problem(), "status 503");
  EXPECT_EQ(opinions[3].health(), kUp);
  EXPECT_EQ(opinions[3].problem(), "");
}

TEST_F(HealthFindingsTest, AProblemIsOneLineAndNotTooLong) {
  take("a", kDown, "not\nfound\x7F");
  EXPECT_EQ(findings_.problem_of(kEndpoint), "not found ");
  const std::string full(HealthFindings::kMaxProblemBytes - 1, 'x');
  take("a", kDown, full + "y");
  EXPECT_EQ(findings_.problem_of(kEndpoint), full + "y");
  take("a", kDown, full + "\xC3\xA9");  // of two bytes, of which one has room
  EXPECT_EQ(findings_.problem_of(kEndpoint), full);
}

TEST_F(HealthFindingsTest, KeepsNoMoreOfANodeThanThereIsRoomFor) {
  v1::HealthReport all;
  for (uint64_t uid = 1; uid <= HealthFindings::kMaxOfNode; ++uid) {
    *all.add_findings() = report(kUp, "", {"shop", "web", 80, uid}).findings(0);
  }
  EXPECT_TRUE(findings_.take("a", all).all);
  const TriedEndpoint beyond{"shop", "web", 80, HealthFindings::kMaxOfNode + 1};
  EXPECT_FALSE(findings_.take("a", report(kDown, "", beyond)).all);
  EXPECT_EQ(findings_.votes_of(beyond), Votes());
  EXPECT_TRUE(findings_.take("a", report(kDown)).all) << "of one that is known";
  EXPECT_TRUE(findings_.take("a", report(kUnknown)).all);
  EXPECT_TRUE(findings_.take("a", report(kDown, "", beyond)).all);
  EXPECT_TRUE(findings_.take("b", report(kDown, "", beyond)).all) << "another node";
  EXPECT_EQ(findings_.votes_of(beyond), (Votes{0, 2}));
}

TEST_F(HealthFindingsTest, WhatNoStateCanHaveIsNotKept) {
  const std::string long_name(254, 'n');
  for (const TriedEndpoint& endpoint :
       {TriedEndpoint{"shop", "web", 0, 7}, TriedEndpoint{"shop", "web", 65'536, 7},
        TriedEndpoint{"shop", "web", 80, 0}, TriedEndpoint{long_name, "web", 80, 7},
        TriedEndpoint{"shop", long_name, 80, 7}}) {
    EXPECT_FALSE(findings_.take("a", report(kDown, "", endpoint)).news);
  }
  EXPECT_TRUE(findings_.found_down().empty());
}

}  // namespace
}  // namespace limpet

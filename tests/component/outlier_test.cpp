// Endpoints that answer with errors, or not at all, as outlierEjection deals with them.
#include "tests/component/balance_fixture.h"

namespace limpet::testing {
namespace {

using Answer = FakeUpstream::Answer;

class OutlierTest : public BalanceTest {
 protected:
  SnapshotBuilder with_ejection(const std::string& config = "consecutive_errors: 3") const {
    SnapshotBuilder made = builder();
    add_policy<v1::CircuitBreakingPolicy>(made, "outlier_ejection { " + config + " }");
    return made;
  }
};

TEST_F(OutlierTest, WhoAnswersWithErrorsIsPassedOver) {
  serve(with_ejection().build());
  status_of_one_ = 500;
  int errors = 0;
  for (int i = 0; i < 20; ++i) errors += get().ok() ? 0 : 1;
  EXPECT_EQ(errors, 3) << "and no more";
  EXPECT_EQ(one_.requests().size(), 3U);
}

TEST_F(OutlierTest, OneGoodAnswerBetweenThemIsEnough) {
  serve(with_ejection().build());
  for (int i = 0; i < 20; ++i) {
    status_of_one_ = i % 3 == 2 ? 404 : 503;
    shares(2);  // one each
  }
  EXPECT_EQ(one_.requests().size(), 20U);
}

TEST_F(OutlierTest, NotTheClientsErrors) {
  serve(with_ejection().build());
  status_of_one_ = 404;
  shares(20);
  EXPECT_EQ(one_.requests().size(), 10U);
}

TEST_F(OutlierTest, TheOnlyOneIsNeverEjected) {
  SnapshotBuilder made = web_snapshot(kPort, {}, 1);
  add_endpoint(made, "one", one_.port());
  add_policy<v1::CircuitBreakingPolicy>(made, "outlier_ejection { consecutive_errors: 1 }");
  serve(made.build());
  status_of_one_ = 500;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(get().head.starts_with("HTTP/1.1 500 "));
  EXPECT_EQ(one_.requests().size(), 10U);
}

TEST_F(OutlierTest, ASessionIsServedElsewhereAndComesHome) {
  SnapshotBuilder made = with_ejection("consecutive_errors: 2 ejection_time: '1h'");
  made.add<v1::SessionStickyPolicy>(kStickyPolicyText);
  serve(made.build());
  Reply first = get();
  while (first.body != "one") first = get();
  const std::string cookie = "Cookie: " + first.cookie() + "\r\n";
  status_of_one_ = 500;
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(get(cookie).ok());
  const Reply elsewhere = get(cookie);
  EXPECT_EQ(elsewhere.body, "two");
  EXPECT_EQ(elsewhere.cookie(), "") << "it is one node's view";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(get().body, "two") << "and so are new sessions";
  status_of_one_ = 200;
  add_policy<v1::CircuitBreakingPolicy>(made, "");
  serve(made.build());
  for (int i = 0; i < 10; ++i) {
    const Reply home = get(cookie);
    EXPECT_EQ(home.body, "one");
    EXPECT_EQ(home.cookie(), "");
  }
}

TEST_F(OutlierTest, WhoBreaksItsConnectionsIsEjected) {
  FakeUpstream breaks([](const std::string&) { return Answer{.bytes = {}, .reset = true}; });
  SnapshotBuilder made = web_snapshot(kPort, {}, 1);
  add_endpoint(made, "one", breaks.port());
  add_endpoint(made, "two", two_.port());
  add_policy<v1::CircuitBreakingPolicy>(
      made, "outlier_ejection { consecutive_errors: 2 ejection_time: '1h' }");
  serve(made.build());
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(get().ok()) << "the other one answers";
  EXPECT_EQ(breaks.requests().size(), 2U);
}

TEST_F(OutlierTest, AnAnswerThatIsHeldBackAndThenPassedOnCountsOnce) {
  SnapshotBuilder made = web_snapshot(kPort, {}, 1);
  add_endpoint(made, "one", one_.port());
  add_endpoint(made, "two", FakeUpstream([](const std::string&) { return Answer{}; }).port());
  add_policy<v1::CircuitBreakingPolicy>(made, "outlier_ejection { consecutive_errors: 100 }");
  add_policy<v1::RetryPolicy>(made, "retry_on: '503' backoff_base_interval: 0");
  serve(made.build());
  status_of_one_ = 503;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(get().head.starts_with("HTTP/1.1 503 Said"));
  EXPECT_EQ(live("one").errors, 4U);
}

}  // namespace
}  // namespace limpet::testing

#include "core/routing/compile_policy.h"

#include <gtest/gtest.h>

#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::from_text;

TEST(CompileRetry, HasItsDefaults) {
  const RetrySettings settings = compile_retry({});
  EXPECT_TRUE(settings.statuses.none());
  EXPECT_EQ(settings.num_retries, 3U);
  EXPECT_EQ(settings.backoff_ms, 1'000);
  EXPECT_EQ(settings.per_try_ms, 0);
}

TEST(CompileRetry, TakesWhatIsSet) {
  const RetrySettings settings = compile_retry(from_text<v1::RetryConfig>(
      "retry_on: '503' retry_on: '429' num_retries: 0 backoff_base_interval: 0.025 "
      "per_try_timeout: '1m30s'"));
  EXPECT_EQ(settings.statuses.count(), 2U);
  EXPECT_TRUE(settings.covers(503));
  EXPECT_TRUE(settings.covers(429));
  EXPECT_FALSE(settings.covers(502));
  for (const int other : {0, 100, 200, 399, 600, 999}) EXPECT_FALSE(settings.covers(other));
  EXPECT_EQ(settings.num_retries, 0U);
  EXPECT_EQ(settings.backoff_ms, 25);
  EXPECT_EQ(settings.per_try_ms, 90'000);
}

TEST(CompileRetry, TakesClassesOfStatuses) {
  const RetrySettings settings =
      compile_retry(from_text<v1::RetryConfig>("retry_on: '5xx' retry_on: '404'"));
  EXPECT_EQ(settings.statuses.count(), 101U);
  EXPECT_TRUE(settings.covers(500) && settings.covers(599) && settings.covers(404));
  EXPECT_EQ(compile_retry(from_text<v1::RetryConfig>("retry_on: '4xx'")).statuses.count(), 100U);
}

TEST(RetryBackoff, DoublesAndVariesByAQuarter) {
  RetrySettings settings;
  settings.backoff_ms = 1'000;
  constexpr uint32_t kMost = 0xFFFFFFFF;
  EXPECT_EQ(retry_backoff_ms(settings, 1, 0), 750);
  EXPECT_EQ(retry_backoff_ms(settings, 1, kMost / 2 + 1), 1'000);
  EXPECT_EQ(retry_backoff_ms(settings, 1, kMost), 1'249);
  EXPECT_EQ(retry_backoff_ms(settings, 2, 0), 1'500);
  settings.backoff_ms = 60'000;
  EXPECT_EQ(retry_backoff_ms(settings, RetrySettings::kMaxRetries, kMost), 74'999);
  settings.backoff_ms = 0;
  EXPECT_EQ(retry_backoff_ms(settings, 3, kMost), 0);
}

TEST(CompilePersistence, HasItsDefaults) {
  StickyPolicy expected;
  expected.expires_s = 86'400;
  expected.permanent = false;
  EXPECT_EQ(compile_persistence({}), expected);
  EXPECT_EQ(compile_persistence(from_text<v1::SessionPersistence>("cookie {}")), expected);
  expected.carrier = StickyPolicy::Carrier::kHeader;
  EXPECT_EQ(compile_persistence(from_text<v1::SessionPersistence>("type: 'Header'")), expected);
}

TEST(CompilePersistence, MeansTheSameInEitherShape) {
  const auto policy = [](const char* fields) {
    return compile_persistence(from_text<v1::SessionPersistence>(str_cat(
        "absolute_timeout: '1h' idle_timeout: '90s' ", fields)));
  };
  StickyPolicy expected;
  expected.name = "sid";
  expected.expires_s = 3'600;
  expected.idle_s = 90;
  EXPECT_EQ(policy("session_name: 'sid' cookie_config { lifetime_type: 'Permanent' }"), expected);
  EXPECT_EQ(policy("cookie { name: 'sid' lifetime_type: 'Permanent' }"), expected);
  expected.permanent = false;
  EXPECT_EQ(policy("session_name: 'sid'"), expected);
  EXPECT_EQ(policy("cookie { name: 'sid' }"), expected);
  expected.carrier = StickyPolicy::Carrier::kHeader;
  EXPECT_EQ(policy("type: 'Header' session_name: 'sid'"), expected);
  EXPECT_EQ(policy("type: 'Header' header { name: 'sid' }"), expected);
}

TEST(CompilePersistence, KeepsWhatTheCookiesNamePromises) {
  for (const char* fields : {"session_name: '__Host-sid'", "cookie { name: '__Secure-sid' }"}) {
    EXPECT_EQ(compile_persistence(from_text<v1::SessionPersistence>(fields)).secure,
              StickyPolicy::Secure::kAlways);
  }
}

TEST(CompileCircuit, HasItsDefaults) {
  const BreakerSettings settings = compile_breaker({});
  EXPECT_EQ(settings, BreakerSettings());
  EXPECT_FALSE(settings.has_threshold());
  EXPECT_FALSE(compile_limits({}).any());
}

TEST(CompileCircuit, TakesWhatIsSet) {
  const auto config = from_text<v1::CircuitBreakingConfig>(
      "min_request_amount: 1 stat_time_window: 2 slow_time_threshold: 0.25 "
      "slow_amount_threshold: 3 slow_ratio_threshold: 0.5 error_amount_threshold: 4 "
      "error_ratio_threshold: 0.75 degraded_time_window: 5 degraded_status_code: 204 "
      "degraded_response_content: 'later' limits { connections: 6 requests: 7 pending: 8 }");
  BreakerSettings expected;
  expected.min_requests = 1;
  expected.window_ms = 2'000;
  expected.slow_ms = 250;
  expected.slow_amount = 3;
  expected.slow_ratio = 0.5;
  expected.error_amount = 4;
  expected.error_ratio = 0.75;
  expected.open_ms = 5'000;
  expected.open_status = 204;
  expected.open_content = "later";
  EXPECT_EQ(compile_breaker(config), expected);
  EXPECT_EQ(compile_limits(config.limits()), (GateLimits{6, 7, 8}));
}

TEST(AppliedPolicy, APortsFieldsGoBeforeThePolicys) {
  const std::vector<v1::RetryPolicy> policies{from_text<v1::RetryPolicy>(
      "metadata { name: 'p' namespace: 'n' } spec { ports { port: 80 } "
      "ports { port: 81 config { retry_on: '500' } } "
      "config { retry_on: '502' retry_on: '503' num_retries: 7 } }")};
  const auto settings = [&](int port) {
    const auto applied = applied_policy(std::span<const v1::RetryPolicy>(policies), port);
    return compile_retry(applied->config());
  };
  EXPECT_TRUE(settings(80).covers(502));
  EXPECT_EQ(settings(80).num_retries, 7U);
  EXPECT_FALSE(settings(81).covers(502)) << "a list is set as a whole";
  EXPECT_TRUE(settings(81).covers(500));
  EXPECT_EQ(settings(81).num_retries, 7U);
  EXPECT_FALSE(applied_policy(std::span<const v1::RetryPolicy>(policies), 82));
}

}  // namespace
}  // namespace limpet

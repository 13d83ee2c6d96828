#include "examples/echo/answer.h"

#include <gtest/gtest.h>

namespace limpet::echo {
namespace {

RequestHead request(const std::string& target) {
  RequestHead head;
  head.method(boost::beast::http::verb::get);
  head.target(target);
  head.version(11);
  return head;
}

Options options() {
  Options options;
  options.name = "one";
  return options;
}

TEST(Answer, SaysItsName) {
  const Answer answer = answer_for(options(), request("/anything"));
  EXPECT_EQ(answer.kind, Answer::Kind::kBody);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.pattern, "one\n");
  EXPECT_EQ(answer.size, 4U);
}

TEST(Answer, IsWhatTheOptionsSay) {
  Options given = options();
  given.status = 503;
  given.body = "Service unavailable";
  given.chunked = true;
  given.delay = std::chrono::milliseconds(7);
  const Answer answer = answer_for(given, request("/"));
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.pattern, "Service unavailable");
  EXPECT_EQ(answer.size, 19U);
  EXPECT_TRUE(answer.chunked);
  EXPECT_EQ(answer.delay.count(), 7);
}

TEST(Answer, BodySizeRepeatsTheBody) {
  Options given = options();
  given.body = "abc";
  given.body_size = 1'000'000;
  const Answer answer = answer_for(given, request("/"));
  EXPECT_EQ(answer.pattern, "abc");
  EXPECT_EQ(answer.size, 1'000'000U);
}

TEST(Answer, InspectShowsTheRequestAsItCame) {
  RequestHead head = request("/inspect?x=1");
  head.set("Cookie", "a=\"1\"; b=\\2");
  head.set("X-Raw", "\x01\xFF");
  const Answer answer = answer_for(options(), head);
  EXPECT_EQ(answer.pattern,
            "{\"method\": \"GET\", \"target\": \"/inspect?x=1\", \"version\": \"1.1\"}\n"
            "{\"name\": \"Cookie\", \"value\": \"a=\\\"1\\\"; b=\\\\2\"}\n"
            "{\"name\": \"X-Raw\", \"value\": \"\\u0001\\u00ff\"}\n");
  EXPECT_EQ(answer.size, answer.pattern.size());
}

TEST(Answer, SlowAddsToTheDelay) {
  Options given = options();
  given.delay = std::chrono::milliseconds(5);
  EXPECT_EQ(answer_for(given, request("/slow?ms=20")).delay.count(), 25);
  EXPECT_EQ(answer_for(given, request("/slow?ms=x")).delay.count(), 5);
  EXPECT_EQ(answer_for(given, request("/slow?ms=99999999999")).delay.count(), 600'005);
}

TEST(Answer, BytesAreAsManyAsAsked) {
  const Answer answer = answer_for(options(), request("/bytes?n=100000&chunked=1"));
  EXPECT_EQ(answer.size, 100'000U);
  EXPECT_TRUE(answer.chunked);
  EXPECT_FALSE(answer_for(options(), request("/bytes?n=3")).chunked);
  EXPECT_EQ(answer_for(options(), request("/bytes")).size, 0U);
}

TEST(Answer, StatusIsWhatIsAskedWithinRange) {
  EXPECT_EQ(answer_for(options(), request("/status?code=404")).status, 404U);
  EXPECT_EQ(answer_for(options(), request("/status?code=42")).status, 200U);
}

TEST(Answer, EchoKeepsTheContentType) {
  RequestHead head = request("/echo");
  head.set(boost::beast::http::field::content_type, "image/png");
  const Answer answer = answer_for(options(), head);
  EXPECT_EQ(answer.kind, Answer::Kind::kEcho);
  EXPECT_EQ(answer.content_type, "image/png");
}

TEST(Answer, CloseHasNoAnswer) {
  EXPECT_EQ(answer_for(options(), request("/close")).kind, Answer::Kind::kClose);
}

TEST(QueryValue, FindsWholeNamesOnly) {
  EXPECT_EQ(query_value("/a?n=1&nn=2", "n"), "1");
  EXPECT_EQ(query_value("/a?nn=2&n=1", "n"), "1");
  EXPECT_EQ(query_value("/a?n=", "n"), "");
  EXPECT_EQ(query_value("/a?n", "n"), "");
  EXPECT_EQ(query_value("/a?&&n=7&", "n"), "7");
  EXPECT_EQ(query_value("/a", "n"), "");
}

TEST(Fill, GoesOnWhereItStopped) {
  for (uint64_t offset = 0; offset < 9; ++offset) {
    std::string out(7, '?');
    fill("abc", offset, out.data(), out.size());
    EXPECT_EQ(out, std::string("abcabcabcabcabcabc").substr(offset % 3, 7));
  }
}

}  // namespace
}  // namespace limpet::echo

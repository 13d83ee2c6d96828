#include "proxy/http/respond.h"

#include <gtest/gtest.h>

#include "proxy/http/head.h"

namespace limpet::http {
namespace {

TEST(Respond, EveryAnswerIsAWholeResponse) {
  for (int i = 0; i <= static_cast<int>(Failure::kRouteTimeout); ++i) {
    const auto failure = static_cast<Failure>(i);
    std::string text;
    append_response(failure, {}, true, false, 784111777, text);
    const size_t size = HeadScanner().scan(text);
    ResponseHead head;
    const std::string_view head_text = std::string_view(text).substr(0, size);
    ASSERT_EQ(parse_response_head(head_text, false, head), ParseError::kNone);
    EXPECT_EQ(head.status, info(failure).status);
    EXPECT_EQ(head.content_length, text.size() - size);
    EXPECT_TRUE(head.connection_close);
    EXPECT_EQ(head.find(FieldId::kDate)->value, "Sun, 06 Nov 1994 08:49:37 GMT");
    std::string to_head;
    append_response(failure, {}, false, true, 784111777, to_head);
    EXPECT_TRUE(to_head.ends_with("\r\n\r\n"));
  }
}

std::string response(Failure failure, const Variation& variation, bool to_head = false) {
  std::string text;
  append_response(failure, variation, false, to_head, 784111777, text);
  return text;
}

TEST(Respond, APolicyMaySayWhatIsSaid) {
  EXPECT_EQ(response(Failure::kRateLimited, {0, "", "X-A: 1\r\nX-B: 2\r\n"}),
            "HTTP/1.1 429 Too Many Requests\r\ncontent-type: text/plain; charset=utf-8\r\n"
            "content-length: 62\r\nX-A: 1\r\nX-B: 2\r\n"
            "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n" +
                std::string(info(Failure::kRateLimited).message) + "\n");
  Variation variation;
  variation.status = 200;
  variation.content = "later";
  EXPECT_TRUE(response(Failure::kCircuitOpen, variation).starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(response(Failure::kCircuitOpen, variation).ends_with("\r\n\r\nlater\n"));
  EXPECT_TRUE(response(Failure::kCircuitOpen, variation, true).ends_with("\r\n\r\n"));
  variation.status = 599;
  EXPECT_TRUE(response(Failure::kCircuitOpen, variation).starts_with("HTTP/1.1 599 \r\n"));
  variation.status = 205;
  EXPECT_TRUE(response(Failure::kCircuitOpen, variation).ends_with("\r\n\r\n"));
  EXPECT_NE(response(Failure::kCircuitOpen, variation).find("content-length: 0\r\n"),
            std::string::npos);
  variation.status = 204;
  EXPECT_EQ(response(Failure::kCircuitOpen, variation),
            "HTTP/1.1 204 No Content\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
}

// Gateway API, HTTPRequestRedirectFilter.statusCode.
TEST(Respond, RedirectsHaveTheirReasons) {
  for (const auto& [status, line] :
       {std::pair{0, "302 Found"}, std::pair{301, "301 Moved Permanently"},
        std::pair{302, "302 Found"}, std::pair{303, "303 See Other"},
        std::pair{307, "307 Temporary Redirect"}, std::pair{308, "308 Permanent Redirect"}}) {
    EXPECT_TRUE(response(Failure::kRedirect, {status, "", "location: /\r\n"})
                    .starts_with(std::string("HTTP/1.1 ") + line + "\r\n"))
        << status;
  }
}

}  // namespace
}  // namespace limpet::http

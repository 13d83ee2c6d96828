#include "proxy/http/respond.h"

#include <gtest/gtest.h>

#include "proxy/http/head.h"

namespace limpet::http {
namespace {

TEST(Respond, EveryAnswerIsAWholeResponse) {
  for (int i = 0; i <= static_cast<int>(Failure::kResponseTimeout); ++i) {
    const auto failure = static_cast<Failure>(i);
    std::string text;
    append_response(failure, true, false, 784111777, text);
    const size_t size = HeadScanner().scan(text);
    ResponseHead head;
    const std::string_view head_text = std::string_view(text).substr(0, size);
    ASSERT_EQ(parse_response_head(head_text, false, head), ParseError::kNone);
    EXPECT_EQ(head.status, info(failure).status);
    EXPECT_EQ(head.content_length, text.size() - size);
    EXPECT_TRUE(head.connection_close);
    EXPECT_EQ(head.find(FieldId::kDate)->value, "Sun, 06 Nov 1994 08:49:37 GMT");
    std::string to_head;
    append_response(failure, false, true, 784111777, to_head);
    EXPECT_TRUE(to_head.ends_with("\r\n\r\n"));
  }
}

std::string response(Failure failure, const Wording& wording, bool to_head = false) {
  std::string text;
  append_response(failure, false, to_head, 784111777, text, wording);
  return text;
}

TEST(Respond, APolicyMaySayWhatIsSaid) {
  EXPECT_EQ(response(Failure::kRateLimited, {.status = 429,
                                             .content = {},
                                             .fields = "X-A: 1\r\nX-B: 2\r\n",
                                             .retry_after_s = 7}),
            "HTTP/1.1 429 Too Many Requests\r\ncontent-type: text/plain; charset=utf-8\r\n"
            "content-length: 62\r\nretry-after: 7\r\nX-A: 1\r\nX-B: 2\r\n"
            "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"
            "more requests have come than are let through; try again later\n");
  Wording wording;
  wording.status = 200;
  wording.content = "later";
  EXPECT_TRUE(response(Failure::kCircuitOpen, wording).starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(response(Failure::kCircuitOpen, wording).ends_with("\r\n\r\nlater\n"));
  EXPECT_TRUE(response(Failure::kCircuitOpen, wording, true).ends_with("\r\n\r\n"));
  wording.status = 599;
  EXPECT_TRUE(response(Failure::kCircuitOpen, wording).starts_with("HTTP/1.1 599 \r\n"));
  wording.status = 204;
  EXPECT_EQ(response(Failure::kCircuitOpen, wording),
            "HTTP/1.1 204 No Content\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
}

}  // namespace
}  // namespace limpet::http

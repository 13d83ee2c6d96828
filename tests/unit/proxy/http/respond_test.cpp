#include "proxy/http/respond.h"

#include <gtest/gtest.h>

#include "proxy/http/head.h"

namespace limpet::http {
namespace {

TEST(Respond, EveryAnswerIsAWholeResponse) {
  for (int i = 0; i <= static_cast<int>(Failure::kResponseTimeout); ++i) {
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

}  // namespace
}  // namespace limpet::http

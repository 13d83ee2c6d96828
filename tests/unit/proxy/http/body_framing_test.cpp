#include "proxy/http/body_framing.h"

#include <string>

#include <gtest/gtest.h>

namespace limpet::http {
namespace {

BodyFraming framing(BodyKind kind, uint64_t length = 0) {
  Head head;
  head.body = kind;
  head.content_length = length;
  return BodyFraming(head);
}

// A chunked body in pieces of that size, as far as it is taken.
size_t take(BodyFraming& body, std::string_view text, size_t step) {
  size_t taken = 0;
  while (taken < text.size() && !body.complete() && !body.failed()) {
    const std::string_view piece = text.substr(taken, step);
    const size_t size = body.take(piece);
    taken += size;
    EXPECT_TRUE(size == piece.size() || body.complete() || body.failed());
  }
  return taken;
}

// The same, in pieces of each size, which do not matter.
size_t take(BodyFraming& body, std::string_view text) {
  const BodyFraming before = body;
  const size_t taken = take(body, text, text.size());
  // Long texts in a few pieces: what repeats in them ends alike.
  for (size_t step = 1; step < text.size(); step += 1 + text.size() / 200) {
    BodyFraming again = before;
    EXPECT_EQ(take(again, text, step), taken) << step;
    EXPECT_EQ(again.complete(), body.complete()) << step;
    EXPECT_EQ(again.failed(), body.failed()) << step;
  }
  return taken;
}

TEST(BodyFraming, CountsALength) {
  BodyFraming body = framing(BodyKind::kLength, 5);
  EXPECT_EQ(body.take("abc"), 3U);
  EXPECT_FALSE(body.complete());
  EXPECT_EQ(body.take("defg"), 2U) << "the rest is the next message's";
  EXPECT_TRUE(body.complete());
  EXPECT_EQ(body.take("x"), 0U);
  EXPECT_TRUE(framing(BodyKind::kLength, 0).complete());
  EXPECT_TRUE(framing(BodyKind::kNone).complete());
}

TEST(BodyFraming, AnEndIsGoodOnlyWhereItIsTheEnd) {
  BodyFraming counted = framing(BodyKind::kLength, 5);
  counted.take("abc");
  EXPECT_FALSE(counted.take_end());
  EXPECT_TRUE(counted.failed());
  BodyFraming open = framing(BodyKind::kUntilClose);
  EXPECT_EQ(open.take("abc"), 3U);
  EXPECT_TRUE(open.take_end());
  BodyFraming chunked = framing(BodyKind::kChunked);
  chunked.take("3\r\nabc\r\n");
  EXPECT_FALSE(chunked.take_end());
}

constexpr char kChunked[] =
    "4;name=\"v\"\r\nabcd\r\n0A\r\n0123456789\r\n0\r\nTrailer: x y\r\nOther:z\r\n\r\n";

TEST(BodyFraming, FindsTheEndOfChunksInAnyPieces) {
  std::string text(kChunked);
  text += "GET /next";
  BodyFraming body = framing(BodyKind::kChunked);
  EXPECT_EQ(take(body, text), text.size() - 9);
  EXPECT_TRUE(body.complete());
}

TEST(BodyFraming, RefusesWhatIsNotTheGrammar) {
  const std::string long_extension = "1;" + std::string(2'000, 'a') + "\r\n";
  const std::string long_trailers = "0\r\nA: " + std::string(10'000, 'a') + "\r\n\r\n";
  for (const std::string& text :
       {std::string("\r\n"), std::string("g\r\n"), std::string("-1\r\n"), std::string("0x1\r\n"),
        std::string(" 1\r\n"), std::string("1 \r\n"), std::string("1\n"), std::string("1\r\r"),
        std::string("1\r\nab"), std::string("1\r\na\n"), std::string("1\r\na\rx"),
        std::string("1111222233334444\r\n"), std::string("0\r\n\n"), std::string("0\r\n A: b\r\n"),
        std::string("0\r\nA b\r\n"), std::string("0\r\nA: b\n"), std::string("0\r\n\rx"),
        std::string("1;\n\r\n"), long_extension, long_trailers}) {
    BodyFraming body = framing(BodyKind::kChunked);
    take(body, text);
    EXPECT_TRUE(body.failed()) << text.substr(0, 40);
    EXPECT_EQ(body.take("0\r\n\r\n"), 0U) << "stays failed";
  }
}

TEST(BodyFraming, ExtensionsMayNotOutweighTheData) {
  const std::string extension = ";" + std::string(1'000, 'a') + "\r\n";
  const std::string small = "1" + extension + "x\r\n";
  BodyFraming body = framing(BodyKind::kChunked);
  for (int i = 0; i < 16; ++i) EXPECT_EQ(take(body, small), small.size());
  take(body, small);
  EXPECT_TRUE(body.failed());
  // Any number of them, where there is something to extend.
  const std::string large = "3e8" + extension + std::string(1'000, 'x') + "\r\n";
  BodyFraming sound = framing(BodyKind::kChunked);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(take(sound, large), large.size());
  EXPECT_FALSE(sound.failed());
}

TEST(BodyFraming, TrailersDoNotFrameNorRoute) {
  const auto accepts = [](const std::string& name) {
    BodyFraming body = framing(BodyKind::kChunked);
    take(body, "0\r\nA: b\r\n" + name + ": 1\r\n\r\n");
    return body.complete();
  };
  for (const char* name : {"Content-Length", "transfer-encoding", "HOST", "Connection", "TE",
                           "X-Forwarded-Proto", "X_Forwarded_Prefix", "Cookie"}) {
    EXPECT_FALSE(accepts(name)) << name;
  }
  for (const char* name : {"Digest", "Date", "Transfer-Encoding2", "X-Transfer-Encoding", "T"}) {
    EXPECT_TRUE(accepts(name)) << name;
  }
}

TEST(BodyFraming, SizesUpToFifteenDigits) {
  BodyFraming body = framing(BodyKind::kChunked);
  EXPECT_EQ(take(body, "000000000000001\r\na\r\n0\r\n\r\n"), 25U);
  EXPECT_TRUE(body.complete());
  BodyFraming largest = framing(BodyKind::kChunked);
  EXPECT_EQ(take(largest, "fffffffffffffff\r\nabc"), 20U);
  EXPECT_FALSE(largest.complete());
}

}  // namespace
}  // namespace limpet::http

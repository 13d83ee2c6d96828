#include "proxy/net/buffer.h"

#include <string>

#include <gtest/gtest.h>

namespace limpet {
namespace {

void put(Buffer& buffer, std::string_view text) {
  std::memcpy(buffer.space(), text.data(), text.size());
  buffer.commit(text.size());
}

TEST(Buffer, ANewFrontLandsDirectlyBeforeTheRest) {
  Buffer buffer(BufferPool::kSmall);
  put(buffer, "old head|body");
  EXPECT_TRUE(buffer.replace_front(9, "a longer new head|"));
  EXPECT_EQ(buffer.bytes(), "a longer new head|body");
  EXPECT_TRUE(buffer.replace_front(18, ""));
  EXPECT_EQ(buffer.bytes(), "body");
  EXPECT_FALSE(buffer.replace_front(0, std::string(2 * kHeadroom, 'x')));
}

TEST(Buffer, ConsumedBytesCanBeSentAgain) {
  Buffer buffer(BufferPool::kSmall);
  put(buffer, "request");
  const size_t begin = buffer.begin();
  buffer.consume(7);
  EXPECT_TRUE(buffer.empty());
  buffer.rewind_to(begin);
  EXPECT_EQ(buffer.bytes(), "request");
  buffer.consume(3);
  buffer.compact();
  EXPECT_EQ(buffer.bytes(), "uest");
  EXPECT_EQ(buffer.begin(), kHeadroom);
}

TEST(BufferPool, GivesTheLastOneBackFirst) {
  BufferPool pool;
  auto one = pool.lease(BufferPool::kSmall);
  put(*one, "bytes");
  const Buffer* address = one.get();
  auto large = pool.enlarge(std::move(one));
  EXPECT_EQ(large->bytes(), "bytes");
  EXPECT_EQ(large->capacity(), BufferPool::kLarge);
  const auto again = pool.lease(BufferPool::kSmall);
  EXPECT_EQ(again.get(), address);
  EXPECT_TRUE(again->empty());
  pool.give_back(nullptr);
}

}  // namespace
}  // namespace limpet

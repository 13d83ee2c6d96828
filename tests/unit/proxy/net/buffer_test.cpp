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
  // Beyond the headroom, the rest moves back; beyond the buffer, nothing is changed.
  const std::string longer(2 * kHeadroom, 'x');
  EXPECT_TRUE(buffer.replace_front(0, longer));
  EXPECT_EQ(buffer.bytes(), longer + "body");
  EXPECT_FALSE(buffer.replace_front(0, std::string(BufferPool::kSmall, 'x')));
  EXPECT_EQ(buffer.bytes(), longer + "body");
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

// Whatever came with the old head, there is room for a new one of the greatest length.
TEST(BufferPool, AFrontOfAnyLengthLandsBeforeTheRest) {
  BufferPool pool;
  const std::string head(BufferPool::kMaxHead, 'h');
  for (const size_t capacity : {BufferPool::kSmall, BufferPool::kLarge}) {
    for (const bool full : {false, true}) {
      auto buffer = pool.lease(capacity);
      put(*buffer, "old head|");
      const std::string body(full ? buffer->space_size() : 4, 'b');
      put(*buffer, body);
      EXPECT_TRUE(pool.replace_front(buffer, 9, head));
      EXPECT_EQ(buffer->bytes(), head + body);
      pool.give_back(std::move(buffer));
      EXPECT_EQ(pool.leased_bytes(), 0U);
    }
  }
  const auto next = pool.lease(BufferPool::kLarge);
  EXPECT_EQ(next->capacity(), BufferPool::kLarge) << "what was made for one request is not kept";
}

TEST(BufferPool, AFrontThatIsTooLongChangesNothing) {
  BufferPool pool;
  auto buffer = pool.lease(BufferPool::kSmall);
  put(*buffer, "old head|body");
  EXPECT_FALSE(pool.replace_front(buffer, 9, std::string(BufferPool::kMaxHead + 1, 'h')));
  EXPECT_EQ(buffer->bytes(), "old head|body");
  pool.give_back(std::move(buffer));
}

}  // namespace
}  // namespace limpet

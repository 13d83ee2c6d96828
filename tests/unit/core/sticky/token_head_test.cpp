#include "core/sticky/token_head.h"

#include <string>

#include <gtest/gtest.h>

#include "core/sticky/token.h"

namespace limpet {
namespace {

TEST(TokenHead, IsWhatTheTokenIsSealedWith) {
  KeyRing ring;
  ring.keys.push_back({0x89ABCDEF, {}});
  ring.minting_id = 0x89ABCDEF;
  TokenCodec codec(0xFEDCBA98, [](std::span<unsigned char> bytes) {
    for (unsigned char& byte : bytes) byte = 1;
  });
  const std::string token = codec.seal(SessionRecord(5), ring, TokenPurpose::kCookie, "sid");
  const auto head = read_token_head(token);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->key_id, 0x89ABCDEFU);
  EXPECT_EQ(head->node_number, 0xFEDCBA98U);
}

TEST(TokenHead, ThereIsNoneOfWhatIsNoToken) {
  EXPECT_FALSE(read_token_head(""));
  EXPECT_FALSE(read_token_head("oQ")) << "the version alone";
  EXPECT_FALSE(read_token_head("AAAAAAAAAAAAAAAA")) << "another version";
  EXPECT_FALSE(read_token_head("oQAA*AAAAAAAAAAA")) << "no base64";
  EXPECT_FALSE(read_token_head(std::string(kMaxTokenChars + 4, 'o')));
}

}  // namespace
}  // namespace limpet

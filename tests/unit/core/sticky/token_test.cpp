#include "core/sticky/token.h"

#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace limpet {
namespace {

KeyRing ring(uint32_t id = 1000, unsigned char fill = 7) {
  KeyRing made;
  RingKey key;
  key.id = id;
  key.secret.fill(fill);
  made.keys = {key};
  made.minting_id = id;
  return made;
}

TokenCodec codec(uint32_t node = 1, unsigned seed = 1) {
  return TokenCodec(node, [random = std::mt19937(seed)](std::span<unsigned char> bytes) mutable {
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random());
  });
}

SessionRecord record(size_t bindings, bool temporary = false) {
  SessionRecord made(0x1122334455667788);
  for (size_t i = 0; i < bindings; ++i) {
    Binding binding;
    binding.scope = 100 + i;
    binding.backend = 200 + i;
    binding.endpoint = 0xFFFFFFFFFFFFFF00U + i;
    binding.temporary = temporary ? 300 + i : 0;
    binding.created_unix_s = static_cast<uint32_t>(1'700'000'000 + i);
    binding.last_seen_unix_s = static_cast<uint32_t>(1'700'000'100 + i);
    binding.decided_at = {0xFFFFFFFFFFU, 0xFFFFFFFF00U + i};
    made.put(binding);
  }
  return made;
}

TEST(Token, OpensAsWhatWasSealedOnAnyNode) {
  TokenCodec sealing = codec(1);
  TokenCodec opening = codec(2);
  for (size_t bindings = 0; bindings <= SessionRecord::kMaxBindings; ++bindings) {
    const SessionRecord before = record(bindings);
    const std::string text = sealing.seal(before, ring(), TokenPurpose::kCookie, "sid");
    EXPECT_LE(text.size(), kMaxTokenChars);
    const OpenResult result = opening.open(text, ring(), TokenPurpose::kCookie, "sid");
    ASSERT_EQ(result.status, OpenStatus::kOk);
    EXPECT_EQ(result.record.session_id(), before.session_id());
    ASSERT_EQ(result.record.bindings().size(), bindings);
    for (size_t i = 0; i < bindings; ++i) {
      EXPECT_EQ(result.record.bindings()[i], before.bindings()[i]);
    }
  }
}

class TokenMemoTest : public ::testing::Test {
 protected:
  OpenResult open(const KeyRing& keys = ring(), const std::string& cookie_name = "sid") {
    return codec_.open(text_, keys, TokenPurpose::kCookie, cookie_name, memo_);
  }

  TokenCodec codec_ = codec();
  const std::string text_ = codec_.seal(record(2), ring(), TokenPurpose::kCookie, "sid");
  std::unique_ptr<TokenMemo> memo_;
};

TEST_F(TokenMemoTest, SaysTheSameAgainWithoutOpening) {
  const OpenResult first = open();
  ASSERT_EQ(first.status, OpenStatus::kOk);
  ASSERT_NE(memo_, nullptr);
  const OpenResult again = open();
  ASSERT_EQ(again.status, OpenStatus::kOk);
  EXPECT_EQ(again.record.session_id(), first.record.session_id());
  EXPECT_TRUE(std::ranges::equal(again.record.bindings(), first.record.bindings()));
  memo_->record = SessionRecord(5);
  EXPECT_EQ(open().record.session_id(), 5U);
}

TEST_F(TokenMemoTest, IsOfNoUseWhereTheTokenWouldNotOpen) {
  ASSERT_EQ(open().status, OpenStatus::kOk);
  EXPECT_EQ(open(ring(), "other").status, OpenStatus::kTampered);
  EXPECT_EQ(open(ring(1000, 8)).status, OpenStatus::kTampered) << "another key of the same id";
  EXPECT_EQ(open(ring(2000)).status, OpenStatus::kKeyLost);
  EXPECT_EQ(open(ring(999)).status, OpenStatus::kAhead);
  EXPECT_EQ(open().status, OpenStatus::kOk);
}

TEST_F(TokenMemoTest, KeepsTheLastOneThatOpened) {
  ASSERT_EQ(open().status, OpenStatus::kOk);
  EXPECT_EQ(codec_.open("nonsense", ring(), TokenPurpose::kCookie, "sid", memo_).status,
            OpenStatus::kMalformed);
  EXPECT_EQ(memo_->text, text_);
  const std::string next = codec_.seal(record(1), ring(), TokenPurpose::kCookie, "sid");
  EXPECT_EQ(codec_.open(next, ring(), TokenPurpose::kCookie, "sid", memo_)
                .record.bindings().size(), 1U);
  EXPECT_EQ(memo_->text, next);
  EXPECT_EQ(open().record.bindings().size(), 2U);
}

TEST(Token, StaysShortByDroppingTheOldestBindings) {
  TokenCodec both = codec();
  const std::string text =
      both.seal(record(8, true), ring(), TokenPurpose::kCookie, "sid");
  EXPECT_LE(text.size(), kMaxTokenChars);
  const OpenResult result = both.open(text, ring(), TokenPurpose::kCookie, "sid");
  ASSERT_EQ(result.status, OpenStatus::kOk);
  EXPECT_EQ(result.record.find(100), nullptr);
  ASSERT_NE(result.record.find(107), nullptr);
  EXPECT_EQ(result.record.find(107)->temporary, 307U);
}

TEST(Token, HasCookieCharactersOnlyAndIsNeverTheSame) {
  TokenCodec sealing = codec();
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string text = sealing.seal(record(1), ring(), TokenPurpose::kCookie, "sid");
    EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-_"),
              std::string::npos);
    EXPECT_TRUE(seen.insert(text).second);
  }
}

// Whatever is altered, it never opens, and never as something else.
TEST(Token, EveryAlteredBitIsNoticed) {
  TokenCodec both = codec();
  const std::string text = both.seal(record(2), ring(), TokenPurpose::kCookie, "sid");
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  // The last character has bits beyond the last byte, so it is left out.
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    for (int bit = 0; bit < 6; ++bit) {
      std::string altered = text;
      const std::string_view digits(kDigits, 64);
      altered[i] = kDigits[digits.find(text[i]) ^ (1U << bit)];
      EXPECT_NE(both.open(altered, ring(), TokenPurpose::kCookie, "sid").status, OpenStatus::kOk)
          << i << " " << bit;
    }
  }
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_NE(both.open(text.substr(0, size), ring(), TokenPurpose::kCookie, "sid").status,
              OpenStatus::kOk);
  }
}

TEST(Token, BelongsToItsCookieAndItsKey) {
  TokenCodec both = codec();
  const std::string text = both.seal(record(1), ring(), TokenPurpose::kCookie, "sid");
  EXPECT_EQ(both.open(text, ring(), TokenPurpose::kCookie, "other").status,
            OpenStatus::kTampered);
  EXPECT_EQ(both.open(text, ring(1000, 8), TokenPurpose::kCookie, "sid").status,
            OpenStatus::kTampered);
}

TEST(Token, NamesMayBeAsLongAsPoliciesHaveThem) {
  const std::string longest(128, 'n');
  const std::string text = codec().seal(record(1), ring(), TokenPurpose::kCookie, longest);
  EXPECT_EQ(codec().open(text, ring(), TokenPurpose::kCookie, longest).status, OpenStatus::kOk);
  EXPECT_EQ(codec().open(text, ring(), TokenPurpose::kCookie, longest + "n").status,
            OpenStatus::kTampered);
  EXPECT_EQ(codec().seal(record(1), ring(), TokenPurpose::kCookie, longest + "n"), "");
}

TEST(Token, TellsANewerKeyFromOneThatIsGone) {
  TokenCodec both = codec();
  const std::string text = both.seal(record(1), ring(1000), TokenPurpose::kCookie, "sid");
  EXPECT_EQ(both.open(text, ring(999), TokenPurpose::kCookie, "sid").status, OpenStatus::kAhead);
  EXPECT_EQ(both.open(text, ring(1001), TokenPurpose::kCookie, "sid").status,
            OpenStatus::kKeyLost);
}

TEST(Token, OlderKeysStillOpen) {
  TokenCodec both = codec();
  const std::string text = both.seal(record(1), ring(1000, 7), TokenPurpose::kCookie, "sid");
  KeyRing two = ring(1000, 7);
  two.keys.push_back(ring(1001, 9).keys[0]);
  two.minting_id = 1001;
  EXPECT_EQ(both.open(text, two, TokenPurpose::kCookie, "sid").status, OpenStatus::kOk);
}

TEST(Token, GarbageIsNoError) {
  TokenCodec both = codec();
  std::mt19937 random(9);
  for (int i = 0; i < 20'000; ++i) {
    std::string garbage(random() % 600, '\0');
    for (char& c : garbage) c = static_cast<char>(random());
    EXPECT_NE(both.open(garbage, ring(), TokenPurpose::kCookie, "sid").status, OpenStatus::kOk);
  }
  EXPECT_EQ(both.open("", ring(), TokenPurpose::kCookie, "sid").status, OpenStatus::kMalformed);
  EXPECT_EQ(both.open("abc", KeyRing(), TokenPurpose::kCookie, "sid").status,
            OpenStatus::kMalformed);
}

TEST(Token, WithoutAKeyNothingIsSealed) {
  TokenCodec sealing = codec();
  EXPECT_EQ(sealing.seal(record(1), KeyRing(), TokenPurpose::kCookie, "sid"), "");
}

TEST(Token, NodesHaveNumbersOfTheirOwn) {
  EXPECT_EQ(node_number_of("a"), node_number_of("a"));
  EXPECT_NE(node_number_of("a"), node_number_of("b"));
}

}  // namespace
}  // namespace limpet
